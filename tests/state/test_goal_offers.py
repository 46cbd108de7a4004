import pytest

from app.state.goal import FLAT_MINUTES, Goal, GoalKind
from app.state.goal_offers import goal_of, key_of, next_goal, offers, sentence_of


@pytest.mark.parametrize(
    "goal",
    [Goal(), Goal(GoalKind.MINUTES, minutes=5.0), Goal(GoalKind.MINUTES, minutes=12.5), Goal(GoalKind.STEPS, steps=7)],
)
def test_that_every_offer_stands_for_a_goal_and_the_chosen_one_is_among_them(goal: Goal) -> None:
    keys = [choice.key for choice in offers(goal)]
    assert key_of(goal) in keys
    assert [key_of(goal_of(key, goal)) for key in keys] == keys
    assert goal_of(key_of(goal), goal) == goal


def test_that_a_time_of_one_s_own_is_offered_among_the_others() -> None:
    titles = [choice.title for choice in offers(Goal(GoalKind.MINUTES, minutes=12.0))]
    assert titles == [
        "Until it no longer improves",
        "About 5 minutes",
        "About 12 minutes",
        "About 20 minutes",
        "About an hour",
        "A number of steps",
    ]


def test_that_the_limit_of_an_open_goal_is_its_own() -> None:
    assert goal_of("flat", Goal(GoalKind.MINUTES, minutes=5.0)).minutes == FLAT_MINUTES


def test_that_a_goal_stays_until_it_is_reached() -> None:
    goal = Goal(GoalKind.MINUTES, minutes=5.0)
    assert next_goal(goal, False, 2.0, 100) == goal


def test_that_a_reached_goal_is_offered_once_more_from_there() -> None:
    assert next_goal(Goal(GoalKind.MINUTES, minutes=5.0), True, 5.0, 300).last_minute == 10.0
    assert next_goal(Goal(GoalKind.STEPS, steps=300), True, 5.0, 300).last_step == 600


def test_that_a_model_that_no_longer_improves_is_offered_a_time() -> None:
    offered = next_goal(Goal(), True, 18.0, 900)
    assert (offered.kind, offered.minutes, offered.last_minute) == (GoalKind.MINUTES, 20.0, 38.0)


def test_that_what_was_chosen_after_the_end_stays() -> None:
    chosen = Goal().further(18.0, 900)
    assert next_goal(chosen, True, 18.0, 900) == chosen


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        (Goal(), "until it no longer improves, for 30 minutes at most"),
        (Goal(GoalKind.MINUTES, minutes=60.0), "for an hour"),
        (Goal(GoalKind.MINUTES, minutes=1.0), "for 1 minute."),
        (Goal(GoalKind.MINUTES, minutes=0.5), "for 30 seconds"),
        (Goal(GoalKind.STEPS, steps=1), "for 1 step."),
        (Goal(GoalKind.STEPS, steps=3000), "for 3,000 steps"),
    ],
)
def test_that_a_goal_is_told_in_a_sentence(goal: Goal, words: str) -> None:
    assert words in sentence_of(goal)
