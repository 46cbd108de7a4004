"""Trainings that end by themselves: in a time, or when nothing is gained any more. The clock is the tests' own."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ddsp_backend.checkpoints.files import find_checkpoints
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    ClipRendered,
    Event,
    Finished,
    HeldOutMeasured,
    Noted,
    StepDone,
    Stopped,
    Trend,
    TrendJudged,
)
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from ddsp_backend.training import loop, step_speed
from tests import tiny


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two seconds pass whenever somebody looks: a step takes two, and a measurement as well."""
    time = iter(range(0, 10**9, 2))
    monkeypatch.setattr(step_speed, "now", lambda: float(next(time)))
    monkeypatch.setattr(loop, "now", lambda: float(next(time)))
    return


def _spec(folder: Path, *params: str, held_out: bool = True, **settings: Any) -> TrainSpec:
    intervals = {"steps_per_save": 1000, "steps_per_held_out": 1000, "steps_per_clips": 1000, "num_steps": 10**6}
    bound = tiny.train_params(folder / "data", held_out, **intervals)
    return TrainSpec(save_dir=str(folder / "run"), gin_files=tiny.GIN_FILES, gin_params=(*bound, *params), **settings)


# For what is neither measured nor played: that takes more time than the steps.
STEPS_ALONE = ("train.n_clips = 0",)


def _events(spec: TrainSpec, cancel: CancelToken | None = None) -> list[Event]:
    return list(run(spec, cancel or CancelToken()))


@pytest.mark.slow
def test_that_minutes_are_of_steps_and_the_first_one_which_compiles_does_not_count(tmp_path: Path) -> None:
    events = _events(_spec(tmp_path, minutes=1.0))
    steps = [event for event in events if isinstance(event, StepDone)]
    assert [step.seconds_trained for step in steps] == [2.0 * i for i in range(31)]
    assert [step.seconds_left for step in steps] == [60 - 2.0 * i for i in range(31)]
    assert {step.total_steps for step in steps} == {0}
    assert steps[0].steps_per_second == 0
    assert {step.steps_per_second for step in steps[1:]} == {0.5}
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.result["ended_because"] == "minutes"
    assert find_checkpoints(tmp_path / "run")[0].step == 31
    # Forty seconds apart: a measurement takes two, a twentieth of that.
    assert [event.step for event in events if isinstance(event, HeldOutMeasured)] == [1, 21, 31]


@pytest.mark.slow
def test_that_minutes_count_over_all_resumed_runs_together(tmp_path: Path) -> None:
    _events(_spec(tmp_path, *STEPS_ALONE, held_out=False, minutes=0.5))
    again = _events(_spec(tmp_path, *STEPS_ALONE, held_out=False, minutes=0.5))
    assert "already trained for 0.5 minutes" in next(event.title for event in again if isinstance(event, Noted))
    assert not [event for event in again if isinstance(event, StepDone)]
    assert isinstance(again[-1], Finished)
    assert again[-1].result["ended_because"] == "minutes"
    more = [
        event
        for event in _events(_spec(tmp_path, *STEPS_ALONE, held_out=False, minutes=1.0))
        if isinstance(event, StepDone)
    ]
    assert [more[0].seconds_trained, more[-1].seconds_trained] == [30.0, 60.0]


@pytest.mark.slow
@pytest.mark.parametrize("held_out", [True, False], ids=["held out", "nothing held out"])
def test_that_a_training_which_gains_nothing_ends_by_itself(tmp_path: Path, held_out: bool) -> None:
    still = ("learning_rate = 1e-12",)
    events = _events(_spec(tmp_path, *still, *STEPS_ALONE, held_out=held_out, until_flat=True, steps=2000))
    steps = [event.step for event in events if isinstance(event, StepDone)]
    judged = [event for event in events if isinstance(event, TrendJudged)]
    assert 300 <= steps[-1] <= 350
    assert judged[-1].trend is Trend.FLAT
    assert {event.trend for event in judged[:-1]} == {Trend.EARLY}
    assert judged[-1].minutes == pytest.approx((steps[-1] - 1) * 2 / 60 / 3)
    assert isinstance(events[-1], Finished)
    assert events[-1].result["ended_because"] == "flat"
    assert "no longer improves" in [event for event in events if isinstance(event, Noted)][-1].title
    assert find_checkpoints(tmp_path / "run")[0].step == steps[-1]


def test_that_nobody_can_tell_how_long_it_takes_until_nothing_is_gained(tmp_path: Path) -> None:
    cancel, left = CancelToken(), []
    for event in run(_spec(tmp_path, *STEPS_ALONE, held_out=False, until_flat=True), cancel):
        if isinstance(event, StepDone):
            left.append(event.seconds_left)
            if event.step == 12:
                cancel.set()
    assert all(math.isnan(seconds) for seconds in left)


def test_that_steps_are_foreseen_once_some_were_timed(tmp_path: Path) -> None:
    left = [
        event.seconds_left
        for event in _events(_spec(tmp_path, *STEPS_ALONE, held_out=False, steps=9))
        if isinstance(event, StepDone)
    ]
    assert [math.isnan(seconds) for seconds in left] == [True] * 5 + [False] * 4
    assert left[5:] == [6, 4, 2, 0]


def test_that_milestones_measure_and_play_early_and_a_stop_plays_what_was_reached(tmp_path: Path) -> None:
    cancel = CancelToken()
    events: list[Event] = []
    for event in run(_spec(tmp_path, "train.milestones = True"), cancel):
        events.append(event)
        if isinstance(event, StepDone) and event.step == 12:
            cancel.set()
    assert [event.step for event in events if isinstance(event, HeldOutMeasured)] == [1, 3, 10]
    assert [event.step for event in events if isinstance(event, ClipRendered)] == [1, 3, 10, 12]
    assert isinstance(events[-1], Stopped)
    assert find_checkpoints(tmp_path / "run")[0].step == 12
