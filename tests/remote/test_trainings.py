"""A real training on a host is what it would have been here: its files, its checkpoints, its pauses and its moves."""

import sys
from pathlib import Path

import pytest

from app.jobs.child import ChildJob
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    LAST_WORDS,
    CheckpointSaved,
    ClipRendered,
    Event,
    Failed,
    Finished,
    StepDone,
    Stopped,
)
from ddsp_backend.jobs.folder import JobFolder
from ddsp_backend.jobs.place import joined_where_left, new_place
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from tests.remote.runs import book_for, job, losses, weights
from tests.remote.servers import Keys, OpenSsh
from tests.tiny import GIN_FILES, train_params


def test_that_a_training_comes_back_with_checkpoint_clips_curves_and_our_paths(
    tmp_path: Path, keys: Keys, openssh: OpenSsh
) -> None:
    here = tmp_path / "here"
    save_dir = tmp_path / "it's a model"
    params = train_params(here, steps_per_save=2, steps_per_held_out=2, steps_per_clips=4)
    spec = TrainSpec(save_dir=str(save_dir), gin_files=GIN_FILES, gin_params=params, steps=4)
    book = book_for(tmp_path, keys, openssh.port)
    wire_events = []
    for event in job(spec, tmp_path / "job", book).events():
        wire_events.append(event)
        match event:
            case CheckpointSaved(path=path):
                assert Path(path + ".index").parent == save_dir
                assert Path(path + ".index").exists()
            case ClipRendered():
                assert Path(event.output_audio).is_relative_to(save_dir)
                assert Path(event.output_audio).stat().st_size > 0
    assert isinstance(wire_events[-1], Finished)
    assert wire_events[-1].result["save_dir"] == str(save_dir)
    (config,) = save_dir.glob("operative_config-*.gin")
    assert str(here) in config.read_text()
    assert "/runs/" not in config.read_text()
    assert list((save_dir / "summaries").rglob("events.*"))

    undisturbed = tmp_path / "undisturbed"
    events = list(
        run(TrainSpec(save_dir=str(undisturbed), gin_files=GIN_FILES, gin_params=params, steps=4), CancelToken())
    )
    assert losses(wire_events) == losses(events)
    assert weights(save_dir / "ckpt-4") == weights(undisturbed / "ckpt-4")


@pytest.mark.slow
def test_that_a_run_moves_there_and_back_as_if_it_had_stayed(tmp_path: Path, keys: Keys, openssh: OpenSsh) -> None:
    params = train_params(tmp_path / "data", held_out=False, steps_per_save=1, n_clips=0)
    book = book_for(tmp_path, keys, openssh.port)

    def spec(folder: str, steps: int) -> TrainSpec:
        return TrainSpec(save_dir=str(tmp_path / folder), gin_files=GIN_FILES, gin_params=params, steps=steps)

    moved = list(run(spec("moved", 2), CancelToken()))
    moved += job(spec("moved", 4), tmp_path / "job", book).events()
    moved += run(spec("moved", 6), CancelToken())
    stayed = list(run(spec("stayed", 6), CancelToken()))
    assert all(isinstance(event, Finished) for event in moved if isinstance(event, LAST_WORDS))
    assert losses(moved) == losses(stayed)
    assert weights(tmp_path / "moved" / "ckpt-6") == weights(tmp_path / "stayed" / "ckpt-6")
    kept = {path.name for path in (tmp_path / "moved").glob("ckpt-*")}
    assert kept == {path.name for path in (tmp_path / "stayed").glob("ckpt-*")}


@pytest.mark.slow
def test_that_a_disk_that_takes_no_more_here_leaves_the_run_there_to_be_joined(
    tmp_path: Path, keys: Keys, openssh: OpenSsh
) -> None:
    params = train_params(tmp_path / "data", held_out=False, steps_per_save=1, n_clips=0)
    spec = TrainSpec(save_dir=str(tmp_path / "run"), gin_files=GIN_FILES, gin_params=params, steps=4)
    book = book_for(tmp_path, keys, openssh.port)
    first = JobFolder(tmp_path / "first")
    # A file of this size stands for a disk with so much room.
    small = ("prlimit", "--fsize=20000", sys.executable, "-m", "ddsp_backend")
    before = list(ChildJob(spec, first.path, small, new_place(str(book.folder), "box")).events())
    assert isinstance(before[-1], Failed)
    assert before[-1].traceback == ""
    assert before[-1].title.startswith(f"The file is too large for this disk's file system: {tmp_path / 'run'}/ckpt-1")
    assert "start again" in before[-1].hint
    place = joined_where_left(first)
    assert place is not None
    after = list(ChildJob(spec, tmp_path / "second", place=place).events())
    assert isinstance(after[-1], Finished)
    told_twice = [event.step for event in (*before, *after) if isinstance(event, StepDone)]
    assert told_twice == [1, 2, 3, 4]
    assert [event.step for event in after if isinstance(event, CheckpointSaved)] == [1, 2, 3, 4]


@pytest.mark.slow
def test_that_a_training_which_was_stopped_and_resumed_there_is_as_if_it_had_gone_on(
    tmp_path: Path, keys: Keys, openssh: OpenSsh
) -> None:
    """That is what a pause is. Only the stop saves: nothing else does, before the end."""
    params = train_params(tmp_path / "data", held_out=False, steps_per_save=1_000_000, n_clips=0)
    book = book_for(tmp_path, keys, openssh.port)

    def spec(folder: str, steps: int) -> TrainSpec:
        return TrainSpec(save_dir=str(tmp_path / folder), gin_files=GIN_FILES, gin_params=params, steps=steps)

    first = job(spec("paused", 1_000_000), tmp_path / "first", book)
    paused: list[Event] = []
    for event in first.events():
        paused.append(event)
        if isinstance(event, StepDone) and event.step == 3:
            first.cancel()
    assert paused[-1] == Stopped()
    (step,) = [event.step for event in paused if isinstance(event, CheckpointSaved)]
    assert step == len(losses(paused)) >= 3
    assert (tmp_path / "paused" / f"ckpt-{step}.index").exists()
    paused += job(spec("paused", step + 5), tmp_path / "second", book).events()
    undisturbed = list(run(spec("undisturbed", step + 5), CancelToken()))
    assert isinstance(paused[-1], Finished)
    assert losses(paused) == losses(undisturbed)
    last = f"ckpt-{step + 5}"
    assert weights(tmp_path / "paused" / last) == weights(tmp_path / "undisturbed" / last)
    assert not list((tmp_path / "host's $HOME; folder" / "runs").iterdir())
