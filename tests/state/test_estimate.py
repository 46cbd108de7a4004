"""What a job will take, before it starts, and what of it is learned."""

import math
from pathlib import Path

import pytest

from app.state.effort import Effort, JobStage, WorkAmount, efforts
from app.state.estimate import Estimate, EstimatePart, estimate, estimate_text
from app.state.goal import Goal, GoalKind
from app.state.plan import DEMO_WAY, WHOLE_WAY
from app.state.speed import HERE, Speed, load_speeds, save_speeds
from ddsp_backend.config.presets import Preset, list_presets

PRESET: Preset = list_presets()[0]
TEN_MINUTES = WorkAmount(600.0, 600.0)
FIVE_MINUTES = Goal(GoalKind.MINUTES, minutes=5.0)


def expected(goal: Goal, amount: WorkAmount = TEN_MINUTES, speed: Speed | None = None) -> Estimate:
    return estimate(efforts(WHOLE_WAY, PRESET, "fast", goal, amount), speed or Speed())


def seconds_of(stage: JobStage, told: Estimate) -> float:
    return sum(part.seconds for part in told.parts if part.effort.stage is stage)


def test_that_every_task_has_its_stages_in_order() -> None:
    found = [each.stage for each in efforts(DEMO_WAY, PRESET, "fast", Goal(), TEN_MINUTES)]
    assert found == list(JobStage)


def test_that_a_goal_in_minutes_is_as_long_on_any_computer_and_one_in_steps_is_not() -> None:
    slow = Speed(gflops=20.0)
    in_minutes = [seconds_of(JobStage.TRAIN, expected(FIVE_MINUTES, speed=speed)) for speed in (Speed(), slow)]
    in_steps = [
        seconds_of(JobStage.TRAIN, expected(Goal(GoalKind.STEPS, steps=300), speed=speed)) for speed in (Speed(), slow)
    ]
    assert in_minutes[0] == in_minutes[1] == pytest.approx(300, rel=0.1)
    assert in_steps[1] == pytest.approx(10 * in_steps[0])


def test_that_what_was_trained_and_prepared_before_is_not_told_again() -> None:
    more = WorkAmount(0.0, 600.0, trained_minutes=4.0, trained_steps=200)
    assert seconds_of(JobStage.TRAIN, expected(FIVE_MINUTES, more)) == pytest.approx(60, rel=0.1)
    steps = Goal(GoalKind.STEPS, steps=300)
    assert seconds_of(JobStage.TRAIN, expected(steps, more)) == pytest.approx(
        seconds_of(JobStage.TRAIN, expected(steps)) / 3
    )
    assert seconds_of(JobStage.PREPARE, expected(FIVE_MINUTES, more)) < seconds_of(
        JobStage.PREPARE, expected(FIVE_MINUTES)
    )


def test_that_no_more_is_measured_and_played_of_hours_than_of_half_an_hour() -> None:
    hour, hours = (expected(FIVE_MINUTES, WorkAmount(0.0, 3600.0 * n)) for n in (1, 3))
    for stage in (JobStage.MEASURE, JobStage.PLAY):
        assert seconds_of(stage, hour) == seconds_of(stage, hours)


def until_flat(audio_seconds: float, speed: Speed | None = None, trained_minutes: float = 0.0) -> Estimate:
    return expected(Goal(), WorkAmount(0.0, audio_seconds, trained_minutes), speed)


def test_that_little_is_soon_learned_and_more_takes_longer_up_to_the_limit() -> None:
    little, more, most = (until_flat(audio) for audio in (12.0, 180.0, 36_000.0))
    assert (
        120 < seconds_of(JobStage.TRAIN, little) < seconds_of(JobStage.TRAIN, more) < seconds_of(JobStage.TRAIN, most)
    )
    assert seconds_of(JobStage.TRAIN, most) == pytest.approx(1800, rel=0.1)
    assert [each.is_most for each in (little, more, most)] == [False, False, True]


def test_that_no_training_is_judged_before_its_first_minutes_however_fast_a_computer_is() -> None:
    fast = seconds_of(JobStage.TRAIN, until_flat(12.0, Speed(gflops=20_000.0)))
    assert fast == pytest.approx(120, rel=0.1)
    assert seconds_of(JobStage.TRAIN, until_flat(12.0, Speed(gflops=20_000.0), trained_minutes=1.0)) < 0.6 * fast


def test_that_a_slow_computer_comes_to_the_limit_with_little() -> None:
    told = until_flat(12.0, Speed(gflops=5.0))
    assert told.is_most
    assert seconds_of(JobStage.TRAIN, told) == pytest.approx(1800, rel=0.1)


