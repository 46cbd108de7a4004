"""When a training is called flat: curves with a known answer, and what is kept of a long one."""

from collections.abc import Callable

import pytest

from ddsp_backend.jobs.events import EndReason, Trend
from ddsp_backend.training.course import Course
from ddsp_backend.training.goal import TrainingGoal
from ddsp_backend.training.plateau import Judgment, Point, judge
from ddsp_backend.training.schedule import is_milestone


def _judged(loss: Callable[[float], float], train_loss: Callable[[float], float], minutes: float) -> Judgment:
    """A measurement every ten seconds, with five steps a second."""
    times = [10.0 * i for i in range(1, int(6 * minutes) + 1)]
    return judge([Point(int(5 * t), t, loss(t), train_loss(t)) for t in times])


def _falling(seconds: float) -> float:
    return 5 + 10 * (1 + seconds / 30) ** -0.7


def test_that_a_falling_loss_improves_and_says_by_how_much() -> None:
    judged = _judged(_falling, _falling, 6)
    assert judged.trend is Trend.IMPROVING
    assert judged.gain == pytest.approx(1 - _falling(360) / _falling(240))
    assert judged.seconds == pytest.approx(120)
    assert (judged.best_step, judged.seconds_since_best) == (1800, 0)


def test_that_a_loss_that_fell_by_less_than_one_percent_in_the_last_third_is_flat() -> None:
    assert _judged(lambda t: 6 - 0.0002 * t, _falling, 10).trend is Trend.FLAT
    assert _judged(lambda t: max(6 - 0.01 * t, 5), _falling, 2.5).trend is Trend.FLAT


def test_that_noise_does_not_hide_that_it_still_falls() -> None:
    assert _judged(lambda t: _falling(t) * (1 + 0.01 * (-1) ** int(t / 10)), _falling, 6).trend is Trend.IMPROVING


def test_that_a_held_out_loss_that_rises_while_the_training_loss_falls_is_learning_by_heart() -> None:
    judged = _judged(lambda t: 5 + abs(t - 200) / 200, _falling, 6)
    assert judged.trend is Trend.BY_HEART
    assert judged.best_step == 1000
    assert judged.seconds_since_best == 160
    assert judged.gain < 0


def test_that_nobody_judges_before_two_minutes_and_three_hundred_steps() -> None:
    assert _judged(lambda t: 5, lambda t: 5, 1.9).trend is Trend.EARLY
    slow = [Point(i, 10.0 * i, 5.0, 5.0) for i in range(1, 299)]
    assert judge(slow).trend is Trend.EARLY
    assert judge(slow[:1]).trend is Trend.EARLY


def test_that_a_long_course_is_thinned_out_and_judged_as_before() -> None:
    course = Course()
    for i in range(1, 401):
        course.pass_time(10.0)
        judged = course.add(50 * i, _falling(10.0 * i) if i != 30 else 4.0, 5.0)
    points = course.points
    assert len(points) <= 128
    assert (judged.best_step, judged.trend) == (1500, Trend.FLAT)
    assert [point.step for point in points] == sorted(point.step for point in points)
    assert points[-1] == Point(20000, 4000.0, _falling(4000.0), 5.0)


def test_that_the_nearest_limit_ends_a_training_and_says_what_is_left() -> None:
    goal = TrainingGoal(steps=100, minutes=1.0)
    assert goal.reached(99, 59.9) is None
    assert goal.reached(100, 10.0) is EndReason.STEPS
    assert goal.reached(10, 60.0) is EndReason.MINUTES
    assert goal.seconds_left(90, 10.0, 2.0) == 20.0
    assert goal.seconds_left(10, 40.0, 2.0) == 20.0
    nan = float("nan")
    assert (
        str(goal.seconds_left(10, 40.0, nan)) == str(TrainingGoal(until_flat=True).seconds_left(10, 40.0, 2.0)) == "nan"
    )
    assert goal.seconds_left(100, 40.0, nan) == 0.0


def test_that_a_run_that_is_trained_further_is_not_called_flat_at_once() -> None:
    goal = TrainingGoal(until_flat=True)
    assert not goal.is_flat(Trend.FLAT, 99)
    assert goal.is_flat(Trend.FLAT, 100)
    assert goal.is_flat(Trend.BY_HEART, 100)
    assert not goal.is_flat(Trend.IMPROVING, 1000)
    assert not TrainingGoal(minutes=5).is_flat(Trend.FLAT, 1000)


def test_that_milestones_lie_three_times_apart() -> None:
    assert [step for step in range(1, 4000) if is_milestone(step)] == [1, 3, 10, 30, 100, 300, 1000, 3000]
