"""Run as a process of its own: asks things of Cloud Storage, and prints one JSON line for each with what came of it."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from ddsp_backend.errors import DdspError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Failed
from ddsp_backend.jobs.run import load, run
from ddsp_backend.jobs.spec import EvaluateSpec, ExportSpec, JobSpec, TrainSpec
from ddsp_backend.storage import BucketPath, any_path


def tell(name: str, work: Callable[[], object]) -> None:
    try:
        answer = work()
    except DdspError as error:
        answer = {"title": error.title, "hint": error.hint}
    except FileNotFoundError as error:
        answer = f"FileNotFoundError {error.filename}"
    sys.stdout.write(json.dumps([name, answer]) + "\n")


def last_word(spec: JobSpec) -> object:
    *_, last = run(spec, CancelToken())
    assert isinstance(last, Failed), last
    assert not last.traceback, last.traceback
    return {"title": last.title, "hint": last.hint}


def read_values(checkpoint: BucketPath) -> object:
    from ddsp_backend.checkpoints import values

    return sorted(values.read_values(checkpoint))


def path_of(text: str) -> BucketPath:
    path = any_path(text)
    assert isinstance(path, BucketPath)
    return path


def ask_of_a_bucket(bucket: str, folder: Path) -> None:
    base = path_of(f"gs://{bucket}/papers")
    source = folder / "letter.txt"
    source.write_bytes(b"first")
    tell("upload", lambda: (base / "a [1].txt").upload(source))
    tell("read", lambda: (base / "a [1].txt").read_text())
    source.write_bytes(b"second, and longer")
    tell("replace", lambda: [(base / "a [1].txt").upload(source), (base / "a [1].txt").read_text()][1])
    tell("size", lambda: (base / "a [1].txt").stat().st_size)
    (base / "below/b.txt").upload(source)
    tell("is", lambda: [(base / name).is_dir() for name in ("", "a [1].txt", "below", "none")])
    tell("files", lambda: [(base / name).is_file() for name in ("", "a [1].txt", "below", "none")])
    tell("list", lambda: [str(path) for path in base.iterdir()])
    tell("glob", lambda: [path.name for path in base.glob("*.txt")])
    tell("download", lambda: [(base / "below/b.txt").download(folder / "b.txt"), (folder / "b.txt").read_text()][1])
    tell("unlink", lambda: [(base / "a [1].txt").unlink(), (base / "a [1].txt").exists()][1])
    tell("unlink again", lambda: (base / "a [1].txt").unlink(missing_ok=True))
    tell("read nothing", lambda: (base / "none").read_text())
    tell("list nothing", lambda: list((base / "none").iterdir()))
    tell("remove tree", lambda: [base.remove_tree(), [str(path) for path in base.iterdir()]][1])


def ask_of_others(bucket: str, folder: Path) -> None:
    source = folder / "letter.txt"
    index = path_of(f"gs://{bucket}/broken/ckpt-5.index")
    index.upload(source)
    tell("unreadable checkpoint", lambda: read_values(index.with_name("ckpt-5")))
    for bucket in ("forbidden", "expired", "missing-bucket", "busy", "broken"):
        tell(bucket, lambda bucket=bucket: last_word(TrainSpec(save_dir=f"gs://{bucket}/run")))
    tell("evaluation", lambda: last_word(EvaluateSpec(save_dir="gs://forbidden/run")))
    tell("export", lambda: last_word(ExportSpec(model_path="gs://forbidden/run")))
    for name, bucket in (("data", "forbidden"), ("no data", "missing-bucket")):
        data = (f"TFRecordProvider.file_pattern = 'gs://{bucket}/data*'",)
        spec = TrainSpec(save_dir=str(folder / "run"), gin_files=_GIN_FILES, gin_params=data)
        tell(name, lambda spec=spec: last_word(spec))
    tell("full", lambda: path_of("gs://full/run/ckpt").upload(source))
    tell("write to none", lambda: path_of("gs://missing-bucket/run/ckpt").upload(source))
    os.environ["https_proxy"] = "http://127.0.0.1:9"
    tell("dead", lambda: last_word(TrainSpec(save_dir="gs://elsewhere/run")))


_GIN_FILES = ("models/solo_instrument.gin", "datasets/tfrecord.gin")

if __name__ == "__main__":
    load(TrainSpec(save_dir="gs://any/run"))
    ask_of_a_bucket(sys.argv[1], Path(sys.argv[2]))
    ask_of_others(sys.argv[1], Path(sys.argv[2]))