def told(*stages: tuple[JobStage, float], is_most: bool = False) -> Estimate:
    most = [seconds if is_most else math.inf for _, seconds in stages]
    return Estimate(
        tuple(
            EstimatePart(Effort(stage, stage.value, seconds, most_seconds=limit))
            for (stage, seconds), limit in zip(stages, most, strict=True)
        )
    )


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (told(), ""),
        (told((JobStage.PREPARE, 20.0)), "About 20 seconds"),
        (
            told((JobStage.PREPARE, 70.0), (JobStage.BUILD, 25.0), (JobStage.TRAIN, 300.0), (JobStage.MEASURE, 40.0)),
            "About 7 minutes: 1 to find the pitch, 5 to train, 1 to build and check the model",
        ),
        (
            told((JobStage.PREPARE, 2.0), (JobStage.BUILD, 25.0), (JobStage.TRAIN, 1800.0), is_most=True),
            "At most 30 minutes",
        ),
        (
            told((JobStage.TRAIN, 9 * 3600.0), (JobStage.PREPARE, 3600.0)),
            "About 10 hours: 60 minutes to find the pitch, 9 hours to train",
        ),
    ],
)
def test_that_an_estimate_is_told_in_plain_words(of: Estimate, words: str) -> None:
    assert estimate_text(of) == words


def test_that_the_limit_is_told_of_a_training_that_may_end_sooner_or_later_than_expected() -> None:
    effort = Effort(JobStage.TRAIN, "train", 300.0, most_seconds=1800.0)
    assert estimate_text(Estimate((EstimatePart(effort),))) == "About 5 minutes (at most 30 minutes)"
    assert estimate_text(Estimate((EstimatePart(effort, 10.0),))) == "At most 30 minutes"


def test_that_everything_takes_twice_as_long_while_others_take_half_of_the_cores() -> None:
    speed = Speed(gflops=200.0, factors={"train a": 0.5})
    for key in ("train a", "never seen"):
        assert speed.beside(0.5).factor(key) == pytest.approx(2 * speed.factor(key))
    in_minutes = [seconds_of(JobStage.TRAIN, expected(FIVE_MINUTES, speed=each)) for each in (speed, speed.beside(0.5))]
    assert in_minutes[0] == in_minutes[1]


def test_that_what_was_slow_beside_others_is_not_held_against_the_computer() -> None:
    learned = Speed(gflops=200.0).beside(0.25).learned("train a", 4.0)
    assert learned.factor("train a") == pytest.approx(4.0)
    assert learned.beside(1.0).factor("train a") == pytest.approx(1.0)


@pytest.mark.parametrize(("share", "slower"), [(1.0, 1.0), (0.95, 1.0), (0.0, 20.0), (math.nan, 1.0), (-1.0, 20.0)])
def test_that_no_share_of_the_cores_makes_an_estimate_absurd(share: float, slower: float) -> None:
    assert Speed(gflops=200.0).beside(share).factor("train a") == pytest.approx(slower)


def test_that_the_share_of_the_moment_is_not_stored(tmp_path: Path) -> None:
    save_speeds({HERE: Speed(100.0, {"train a": 2.0}).beside(0.5)}, tmp_path / "speeds.json")
    assert load_speeds(tmp_path / "speeds.json")[HERE] == Speed(100.0, {"train a": 2.0})


def test_that_a_job_corrects_what_is_expected_of_the_next_and_of_what_is_like_it() -> None:
    speed = Speed(gflops=200.0).learned("train a", 2.0)
    assert speed.factor("train a") == pytest.approx(2.0)
    assert speed.factor("train b") == pytest.approx(2.0)  # never seen: like what was
    assert 1.0 < speed.learned("train a", 1.0).factor("train a") < 2.0


@pytest.mark.parametrize("factor", [0.0, -1.0, math.nan, math.inf])
def test_that_nonsense_teaches_nothing(factor: float) -> None:
    assert Speed().learned("train", factor) == Speed()


def test_that_what_was_learned_is_kept(tmp_path: Path) -> None:
    speeds = {HERE: Speed(150.0, {"prepare": 1.5}), "ssh://attic": Speed(0.0, {"train": 0.1})}
    save_speeds(speeds, tmp_path / "settings" / "speeds.json")
    assert load_speeds(tmp_path / "settings" / "speeds.json") == speeds


@pytest.mark.parametrize("text", ["", "{", "[]", '{"": 3}', '{"": {"gflops": "fast", "factors": [1]}}', "[" * 100_000])
def test_that_a_damaged_file_is_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "speeds.json").write_text(text)
    assert load_speeds(tmp_path / "speeds.json").get(HERE, Speed()) == Speed()
