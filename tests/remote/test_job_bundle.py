"""What goes to a host, and how its paths and ours are exchanged."""

from dataclasses import replace
from pathlib import Path, PureWindowsPath

import pytest

from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.jobs.events import CheckpointSaved, ClipRendered, Failed, Finished, Progressed
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.spec import InspectSpec, TrainSpec
from ddsp_backend.remote.job_bundle import PathMap, pack

RUN = "/home/me/.cache/timbre-studio/runs/0123456789abcdef"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "it's my data"
    folder.mkdir()
    for name in ("data.tfrecord-train-00000-of-00001", "data.tfrecord-held-00000-of-00001", "manifest.json"):
        (folder / name).write_text(name)
    return folder


def test_that_the_files_which_bindings_name_go_along_and_nothing_else(tmp_path: Path, data: Path) -> None:
    params = (f"train_pattern = {str(data / 'data.tfrecord-train*')!r}", "batch_size = 4", "name = 'no/path'")
    spec = TrainSpec(save_dir=str(tmp_path / "model"), gin_files=("presets/tiny.gin",), gin_params=params)
    bundle = pack(spec, RUN)
    name = "data.tfrecord-train-00000-of-00001"
    assert bundle.inputs == {f"in/0/{name}": data / name}
    assert bundle.state == {}
    assert isinstance(bundle.spec, TrainSpec)
    assert bundle.spec.save_dir == f"{RUN}/out"
    assert bundle.spec.gin_files == ("presets/tiny.gin",)
    assert bundle.spec.gin_params == (f"train_pattern = '{RUN}/in/0/data.tfrecord-train*'", *params[1:])
    assert pack(spec, RUN, "tpu").spec.tpu == "local"
    assert bundle.spec.tpu == ""


def test_that_what_lies_in_a_bucket_is_named_and_not_sent() -> None:
    params = ("train_pattern = 'gs://studio/data/data.tfrecord*'",)
    spec = TrainSpec(
        save_dir="gs://studio/run",
        restore_dir="gs://studio/older",
        gin_params=params,
        gin_files=("gs://studio/my.gin",),
        gin_search_paths=("gs://studio/gin",),
        allow_modules=("my_layers",),
    )
    bundle = pack(spec, RUN)
    assert bundle.spec == spec
    assert bundle.inputs == {}
    assert bundle.state == {}
    assert bundle.output is None


def test_that_a_run_of_this_machine_can_begin_with_one_of_a_bucket(tmp_path: Path) -> None:
    bundle = pack(TrainSpec(save_dir=str(tmp_path), restore_dir="gs://studio/older"), RUN)
    assert isinstance(bundle.spec, TrainSpec)
    assert (bundle.spec.save_dir, bundle.spec.restore_dir) == (f"{RUN}/out", "gs://studio/older")
    assert bundle.output == tmp_path


def test_that_checkpoints_go_along_with_a_config_in_the_host_s_paths(tmp_path: Path, data: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    for name in ("ckpt-3.index", "ckpt-3.data-00000-of-00001", "checkpoint", "best.json", "notes.txt"):
        (model / name).write_text(name)
    # The form in which pprint breaks a long string that has spaces.
    first, second = str(data)[:-5], str(data)[-5:]
    config = (
        f"import ddsp\n\nTFRecordProvider.file_pattern = \\\n    ({first!r}\n     '{second}/data.tfrecord-train*')\n"
    )
    (model / "operative_config-3.gin").write_text(config)
    pattern = str(data / "data.tfrecord-train*")
    bundle = pack(TrainSpec(save_dir=str(model), gin_params=(f"train_pattern = {pattern!r}",)), RUN)
    assert {name.removeprefix("out/") for name in bundle.state} == {
        *("ckpt-3.index", "ckpt-3.data-00000-of-00001", "checkpoint", "best.json", "operative_config-3.gin")
    }
    sent = bundle.state["out/operative_config-3.gin"]
    assert isinstance(sent, bytes)
    assert f"'{RUN}/in/0/data.tfrecord-train*'" in sent.decode()
    assert repr(pattern) in bundle.paths.text_here(sent).decode()


def test_that_the_phrases_played_so_far_go_along_so_that_others_get_other_names(tmp_path: Path) -> None:
    targets = {f"{folder}/{kind} 1 target.wav" for folder, kind in (("clips", "clip"), ("samples", "sample"))}
    for name in (*targets, "clips/step-3/clip 1 output.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    bundle = pack(TrainSpec(save_dir=str(tmp_path)), RUN)
    assert bundle.state == {f"out/{name}": tmp_path / name for name in targets}


def test_that_a_pattern_that_finds_nothing_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    spec = TrainSpec(save_dir=str(tmp_path), gin_params=(f"train_pattern = '{tmp_path}/none*'",))
    with pytest.raises(DataError, match="none"):
        pack(spec, RUN)


def test_that_paths_are_exchanged_whole_wherever_they_stand() -> None:
    paths = PathMap((("/here/model", f"{RUN}/out"), ("/here/data", f"{RUN}/in/0")))
    assert paths.there("/here/model/ckpt-3") == f"{RUN}/out/ckpt-3"
    assert paths.there("/here/modelling") == "/here/modelling"
    for event, back in (
        (CheckpointSaved(3, f"{RUN}/out/ckpt-3"), CheckpointSaved(3, "/here/model/ckpt-3")),
        (Failed(f"The disk of {RUN}/out is full"), Failed("The disk of /here/model is full")),
        (Finished({"save_dir": f"{RUN}/out"}), Finished({"save_dir": "/here/model"})),
        (
            ClipRendered(1, "a", *[f"{RUN}/out/clips/{n}" for n in range(6)]),
            ClipRendered(1, "a", *[f"/here/model/clips/{n}" for n in range(6)]),
        ),
    ):
        assert paths.event_here(event) == back


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("C:\\Users\\Nina M\\data\\data.tfrecord*", "/run/in/0/data.tfrecord*"),
        ("C:/Users/Nina M/data/data.tfrecord*", "/run/in/0/data.tfrecord*"),
        ("C:\\Users\\Nina M\\data", "/run/in/0"),
        ("C:\\Users\\Nina M\\database\\x", "C:\\Users\\Nina M\\database\\x"),
        ("\\\\studio\\music\\model\\deep\\ckpt-3", "/run/out/deep/ckpt-3"),
        ("D:\\other\\x", "D:\\other\\x"),
    ],
)
def test_that_a_host_is_told_paths_of_windows_as_its_own(here: str, there: str) -> None:
    paths = PathMap((("C:\\Users\\Nina M\\data", "/run/in/0"), ("\\\\studio\\music\\model", "/run/out")))
    assert paths.there(here) == there


