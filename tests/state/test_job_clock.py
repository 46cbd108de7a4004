"""The time left of a job, from the events of one."""

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest

from app.state.effort import JobStage, WorkAmount, efforts
from app.state.estimate import Estimate, estimate
from app.state.goal import Goal, GoalKind
from app.state.job_clock import JobClock, Lesson, begin, hear, join
from app.state.plan import WHOLE_WAY, Task
from app.state.speed import Speed
from ddsp_backend.config.presets import list_presets
from ddsp_backend.jobs.events import Event, Finished, Progressed, StepDone, Stopped
from ddsp_backend.jobs.kinds import Unit

STEPS, MINUTES = Goal(GoalKind.STEPS, steps=200), Goal(GoalKind.MINUTES, minutes=5.0)


def told(goal: Goal = STEPS, tasks: tuple[Task, ...] = WHOLE_WAY) -> Estimate:
    return estimate(efforts(tasks, list_presets()[0], "thorough", goal, WorkAmount(100.0, 100.0)), Speed())


def step(number: int, seconds_a_step: float = 1.0, total: int = 200) -> StepDone:
    left = (total - number) * seconds_a_step if total else 300 - number * seconds_a_step
    return StepDone(number, total, {"total_loss": 1.0}, 1 / seconds_a_step, left)


def training(goal: Goal = STEPS, n_steps: int = 30, seconds_a_step: float = 1.0, build: float = 40.0) -> JobClock:
    """At second `build` the second step is done, and then one after the other."""
    clock = begin(JobClock(), JobStage.BUILD, told(goal, WHOLE_WAY[1:]), 0.0)
    events: list[tuple[Event, float]] = [(step(1), build - 10)]
    events += [(step(2 + n, seconds_a_step), build + n * seconds_a_step) for n in range(n_steps)]
    return heard(clock, events)


def heard(clock: JobClock, events: Sequence[tuple[Event, float]]) -> JobClock:
    for event, now in events:
        clock = hear(clock, event, now)
    return clock


def test_that_before_the_first_word_all_that_was_expected_is_left() -> None:
    clock = begin(JobClock(), JobStage.PREPARE, told(), 0.0)
    assert clock.seconds_left(0.0) == pytest.approx(told().seconds)


def test_that_it_is_never_at_a_standstill_and_never_nothing_although_no_job_says_a_word() -> None:
    clock = begin(JobClock(), JobStage.PREPARE, told(), 0.0)
    lefts = [clock.seconds_left(float(now)) for now in range(0, 3000, 10)]
    assert all(left is not None and left > 0 for left in lefts)
    assert all(later < earlier for earlier, later in pairwise(lefts))  # type: ignore[operator]


def test_that_the_pitch_takes_as_long_as_it_says_and_the_rest_what_was_expected() -> None:
    clock = begin(JobClock(), JobStage.PREPARE, told(), 0.0)
    clock = hear(clock, Progressed("Finding the pitch", 50, 100, Unit.AUDIO_SECONDS, seconds_left=100.0), 100.0)
    rest = told(tasks=WHOLE_WAY[1:]).seconds
    assert 100 + rest < (clock.seconds_left(100.0) or 0) < 140 + rest


def test_that_a_computer_found_slow_in_one_stage_is_expected_to_be_slow_in_the_next() -> None:
    clock = begin(JobClock(), JobStage.PREPARE, told(), 0.0)
    took = 3 * told(tasks=("prepare",)).seconds
    clock = hear(clock, Finished(), took)
    rest = told(tasks=WHOLE_WAY[1:])
    clock = begin(clock, JobStage.BUILD, rest, took)
    assert clock.seconds_left(took) == pytest.approx(3 * rest.seconds)


def test_that_nobody_tells_the_end_of_a_number_of_steps_before_ten_of_them_are_done() -> None:
    assert training(n_steps=9).seconds_left(48.0) is None
    assert training(n_steps=12).seconds_left(51.0) is not None


def test_that_building_is_not_taken_for_steps() -> None:
    clock = training(n_steps=30, build=400.0)
    checks = told(tasks=("evaluate", "sample")).seconds
    left = clock.seconds_left(400.0 + 29)
    assert left is not None
    assert left - 169 < 5 * checks  # 169 steps of a second, and what is behind them on a slow computer


def test_that_minutes_are_told_at_once_and_count_what_is_done_between_the_steps() -> None:
    clock = begin(JobClock(), JobStage.BUILD, told(MINUTES, WHOLE_WAY[1:]), 0.0)
    clock = heard(clock, [(step(1, total=0), 10.0), (step(2, total=0), 12.0)])
    assert (clock.seconds_left(12.0) or 0) > 290
    # Steps of a second, of which one is done every 1.25 s.
    clock = heard(clock, [(step(2 + n, total=0), 12 + 1.25 * n) for n in range(100)])
    checks = told(tasks=("evaluate", "sample")).seconds
    assert clock.seconds_left(12 + 1.25 * 99) == pytest.approx((300 - 101) * 1.25 + checks * clock.pace, rel=0.05)


