"""A run whose data set and folder lie in Cloud Storage: stock TensorFlow, the program's own commands, an emulator."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ddsp_backend.jobs.events import Finished
from ddsp_backend.jobs.folder import JobFolder, follow
from ddsp_backend.jobs.spec import TrainSpec
from tests import tiny
from tests.cli.shell import ENVIRONMENT
from tests.storage.cloud import BUCKET, Cloud

RUN = f"gs://{BUCKET}/runs/violin"


def call(cloud: Cloud, folder: Path, command: str, *flags: str) -> str:
    """Runs one of the program's commands to its end, and returns what it said."""
    return run_module(cloud, folder, f"ddsp_backend.cli.{command}", *flags)


def run_module(cloud: Cloud, folder: Path, module: str, *words: str) -> str:
    done = ended(cloud, folder, module, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ended(cloud: Cloud, folder: Path, module: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=folder,
        env={**ENVIRONMENT, **cloud.environment, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def train_flags(folder: Path, *params: str) -> list[str]:
    data = f"gs://{BUCKET}/data"
    params = (
        *(param.replace(str(folder / "data"), data) for param in tiny.train_params(folder / "data", steps_per_save=10)),
        *params,
    )
    return [*(f"--gin_file={name}" for name in tiny.GIN_FILES), *(f"--gin_param={param}" for param in params)]


@pytest.mark.slow
def test_that_a_run_in_a_bucket_is_trained_measured_played_exported_and_resumed(cloud: Cloud, tmp_path: Path) -> None:
    flags = train_flags(tmp_path, "train.num_steps = 20")
    for path in (tmp_path / "data").iterdir():
        cloud.put(f"data/{path.name}", path.read_bytes())
    nothing_here = set(tmp_path.iterdir())

    said = call(cloud, tmp_path, "ddsp_run", "--mode=train", f"--save_dir={RUN}", *flags)
    assert f"{RUN}/ckpt-20" in said
    fetched = sum(asked.n_bytes for asked in cloud.asked if asked.target.startswith(f"/{BUCKET}/data%2F"))
    size = sum(path.stat().st_size for path in (tmp_path / "data").iterdir())
    assert size <= fetched < 1.5 * size  # in ten epochs
    names = {name.removeprefix("runs/violin/") for name in cloud.names("runs/violin/")}
    assert {"ckpt-10.index", "ckpt-20.index", "best.json", "checkpoint", "operative_config-0.gin"} <= names
    assert "clips/step-20/clip 1 output.wav" in names
    assert any(name.startswith("summaries/train/events.out.") for name in names)
    assert not any("staged" in name or "writing" in name for name in names)

    call(cloud, tmp_path, "ddsp_run", "--mode=eval", f"--save_dir={RUN}", "--gin_file=eval/basic.gin", "--run_once")
    assert json.loads(cloud.get("runs/violin/metrics.json"))["step"] == 20
    call(cloud, tmp_path, "ddsp_run", "--mode=sample", f"--save_dir={RUN}", "--gin_file=eval/basic.gin", "--run_once")
    assert any("/samples/step-20/" in name for name in cloud.names("runs/violin/"))

    call(cloud, tmp_path, "ddsp_export", f"--model_path={RUN}", "--length_seconds=0.4")
    exported = {name.removeprefix("runs/violin/export/") for name in cloud.names("runs/violin/export/")}
    assert {"saved_model.pb", "variables/variables.index", "reverb_ir_16000_hz.wav"} <= exported

    said = call(cloud, tmp_path, "ddsp_run", f"--save_dir={RUN}", "--gin_param=train.num_steps = 22")
    assert "Step 22" in said
    assert f"{RUN}/ckpt-22" in said
    assert set(tmp_path.iterdir()) == nothing_here

    params = (*(flag.partition("=")[2] for flag in flags if flag.startswith("--gin_param")), "train.num_steps = 23")
    spec = TrainSpec(save_dir=f"gs://{BUCKET}/runs/cello", restore_dir=RUN, gin_files=tiny.GIN_FILES, gin_params=params)
    job = JobFolder(tmp_path / "0001-train")
    job.create(spec)
    run_module(cloud, tmp_path, "ddsp_backend", "run", str(job.path))
    *_, last = follow(job, 0, lambda: False, lambda: False)
    assert isinstance(last, Finished)
    assert last.result["checkpoint"] == f"gs://{BUCKET}/runs/cello/ckpt-23"
    assert cloud.get("runs/cello/jobs/0001-train/events.jsonl") == job.events_path.read_bytes()


@pytest.mark.slow
def test_that_a_bucket_that_refuses_in_the_middle_ends_a_training_in_a_sentence_and_it_goes_on_there(
    cloud: Cloud, tmp_path: Path
) -> None:
    """One command, four times refused: at the examples of an epoch, and at what comes with a checkpoint."""
    flags = train_flags(tmp_path, "train.num_steps = 40", "train.steps_per_save = 4", "train.n_clips = 0")
    for path in (tmp_path / "data").iterdir():
        cloud.put(f"data/{path.name}", path.read_bytes())
    cloud.environment["GCS_READ_CACHE_MAX_SIZE_MB"] = "0"  # so that examples are fetched in every epoch
    refusals = [
        # status, Google's reason, once this is written, at what, the sentence, its cure
        (401, "authError", "ckpt-4.index", "data/tiny.tfrecord", "does not accept the credential", "log in again"),
        (403, "forbidden", "/checkpoint", "/summaries/", "You have no permission", "role Storage Object Admin"),
        (403, "quotaExceeded", ".index", "/checkpoint", "the quota is used up", "raise the quota"),
        (507, "", ".data-00000-of-00001", ".index", "The bucket has no room", "Free some space there"),
    ]
    command = ("ddsp_backend.cli.ddsp_run", f"--save_dir={RUN}", *flags)
    saved = [0]
    for status, reason, once_written, where, title, cure in refusals:
        methods, name = (("GET",), where) if status == 401 else (("POST", "PUT"), "")
        cloud.refuse(BUCKET, status, *methods, name=name, reason=reason, once_written=once_written)
        refused = ended(cloud, tmp_path, *command)
        sentence, hint = refused.stdout.partition("Failed: ")[2].splitlines()
        assert refused.returncode == 1
        assert title in sentence
        assert where in sentence
        assert cure in hint
        assert "the job continues from there" in hint
        assert "Traceback" not in refused.stderr
        assert f"step {saved[-1] + 1} of 40" in refused.stdout
        cloud.relent()
        names = (name.partition("ckpt-")[2] for name in cloud.names("runs/violin/ckpt-"))
        saved.append(max(int(name.removesuffix(".index")) for name in names if name.endswith(".index")))
    said = call(cloud, tmp_path, "ddsp_run", *command[1:])
    assert f"step {saved[-1] + 1} of 40" in said
    assert f"{RUN}/ckpt-40" in said
