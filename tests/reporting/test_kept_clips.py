"""The fixed clips of a training, played with a checkpoint that it has kept."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ClipRendered, Event, Failed, Finished, Progressed, Stopped
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import PlayCheckpointSpec, TrainSpec
from tests import tiny

Trained = tuple[Path, list[Event]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Four steps, with models kept of steps 2 and 4, and two clips, played at the end."""
    folder = tmp_path_factory.mktemp("kept")
    settings = {"num_steps": 4, "steps_per_save": 2, "steps_per_held_out": 4, "n_clips": 2}
    spec = TrainSpec(
        save_dir=str(folder / "run"),
        gin_files=tiny.GIN_FILES,
        gin_params=tiny.train_params(folder / "data", **settings),
    )
    events = list(run(spec, CancelToken()))
    assert isinstance(events[-1], Finished), events[-1]
    return folder / "run", events


@pytest.fixture
def folder(trained: Trained, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained[0], tmp_path / "run"))


def clips_of(events: list[Event]) -> list[ClipRendered]:
    """Those of the newest step."""
    clips = [event for event in events if isinstance(event, ClipRendered)]
    return [clip for clip in clips if clip.step == clips[-1].step]


def played(folder: Path, step: int, **changes: Any) -> list[Event]:
    return list(run(PlayCheckpointSpec(save_dir=str(folder), step=step, **changes), CancelToken()))


def test_that_a_kept_checkpoint_plays_what_the_training_plays(trained: Trained, folder: Path) -> None:
    """The folder alone is given: its operative config says on what and how."""
    before = {path: path.read_bytes() for path in folder.rglob("* target.wav")}
    first = clips_of(trained[1])
    events = played(folder, 2)
    assert isinstance(events[-1], Finished), events[-1]
    clips = clips_of(events)
    assert [(clip.step, clip.name, clip.title) for clip in clips] == [(2, each.name, each.title) for each in first]
    assert {path: path.read_bytes() for path in folder.rglob("* target.wav")} == before
    for clip, other in zip(clips, first, strict=True):
        assert Path(clip.output_audio).parent == folder / "clips" / "step-2"
        audio_N, other_N = (soundfile.read(each.output_audio)[0] for each in (clip, other))
        assert len(audio_N) == len(other_N) == tiny.N_SAMPLES
        assert not np.array_equal(audio_N, other_N)
    assert [event.done for event in events if isinstance(event, Progressed)][-1] == len(first)


def test_that_the_same_checkpoint_plays_as_it_did_while_it_was_trained(trained: Trained, folder: Path) -> None:
    for clip, other in zip(clips_of(played(folder, 4)), clips_of(trained[1]), strict=True):
        audio_N, other_N = (soundfile.read(each.output_audio)[0] for each in (clip, other))
        np.testing.assert_allclose(audio_N, other_N, atol=1e-5)


def test_that_a_damaged_picture_of_a_target_is_drawn_again(folder: Path) -> None:
    target = folder / "clips" / "clip 1 target.npy"
    right = target.read_bytes()
    target.write_bytes(b"damaged")
    assert isinstance(played(folder, 2)[-1], Finished)
    assert target.read_bytes() == right


@pytest.mark.slow
def test_that_after_another_preparation_the_clips_from_before_keep_the_target_that_they_play(
    trained: Trained, folder: Path, tmp_path: Path
) -> None:
    files = [path for path in (folder / "clips").rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in files}
    other = tiny.write_examples(tmp_path / "other.tfrecord", 4, seed=7)
    as_prepared = (f"held_out/TFRecordProvider.file_pattern = '{other}'",)
    for _ in range(2):  # whoever plays the same once more finds the target there
        new = clips_of(played(folder, 4, gin_params=as_prepared))
        assert {path: path.read_bytes() for path in files} == before
        assert [Path(clip.target_audio).name for clip in new] == ["clip 1 (2) target.wav", "clip 2 (2) target.wav"]
        assert [Path(clip.output_audio).name for clip in new] == ["clip 1 (2) output.wav", "clip 2 (2) output.wav"]
    assert not np.array_equal(*(soundfile.read(clip.target_audio)[0] for clip in (new[0], clips_of(trained[1])[0])))
    again = clips_of(played(folder, 2))  # and back to the first preparation
    assert [Path(clip.target_audio).name for clip in again] == ["clip 1 target.wav", "clip 2 target.wav"]


def test_that_a_model_that_is_not_kept_is_told_with_those_that_are(folder: Path, tmp_path: Path) -> None:
    (*_, failed) = played(folder, 3)
    assert failed == Failed("The model of step 3 is no longer kept", "The models of these steps are kept: 1, 2, 4.")
    (*_, failed) = played(tmp_path / "nowhere", 3)
    assert isinstance(failed, Failed)
    assert "Check whether it was moved" in failed.hint
    (folder / "ckpt-2.data-00000-of-00001").write_bytes(b"")
    (*_, failed) = played(folder, 2)
    assert isinstance(failed, Failed)
    assert failed.hint == "Restore a copy of it."


def test_that_it_can_be_stopped(folder: Path) -> None:
    cancel = CancelToken()
    events = []
    for event in run(PlayCheckpointSpec(save_dir=str(folder), step=2), cancel):
        events.append(event)
        if isinstance(event, ClipRendered):
            cancel.set()
    assert isinstance(events[-1], Stopped)
    assert len(clips_of(events)) == 1