def test_that_what_a_host_says_reads_as_a_path_of_windows() -> None:
    paths = PathMap((("C:\\Users\\Nina", "/run/out"),))
    found = PureWindowsPath(paths.here("/run/out/clips/clip 1 target.wav"))
    assert found == PureWindowsPath("C:\\Users\\Nina\\clips\\clip 1 target.wav")


def test_that_kinds_come_through_as_kinds() -> None:
    event = Progressed("Reading", 1, 2, Unit.FILES, detail=f"{RUN}/out/a.wav")
    mapped = PathMap((("/here/model", f"{RUN}/out"),)).event_here(event)
    assert isinstance(mapped, Progressed)
    assert mapped.unit is Unit.FILES
    assert mapped.detail == "/here/model/a.wav"


def test_that_a_path_there_below_one_of_our_folders_is_not_exchanged_again(tmp_path: Path, data: Path) -> None:
    """As where both machines have the same user, and a config lies in the home folder."""
    (tmp_path / "my.gin").write_text("")
    pattern = str(data / "data.tfrecord-train*")
    params = (f"train_pattern = {pattern!r}", "held_out_pattern = 'gs://studio/data/held*'")
    spec = TrainSpec(save_dir=str(tmp_path / "model"), gin_files=(str(tmp_path / "my.gin"),), gin_params=params)
    there = f"{tmp_path}/.cache/timbre-studio/runs/0123456789abcdef"
    bundle = pack(spec, there)
    assert isinstance(bundle.spec, TrainSpec)
    assert bundle.spec.gin_params == (f"train_pattern = '{there}/in/0/data.tfrecord-train*'", params[1])
    assert bundle.spec.gin_files == (f"{there}/in/1/my.gin",)
    assert bundle.spec.save_dir == f"{there}/out"
    assert bundle.paths.here(f"{there}/in/0/x {there}/in/1/y") == f"{data}/x {tmp_path}/y"


def test_that_only_whole_paths_are_exchanged() -> None:
    paths = PathMap((("/data", f"{RUN}/in/0"),))
    for text in ("gs://studio/data/x", "/mnt/data/x", "/database", "/data.old", "../data/x"):
        assert paths.there(text) == text
    for text in ("/data", "'/data/x'", "at /data/x", "file=/data/x", "(/data)"):
        assert paths.there(text) == text.replace("/data", f"{RUN}/in/0")


def test_that_a_job_without_files_goes_as_it_is() -> None:
    spec = InspectSpec(inputs=("a",))
    assert pack(spec, RUN).spec == spec


def test_that_a_run_which_asks_for_chips_is_told_before_anything_is_sent_that_there_are_none(
    tmp_path: Path, data: Path
) -> None:
    spec = TrainSpec(save_dir=str(tmp_path / "run"), gin_files=(), tpu="local")
    with pytest.raises(ConfigError, match="no TPU chips; without them it trains on its processor") as refusal:
        pack(spec, "/there")
    assert "--tpu=local" in refusal.value.hint
    assert pack(spec, "/there", "tpu").spec == pack(replace(spec, tpu=""), "/there", "tpu").spec
