"""The papers' files learn, each on a data set of a few examples and with few channels."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ddsp_backend.data.providers import TFRecordProvider
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ClipRendered, Event, Finished, HeldOutMeasured, StepDone
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from tests import tiny
from tests.training.papers import PAPERS, papers_data

data = papers_data


def losses_of(paper: str, data: Path, folder: Path, steps: int) -> list[float]:
    """The total loss of every step."""
    events = events_of(paper, data, folder, steps)
    losses = [event.losses["total_loss"] for event in events if isinstance(event, StepDone)]
    assert len(losses) == steps
    assert np.isfinite(losses).all()
    return losses


def events_of(paper: str, data: Path, folder: Path, steps: int, *more_params: str) -> list[Event]:
    """What a training says that comes to its end."""
    files, params = PAPERS[paper]
    patterns = (
        f"TFRecordProvider.file_pattern = '{data}/tiny.tfrecord'",
        f"train_data/TFRecordProvider.file_pattern = '{data}/tiny.tfrecord'",
        f"SyntheticNotes.file_pattern = '{data}/notes.tfrecord*'",
    )
    spec = TrainSpec(
        save_dir=str(folder),
        gin_files=files,
        gin_params=(*params, *patterns, "batch_size = 2", *more_params),
        steps=steps,
    )
    events = list(run(spec, CancelToken()))
    assert isinstance(events[-1], Finished), events[-1]
    return events


@pytest.mark.slow
@pytest.mark.parametrize("paper", PAPERS)
def test_that_its_loss_falls(paper: str, data: Path, tmp_path: Path) -> None:
    losses = losses_of(paper, data, tmp_path, steps=50)
    assert np.mean(losses[-5:]) < 0.85 * np.mean(losses[:5])


@pytest.mark.slow
def test_that_zipped_data_sets_are_held_out_and_their_recordings_heard(data: Path, tmp_path: Path) -> None:
    """Two recordings to each invented note: what counts is how many of both there are, not that they are as many."""
    events = events_of(
        "finetune",
        data,
        tmp_path,
        1,
        "train.held_out_provider = @train_data/data.ZippedProvider()",
        "ZippedProvider.batch_size_ratios = [1, 2]",
        "batch_size = 3",
        "train.n_clips = 1",
    )
    (learned,), (measured,) = (
        [event.losses for event in events if isinstance(event, kind)] for kind in (StepDone, HeldOutMeasured)
    )
    assert measured.keys() == learned.keys()
    assert any(name.startswith("ss_") for name in measured)
    assert np.isfinite(list(measured.values())).all()
    (clip,) = (event for event in events if isinstance(event, ClipRendered))
    target, _ = soundfile.read(clip.target_audio)
    examples = [
        batch["audio"][0] for batch in TFRecordProvider(f"{data}/tiny.tfrecord", tiny.SECONDS).get_batch(1, repeats=1)
    ]
    assert min(np.abs(target - example).max() for example in examples) < 1e-6