def until_flat(audio_seconds: float, n_steps: int, seconds_a_step: float) -> JobClock:
    """A model of so much audio learns until it no longer improves, for half an hour at most."""
    work = efforts(("train",), list_presets()[0], "thorough", Goal(), WorkAmount(0.0, audio_seconds))
    clock = begin(JobClock(), JobStage.BUILD, estimate(work, Speed()), 0.0)
    events = [StepDone(n, 0, {}, 1 / seconds_a_step, 1800 - n * seconds_a_step) for n in range(1, n_steps + 2)]
    return heard(clock, [(event, event.step * seconds_a_step) for event in events])


def test_that_a_model_of_little_is_not_expected_to_learn_for_half_an_hour() -> None:
    clock = until_flat(12.0, 50, seconds_a_step=0.5)
    assert not clock.is_most
    assert (clock.seconds_left(25.5) or 0) == pytest.approx(142, rel=0.1)  # of some 330 steps


def test_that_time_left_shrinks_although_a_model_improves_for_longer_than_expected() -> None:
    lefts = [until_flat(12.0, n, 0.5).seconds_left(0.5 * n) for n in range(20, 1000, 20)]
    assert all(left is not None and left > 0 for left in lefts)
    assert all(later < earlier for earlier, later in pairwise(lefts))  # type: ignore[operator]


def test_that_nobody_expects_more_than_the_limit() -> None:
    clock = until_flat(36_000.0, 50, seconds_a_step=4.0)
    assert clock.is_most
    assert (clock.seconds_left(204.0) or 0) == pytest.approx(1800 - 204, rel=0.05)


def test_that_a_job_teaches_what_its_stages_took() -> None:
    clock = begin(JobClock(), JobStage.PREPARE, told(), 0.0)
    part = clock.part
    assert part is not None
    assert hear(clock, Finished(), 90.0).lessons == (Lesson(part.effort.key, 90.0 / part.effort.seconds),)

    clock = training(n_steps=50, seconds_a_step=2.0)
    part = clock.part
    assert part is not None
    (lesson,) = hear(clock, Stopped(), 40 + 49 * 2.0).lessons
    assert lesson == Lesson(part.effort.key, pytest.approx(2.0 / part.effort.step_seconds))


def test_that_a_training_that_was_stopped_early_teaches_nothing_of_steps() -> None:
    assert hear(training(n_steps=5), Stopped(), 60.0).lessons == ()


def test_that_a_job_that_is_joined_in_the_middle_is_followed_from_there() -> None:
    clock = join(told(tasks=WHOLE_WAY[1:]), JobStage.TRAIN, 0.0)
    clock = heard(clock, [(step(100 + n), float(n)) for n in range(20)])
    assert clock.seconds_left(19.0) == pytest.approx(81 + told(tasks=("evaluate", "sample")).seconds, rel=0.01)


def test_that_a_job_nobody_knows_has_no_time_left() -> None:
    clock = hear(JobClock(), step(1), 0.0)
    assert clock.seconds_left(0.0) is None
    assert clock.share_done(0.0, 0.0) is None


def test_that_a_time_that_is_no_number_is_passed_over() -> None:
    clock = training(n_steps=20)
    odd = StepDone(30, 0, {}, 1.0, math.nan)
    left = hear(clock, odd, 70.0).seconds_left(70.0)
    assert left is not None
    assert math.isfinite(left)


def test_that_a_clock_that_nobody_began_knows_and_hears_nothing() -> None:
    assert JobClock().seconds_left(5.0) is None
    assert JobClock().share_done(5.0, 0.0) is None
    assert hear(JobClock(), step(5), 5.0) == JobClock()


def test_that_the_share_done_grows_to_the_whole() -> None:
    shares = [training(n_steps=n).share_done(40.0 + n, 0.0) for n in (20, 100, 180)]
    assert shares == sorted(shares, key=lambda share: share or 0.0)
    assert all(share is not None and 0 < share < 1 for share in shares)


def test_that_a_stage_that_nobody_expected_is_not_guessed_at() -> None:
    assert begin(JobClock(), JobStage.PREPARE, told(tasks=WHOLE_WAY[1:]), 0.0).seconds_left(0.0) is None


def test_that_what_is_measured_tells_how_long_it_takes_itself() -> None:
    clock = begin(JobClock(), JobStage.MEASURE, told(tasks=WHOLE_WAY[2:]), 0.0)
    begun = hear(clock, Progressed("Measuring", 0, 12, Unit.EXAMPLES, seconds_left=500.0), 1.0)
    assert begun.seconds_left(1.0) == clock.seconds_left(1.0)  # nothing is done yet: that is no measurement
    told_left = hear(begun, Progressed("Measuring", 3, 12, Unit.EXAMPLES, seconds_left=500.0), 2.0)
    assert (told_left.seconds_left(2.0) or 0) - (clock.seconds_left(2.0) or 0) > 300
    assert hear(clock, Progressed("Measuring", 3, 12, Unit.EXAMPLES), 2.0) == clock


def test_that_one_who_joins_in_the_middle_of_the_steps_counts_from_there() -> None:
    joined = join(told(tasks=WHOLE_WAY[1:]), JobStage.TRAIN, 0.0)
    assert joined.seconds_left(0.0) is None
    clock = heard(joined, [(step(100 + n), float(n)) for n in range(20)])
    assert clock.n_steps == 19
    assert (clock.seconds_left(19.0) or 0) >= 81  # steps that are left, of a second each
