"""Two at once in one place, and places that vanish while a training runs: a sentence, and what was saved is kept."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ddsp_backend.checkpoints.files import find_checkpoints
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.data_specs import PrepareSpec
from ddsp_backend.jobs.events import (
    CheckpointSaved,
    DatasetWritten,
    Event,
    Failed,
    Finished,
    Noted,
    Progressed,
    StepDone,
)
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from tests import recordings, tiny

ROOT = Path(__file__).parents[2]
HOLDING = """
import sys
from pathlib import Path
from ddsp_backend.jobs.claim import Claim
assert Claim(Path(sys.argv[1])).take() is None
print("mine", flush=True)
sys.stdin.readline()
"""


def spec_of(folder: Path, data: Path, **settings: object) -> TrainSpec:
    intervals = {"num_steps": 30, "steps_per_save": 5, "steps_per_clips": 100, "steps_per_held_out": 100}
    return TrainSpec(
        save_dir=str(folder), gin_files=tiny.GIN_FILES, gin_params=tiny.train_params(data, **{**intervals, **settings})
    )


def events_until(spec: TrainSpec, step: int, then: Callable[[], object]) -> list[Event]:
    """All events of a run during which something happens after a step."""
    events = []
    for event in run(spec, CancelToken()):
        events.append(event)
        if isinstance(event, StepDone) and event.step == step:
            then()
    return events


@pytest.fixture
def held() -> Iterator[Callable[[Path], int]]:
    """Lets a process of its own have a place; answers its number."""
    processes = []

    def hold(file: Path) -> int:
        file.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-c", HOLDING, str(file)]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "mine\n"
        return process.pid

    yield hold
    for process in processes:
        process.communicate(timeout=60)


def test_that_a_second_training_in_a_folder_is_refused_and_touches_nothing(tmp_path, held):
    folder = tmp_path / "run"
    pid = held(folder / ".in-use")
    (folder / ".writing-1").mkdir()  # the first one is saving
    *_, failed = run(spec_of(folder, tmp_path / "data"), CancelToken())
    assert isinstance(failed, Failed)
    assert failed.title == f"Another training is already running in this folder: {folder} (process {pid})"
    assert "separate folder" in failed.hint
    assert {path.name for path in folder.iterdir()} == {".in-use", ".writing-1"}


def test_that_a_second_preparation_of_a_set_is_refused_and_touches_nothing(tmp_path, held):
    recordings.write(tmp_path / "takes" / "a.wav", recordings.melody(9))
    output = tmp_path / "out" / "data.tfrecord"
    pid = held(output.with_name(".data.tfrecord.in-use"))
    *_, failed = run(PrepareSpec(inputs=(str(tmp_path / "takes"),), output_path=str(output)), CancelToken())
    assert isinstance(failed, Failed)
    assert failed.title == f"Another program is writing this data set already: {output} (process {pid})"
    assert [path.name for path in output.parent.iterdir()] == [".data.tfrecord.in-use"]


@pytest.mark.slow
def test_that_a_run_whose_folder_was_moved_says_so_and_goes_on_when_it_is_back(tmp_path):
    folder, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    spec = spec_of(folder, tmp_path / "data")
    events = events_until(spec, 7, lambda: folder.rename(elsewhere))
    failed = events[-1]
    assert isinstance(failed, Failed)
    assert failed.title == f"The folder of this training is gone, so step 10 cannot be saved: {folder}"
    assert "from step 5, the last one that was saved" in failed.hint
    assert not folder.exists()
    elsewhere.rename(folder)
    *_, last = events = list(run(spec, CancelToken()))
    assert isinstance(last, Finished)
    assert min(event.step for event in events if isinstance(event, StepDone)) == 6


def test_that_nothing_is_written_where_an_empty_folder_has_taken_the_runs_place(tmp_path):
    """As where a disk was unmounted: its mount point is there still."""
    folder = tmp_path / "run"

    def replace() -> None:
        shutil.rmtree(folder)
        folder.mkdir()

    *_, failed = events_until(spec_of(folder, tmp_path / "data"), 7, replace)
    assert isinstance(failed, Failed)
    assert failed.title.startswith("The folder of this training is gone")
    assert not list(folder.iterdir())


def test_that_a_run_whose_data_vanish_saves_where_it_is(tmp_path):
    folder, data = tmp_path / "run", tmp_path / "data"
    spec = spec_of(folder, data, steps_per_save=1000, num_steps=200)
    events = events_until(spec, 3, lambda: data.rename(tmp_path / "elsewhere"))
    failed, saved = events[-1], events[-2]
    assert isinstance(failed, Failed)
    assert failed.title.startswith("The data set of this training is gone: ")
    assert str(data / "tiny.tfrecord") in failed.title
    steps = [event.step for event in events if isinstance(event, StepDone)]
    assert isinstance(saved, CheckpointSaved)
    assert saved.step == steps[-1] >= 3
    assert find_checkpoints(folder)[0].step == saved.step


@pytest.mark.parametrize("what", ["vanishes", "changes"])
def test_that_a_preparation_needs_a_recording_no_more_once_it_was_read(tmp_path, what):
    take = recordings.write(tmp_path / "takes" / "a.wav", recordings.melody(9))
    spec = PrepareSpec(inputs=(str(take),), output_path=str(tmp_path / "data.tfrecord"), tracker="swift-f0")
    quiet = replace(spec, output_path=str(tmp_path / "quiet.tfrecord"), cache_dir=str(tmp_path / "other cache"))
    (expected,) = [event for event in run(quiet, CancelToken()) if isinstance(event, DatasetWritten)]
    is_there, events = True, []
    for event in run(spec, CancelToken()):
        events.append(event)
        if is_there and isinstance(event, Progressed) and event.unit is Unit.AUDIO_SECONDS:
            is_there = False
            take.unlink() if what == "vanishes" else recordings.write(take, recordings.melody(20, hz=200))
    assert not is_there
    assert isinstance(events[-1], Finished)
    (written,) = [event for event in events if isinstance(event, DatasetWritten)]
    assert contents_of(written) == contents_of(expected)


def contents_of(written: DatasetWritten) -> list[bytes]:
    return [
        path.read_bytes() for path in sorted(Path(written.train_pattern).parent.glob(Path(written.train_pattern).name))
    ]


def test_that_of_two_recordings_the_one_that_is_gone_is_noted_and_the_other_is_prepared(tmp_path):
    """As where one was deleted between the look at it and Train."""
    gone, here = tmp_path / "gone.wav", recordings.write(tmp_path / "here.wav", recordings.melody(9))
    spec = PrepareSpec(
        inputs=(str(gone), str(here)), output_path=str(tmp_path / "data.tfrecord"), tracker="swift-f0", is_planned=True
    )
    events = list(run(spec, CancelToken()))
    assert f"There is no such file or folder: {gone}" in [event.title for event in events if isinstance(event, Noted)]
    (written,) = [event for event in events if isinstance(event, DatasetWritten)]
    assert written.audio_seconds == 9.0
