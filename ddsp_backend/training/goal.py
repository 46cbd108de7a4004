"""When a training ends by itself."""

import math
from dataclasses import dataclass

from ddsp_backend.config.settings import TrainConfig
from ddsp_backend.jobs.events import EndReason, Noted, Trend
from ddsp_backend.jobs.spec import TrainSpec

_STEPS_TO_SEE = 100  # before a run that is trained further is called flat again


@dataclass(frozen=True, slots=True)
class TrainingGoal:
    """Limits, the nearest of which counts. None, or False: no such limit."""

    steps: int | None = None
    minutes: float | None = None
    """Of steps, over all resumed runs together."""
    until_flat: bool = False
    loss: float | None = None
    """The smoothed training loss that is low enough."""

    @property
    def total_steps(self) -> int:
        """As `StepDone` says it."""
        return self.steps or 0

    @property
    def is_of_this_process(self) -> bool:
        """Whether several workers may differ about it: they know the same steps and losses, but not the same time."""
        return self.minutes is not None or self.until_flat

    def reached(self, step: int, seconds: float) -> EndReason | None:
        """Of the limits in steps and in time."""
        if self.steps is not None and step >= self.steps:
            return EndReason.STEPS
        if self.minutes is not None and seconds >= 60 * self.minutes:
            return EndReason.MINUTES
        return None

    def is_flat(self, trend: Trend, steps_here: int) -> bool:
        """Args: steps_here: Of this process. A run that is trained further is given some before it is judged."""
        return self.until_flat and trend in (Trend.FLAT, Trend.BY_HEART) and steps_here >= _STEPS_TO_SEE

    def seconds_left(self, step: int, seconds: float, seconds_a_step: float) -> float:
        """Until the nearest limit; not a number where none can be foreseen."""
        left = []
        if self.steps is not None:
            left.append((self.steps - step) * seconds_a_step if step < self.steps else 0.0)
        if self.minutes is not None:
            left.append(max(0.0, 60 * self.minutes - seconds))
        return math.nan if any(map(math.isnan, left)) else min(left, default=math.nan)


def goal_of(spec: TrainSpec, settings: TrainConfig) -> TrainingGoal:
    """The number of steps that the config names is a goal only where the spec names none."""
    is_open = spec.minutes is not None or spec.until_flat
    return TrainingGoal(
        steps=settings.num_steps if spec.steps is None and not is_open else spec.steps,
        minutes=spec.minutes,
        until_flat=spec.until_flat,
        loss=settings.early_stop_loss_value if spec.early_stop_loss_value is None else spec.early_stop_loss_value,
    )


def already_there(goal: TrainingGoal, reason: EndReason, step: int) -> Noted:
    """For a run that has nothing to do."""
    if reason is EndReason.MINUTES:
        return Noted(
            f"This run has already trained for {_minutes(goal.minutes)}",
            "To train it further, ask for more minutes, counted from its beginning.",
        )
    return Noted(
        f"This run is already at step {step}, and its goal was {goal.steps} steps",
        "To train it further, ask for more steps: train.num_steps.",
    )


def why_it_ends(goal: TrainingGoal, reason: EndReason, step: int, best_step: int, loss: float) -> Noted | None:
    """None for a number of steps, which is no surprise."""
    match reason:
        case EndReason.STEPS:
            return None
        case EndReason.MINUTES:
            return Noted(f"The training time is over: {_minutes(goal.minutes)}, {step} steps")
        case EndReason.FLAT:
            return Noted(
                f"Training ended because the model no longer improves, at step {step}",
                f"Its best version, from step {best_step}, is kept. More recordings would improve it further.",
            )
        case EndReason.LOSS:
            return Noted(f"The smoothed loss is down to {loss:.3f}: training ends at step {step}")


def _minutes(minutes: float | None) -> str:
    return f"{minutes or 0:g} minute{'' if minutes == 1 else 's'}"
