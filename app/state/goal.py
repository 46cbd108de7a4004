"""When a training shall end: what a musician chooses before it, and again to train further."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

FLAT_MINUTES = 30.0  # a model that still improves after that is worth a listen, and can be trained further
MOST_MINUTES = 100_000.0
MOST_STEPS = 10_000_000


class GoalKind(StrEnum):
    """What ends a training."""

    FLAT = "flat"  # it no longer improves, or the time is up
    MINUTES = "minutes"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Goal:
    """Amounts count from `after_minutes` and `after_step`: what was trained already when the goal was set.

    So a training that was stopped and resumed ends where it would have ended, and one that is trained further gets
    what was asked for.

    Attributes:
      minutes: Of steps: exactly so many (MINUTES), or at most (FLAT).
      steps: How many (STEPS).
    """

    kind: GoalKind = GoalKind.FLAT
    minutes: float = FLAT_MINUTES
    steps: int = 3000
    after_minutes: float = 0.0
    after_step: int = 0

    @property
    def is_flat(self) -> bool:
        return self.kind is GoalKind.FLAT

    @property
    def last_minute(self) -> float | None:
        """Minutes of steps from the model's first step to the end; None: time is no goal."""
        return None if self.kind is GoalKind.STEPS else self.after_minutes + self.minutes

    @property
    def last_step(self) -> int | None:
        """The step that ends it; None: a number of steps is no goal."""
        return self.after_step + self.steps if self.kind is GoalKind.STEPS else None

    def further(self, minutes: float, step: int) -> "Goal":
        """The same once more, for a model that was trained for so many minutes, up to this step."""
        return replace(self, after_minutes=minutes, after_step=step)


def goal_to_json(goal: Goal) -> dict[str, Any]:
    return asdict(goal)


def goal_from_json(fields: Mapping[str, object]) -> Goal:
    """Of what project.json says, where older versions kept `steps`. Odd values are replaced by their defaults."""
    stored = fields.get("goal")
    if not isinstance(stored, dict):
        steps = _number(fields.get("steps"), 1, MOST_STEPS, 0)
        return Goal(GoalKind.STEPS, steps=int(steps)) if steps else Goal()
    usual = Goal()
    return Goal(
        kind=next((kind for kind in GoalKind if kind == stored.get("kind")), usual.kind),
        minutes=float(_number(stored.get("minutes"), 0.1, MOST_MINUTES, usual.minutes)),
        steps=int(_number(stored.get("steps"), 1, MOST_STEPS, usual.steps)),
        after_minutes=float(_number(stored.get("after_minutes"), 0, MOST_MINUTES, 0)),
        after_step=int(_number(stored.get("after_step"), 0, MOST_STEPS, 0)),
    )


def _number(value: object, least: float, most: float, otherwise: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number and least <= value <= most else otherwise  # type: ignore[operator,return-value]
