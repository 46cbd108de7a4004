"""Whether a training still improves, from the losses measured so far. Pure: times come with the measurements.

A training is flat when its smoothed loss has gained no more than 1 % on its best in the last third of its time. Nobody
judges before two minutes and 300 steps: what stands still then may not have begun.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ddsp_backend.jobs.events import Trend

_LEAST_GAIN = 0.01
_LOOKS_BACK = 1 / 3  # of the time trained
_LEAST_SECONDS, _LEAST_STEPS = 120.0, 300


@dataclass(frozen=True, slots=True)
class Point:
    """A measurement. Both losses are smoothed; where nothing is held out they are the same."""

    step: int
    seconds: float
    """Of steps, from the first one on."""
    loss: float
    train_loss: float


@dataclass(frozen=True, slots=True)
class Judgment:
    """See `events.TrendJudged`. Times in seconds."""

    trend: Trend
    gain: float
    seconds: float
    best_step: int
    seconds_since_best: float


def judge(points: Sequence[Point]) -> Judgment:
    """Judges by measurements in the order of their steps, of which there is at least one."""
    now = points[-1]
    best = min(points, key=lambda point: point.loss)
    window = now.seconds * _LOOKS_BACK
    before = [point for point in points if point.seconds <= now.seconds - window]
    since = [point for point in points if point.seconds > now.seconds - window]
    if not before or not since:
        return Judgment(Trend.EARLY, 0.0, window, best.step, now.seconds - best.seconds)
    best_before, best_since = (min(part, key=lambda point: point.loss) for part in (before, since))
    gain = _share(best_before.loss - best_since.loss, best_before.loss)
    if now.seconds < _LEAST_SECONDS or now.step < _LEAST_STEPS:
        trend = Trend.EARLY
    elif gain > _LEAST_GAIN:
        trend = Trend.IMPROVING
    elif gain < -_LEAST_GAIN and _share(best_before.train_loss - now.train_loss, best_before.train_loss) > _LEAST_GAIN:
        trend = Trend.BY_HEART
    else:
        trend = Trend.FLAT
    return Judgment(trend, gain, window, best.step, now.seconds - best.seconds)


def _share(difference: float, whole: float) -> float:
    return difference / max(abs(whole), 1e-12)
