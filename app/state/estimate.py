"""How long a job will take, told before it starts."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.state.effort import Effort, JobStage
from app.state.speed import Speed

_TITLES = (
    ((JobStage.GENERATE,), "to make the recordings"),
    ((JobStage.PREPARE,), "to find the pitch"),
    ((JobStage.TRAIN,), "to train"),
    ((JobStage.BUILD, JobStage.MEASURE, JobStage.PLAY), "to build and check the model"),
)
_WORTH_A_WORD = 0.04  # of the whole
_HOURS_FROM = 100 * 60.0  # seconds


@dataclass(frozen=True, slots=True)
class EstimatePart:
    """A stage on some computer, where it takes `factor` times as long as on the reference."""

    effort: Effort
    factor: float = 1.0

    @property
    def seconds(self) -> float:
        return self.effort.seconds_at(self.factor)

    @property
    def most_seconds(self) -> float:
        return self.effort.most_seconds if self.effort.may_end_by_itself else self.seconds

    @property
    def is_most(self) -> bool:
        """It may end sooner."""
        return self.seconds >= self.effort.most_seconds


@dataclass(frozen=True, slots=True)
class Estimate:
    parts: tuple[EstimatePart, ...] = ()

    @property
    def seconds(self) -> float:
        return sum(part.seconds for part in self.parts)

    @property
    def most_seconds(self) -> float:
        """If a training goes on to its limit."""
        return sum(part.most_seconds for part in self.parts)

    @property
    def is_most(self) -> bool:
        """It may take less: a part is expected to come to its limit."""
        return any(part.is_most for part in self.parts)


def estimate(efforts: Sequence[Effort], speed: Speed) -> Estimate:
    return Estimate(tuple(EstimatePart(each, speed.factor(each.key)) for each in efforts))


def estimate_text(told: Estimate) -> str:
    """About 9 minutes: 1 to find the pitch, 7 to train, 1 to build and check the model.

    When a training stops improving is known only roughly, so its limit is shown as well: (at most 33 minutes).
    """
    if not told.parts:
        return ""
    total = told.seconds
    in_seconds, in_hours = total < 90, total >= _HOURS_FROM
    shares = []
    for stages, title in _TITLES:
        seconds = sum(part.seconds for part in told.parts if part.effort.stage in stages)
        if seconds >= _WORTH_A_WORD * total:
            shares.append(f"{_amount(seconds, in_seconds, in_hours)} {title}")
    length, most = _whole(total, in_seconds), _whole(told.most_seconds, in_seconds=False)
    if told.is_most:
        opening = f"At most {length}"
    elif told.most_seconds > total and most != length:
        opening = f"About {length} (at most {most})"
    else:
        opening = f"About {length}"
    return f"{opening}: {', '.join(shares)}" if len(shares) > 1 else opening


def _whole(seconds: float, in_seconds: bool) -> str:
    if in_seconds:
        return f"{_tens(seconds)} seconds"
    minutes = round(seconds / 60)
    if seconds < _HOURS_FROM:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    hours = seconds / 3600
    return f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"


def _amount(seconds: float, in_seconds: bool, in_hours: bool) -> str:
    """In the unit of the whole, which was named; each in its own where the whole takes hours."""
    if in_seconds:
        return f"{_tens(seconds)}"
    if in_hours:
        return _whole(seconds, in_seconds=False)
    return "less than 1" if seconds < 45 else f"{round(seconds / 60)}"


def _tens(seconds: float) -> int:
    return max(5, 5 * round(seconds / 5)) if seconds < 30 else 10 * round(seconds / 10)
