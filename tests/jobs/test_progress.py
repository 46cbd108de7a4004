"""How far a stage is."""

import pytest

from ddsp_backend.jobs import progress
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.progress import Pace


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the pace reads; a test moves them on."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_that_nobody_is_told_how_long_it_takes_while_the_start_is_most_of_it(clock: list[float]) -> None:
    """A pitch tracker loads for seconds, then analyses the first second of 184: that is no quarter of an hour."""
    pace = Pace("Finding pitch and loudness", 184, Unit.AUDIO_SECONDS)
    clock[0] += 5
    [event] = pace.advance(1)
    assert event.seconds_left is None
    assert event.rate is None
    clock[0] += 15
    [event] = pace.advance(19)
    assert event.rate == 1.0
    assert event.seconds_left == 164


def test_that_a_slow_stage_is_estimated_after_half_a_minute(clock: list[float]) -> None:
    pace = Pace("Finding pitch and loudness", 36_000, Unit.AUDIO_SECONDS)
    clock[0] += 31
    [event] = pace.advance(31)
    assert event.seconds_left == 36_000 - 31
