"""Clicks that come back are timed by when they were played and heard; what does not come back is no delay."""

import numpy as np
import pytest

from ddsp_backend.live import delay_probe
from ddsp_backend.live.delay_probe import DelayProbe

RATE, BLOCK = 48000, 128


class Clock:
    """One that is as far as the sound."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def perf_counter(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(delay_probe, "time", clock)
    return clock


def measured(clock: Clock, n_later: int, gain: float = 0.3, noise: float = 0.001) -> DelayProbe:
    probe = DelayProbe(RATE, RATE)
    random = np.random.default_rng(0)
    line = np.zeros(n_later, np.float32)
    while not probe.is_over:
        line = np.concatenate([line, probe.fill(BLOCK)])
        clock.seconds += BLOCK / RATE
        probe.hear(gain * line[:BLOCK] + noise * random.normal(size=BLOCK).astype(np.float32))
        line = line[BLOCK:]
    return probe


@pytest.mark.parametrize("n_later", [0, 700, 4800])
def test_that_a_delay_is_told_to_a_block(clock, n_later):
    seconds = measured(clock, n_later).seconds
    assert seconds == pytest.approx((n_later + BLOCK) / RATE, abs=1.1 * BLOCK / RATE)


def test_that_clicks_that_are_lost_in_noise_or_never_come_are_no_delay(clock):
    assert measured(clock, 700, gain=0.0).seconds is None
    assert measured(clock, 700, gain=0.01, noise=0.1).seconds is None
