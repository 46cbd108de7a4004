from pathlib import Path

import pytest

from app.state.goal import FLAT_MINUTES, Goal, GoalKind, goal_from_json, goal_to_json
from app.state.instrument import create
from app.state.plan import spec_for
from ddsp_backend.config.presets import list_presets
from ddsp_backend.jobs.spec import TrainSpec


@pytest.mark.parametrize(
    ("goal", "steps", "minutes", "until_flat"),
    [
        (Goal(), None, FLAT_MINUTES, True),
        (Goal(GoalKind.MINUTES, minutes=5.0), None, 5.0, False),
        (Goal(GoalKind.STEPS, steps=300), 300, None, False),
        (Goal(GoalKind.MINUTES, minutes=5.0).further(12.5, 900), None, 17.5, False),
        (Goal(GoalKind.STEPS, steps=300).further(12.5, 900), 1200, None, False),
    ],
)
def test_that_a_training_is_told_when_to_end(
    tmp_path: Path, goal: Goal, steps: int | None, minutes: float | None, until_flat: bool
) -> None:
    made = create(tmp_path, "Flute", goal=goal)
    spec = spec_for("train", made, list_presets()[0], (), None)
    assert isinstance(spec, TrainSpec)
    assert (spec.steps, spec.minutes, spec.until_flat) == (steps, minutes, until_flat)


def test_that_a_goal_is_read_as_it_was_written() -> None:
    goal = Goal(GoalKind.MINUTES, 20.0, 500, 3.25, 77)
    assert goal_from_json({"goal": goal_to_json(goal)}) == goal


def test_that_an_older_project_keeps_its_number_of_steps() -> None:
    assert goal_from_json({"steps": 500}) == Goal(GoalKind.STEPS, steps=500)
    assert goal_from_json({"steps": None}) == Goal()
    assert goal_from_json({}) == Goal()


@pytest.mark.parametrize("odd", [None, [], -1, True, "5", 1e99, float("nan"), float("inf")])
def test_that_odd_values_are_replaced_by_their_defaults(odd: object) -> None:
    assert goal_from_json({"goal": odd, "steps": odd}) == Goal()
    names = ("kind", "minutes", "steps", "after_minutes", "after_step")
    assert goal_from_json({"goal": dict.fromkeys(names, odd)}) == Goal()
