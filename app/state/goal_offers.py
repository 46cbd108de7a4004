"""The goals to choose from, in words."""

from dataclasses import replace

from app.state import formatting
from app.state.goal import FLAT_MINUTES, Goal, GoalKind
from app.state.notices import Choice

_MINUTES = (5.0, 20.0, 60.0)
_MINUTES_MORE = 20.0


def offers(goal: Goal) -> tuple[Choice, ...]:
    """What can be chosen, the goal that is chosen among them."""
    minutes = sorted({*_MINUTES, goal.minutes} if goal.kind is GoalKind.MINUTES else _MINUTES)
    return (
        Choice(
            key_of(Goal()),
            "Until it no longer improves",
            f"Ends when the sound gets no closer to yours, after {FLAT_MINUTES:.0f} minutes at the latest",
        ),
        *(
            Choice(f"minutes {each:g}", f"About {_span(each)}", f"Trains for {_span(each)}, however far it gets")
            for each in minutes
        ),
        Choice("steps", "A number of steps", "In each step the model learns from a few seconds of your recordings"),
    )


def sentence_of(goal: Goal) -> str:
    """What a training will do, such as "It trains for 20 minutes."."""
    match goal.kind:
        case GoalKind.FLAT:
            return f"It trains until it no longer improves, for {_span(goal.minutes)} at most."
        case GoalKind.MINUTES:
            return f"It trains for {_span(goal.minutes)}."
        case GoalKind.STEPS:
            return f"It trains for {formatting.count(goal.steps, 'step')}."


def key_of(goal: Goal) -> str:
    return f"minutes {goal.minutes:g}" if goal.kind is GoalKind.MINUTES else goal.kind.value


def goal_of(key: str, before: Goal) -> Goal:
    """The goal that a choice stands for. Raises ValueError for a key that is none of `offers`."""
    kind, _, minutes = key.partition(" ")
    if kind == GoalKind.MINUTES:
        return replace(before, kind=GoalKind.MINUTES, minutes=float(minutes))
    if GoalKind(kind) is GoalKind.FLAT:
        return replace(before, kind=GoalKind.FLAT, minutes=FLAT_MINUTES)
    return replace(before, kind=GoalKind.STEPS)


def next_goal(goal: Goal, is_reached: bool, minutes: float, step: int) -> Goal:
    """What to propose for a model that was trained for so many minutes, up to this step.

    Until a goal is reached it stays. Then its amount is proposed once more; but a model that no longer improves would
    end at once, so it is offered a time. What was chosen since stays as well.
    """
    if not is_reached or (step and goal.after_step == step):
        return goal
    more = replace(goal, kind=GoalKind.MINUTES, minutes=_MINUTES_MORE) if goal.is_flat else goal
    return more.further(minutes, step)


def _span(minutes: float) -> str:
    if minutes == 60:
        return "an hour"
    if minutes < 1:
        return f"{60 * minutes:.0f} seconds"
    return f"{minutes:g} minute{'' if minutes == 1 else 's'}"
