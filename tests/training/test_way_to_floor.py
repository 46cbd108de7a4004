"""How near a training is, and could be."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ClipRendered, DistanceMeasured, Event, Finished
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from ddsp_backend.training.way_to_floor import floor_db
from tests import tiny


def distances(events: Sequence[Event]) -> list[DistanceMeasured]:
    return [event for event in events if isinstance(event, DistanceMeasured)]


@pytest.mark.slow
def test_that_a_training_with_milestones_says_how_far_it_is_from_the_floor(tmp_path: Path) -> None:
    params = tiny.train_params(tmp_path / "data", num_steps=60, n_clips=2, milestones=True, seed=0)
    spec = TrainSpec(save_dir=str(tmp_path / "run"), gin_files=tiny.GIN_FILES, gin_params=params)
    events = list(run(spec, CancelToken()))
    assert isinstance(events[-1], Finished)
    found = distances(events)
    assert [event.step for event in found] == [1, 3, 10, 30, 60]
    assert {event.step for event in found} == {event.step for event in events if isinstance(event, ClipRendered)}
    assert [math.isfinite(event.floor_db) for event in found] == [False, False, False, True, True]
    assert found[3].floor_db == found[4].floor_db  # fitted once
    assert all(event.distance_db > found[-1].floor_db > 0.0 for event in found)


def phrase(f0_hz: float, n_samples: int = tiny.N_SAMPLES) -> dict[str, object]:
    time_N = np.arange(n_samples) / tiny.SAMPLE_RATE
    return {
        "audio": (0.2 * np.sin(2 * np.pi * f0_hz * time_N)).astype(np.float32)[None],
        "f0_hz": np.full([1, tiny.N_FRAMES], f0_hz, np.float32),
        "f0_confidence": np.ones([1, tiny.N_FRAMES], np.float32),
    }


@pytest.mark.slow
def test_that_the_floor_of_several_phrases_is_the_mean_of_their_floors() -> None:
    floors = [floor_db([phrase(hz)], tiny.SAMPLE_RATE) for hz in (220.0, 330.0)]
    both = floor_db([phrase(220.0), phrase(330.0)], tiny.SAMPLE_RATE)
    assert both == pytest.approx(np.mean(floors), abs=0.3)  # they descend together, each with noise of its own


def test_that_phrases_without_a_pitch_or_of_two_lengths_have_no_floor() -> None:
    unpitched = {key: value for key, value in phrase(220.0).items() if key != "f0_hz"}
    assert math.isnan(floor_db([unpitched], tiny.SAMPLE_RATE))
    assert math.isnan(floor_db([phrase(220.0), phrase(220.0, 3200)], tiny.SAMPLE_RATE))
