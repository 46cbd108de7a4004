"""The training page tells of the training that runs, and of no other."""

from app.state.advice import recovery_line
from app.state.notices import Activity, Left, activity_of
from app.state.run_state import RunState, fold_all
from app.state.training_page import training_page_state
from ddsp_backend.jobs.events import (
    CheckpointSaved,
    ClipRendered,
    DatasetWritten,
    DistanceMeasured,
    Event,
    Failed,
    Finished,
    HeldOutMeasured,
    MetricsMeasured,
    Progressed,
    Started,
    StepDone,
    Stopped,
    Trend,
    TrendJudged,
    Trouble,
    WentBack,
)
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit


def step(number: int, total: int = 0) -> StepDone:
    return StepDone(number, total, {"total_loss": 5.0}, 2.0, 600.0)


def clip(at: int, title: str = "") -> ClipRendered:
    return ClipRendered(at, "clip 1", *[""] * 6, title)


TRAINED: tuple[Event, ...] = (
    Started(JobKind.TRAIN),
    step(1),
    step(2),
    HeldOutMeasured(2, {"total_loss": 6.0}, 6.0),
    clip(2),
)


def run_of(*events: Event) -> RunState:
    return fold_all(RunState(), events)


def figures(run: RunState, left: Left | None = None) -> dict[str, tuple[str, str]]:
    activity = activity_of(run, False, left)
    return {each.name: (each.value, each.remark) for each in training_page_state(run, activity).figures}


def test_that_a_training_without_a_number_of_steps_shows_the_step_alone() -> None:
    assert figures(run_of(*TRAINED))["Step"] == ("2", "")
    assert figures(run_of(Started(JobKind.TRAIN), step(2, 300)))["Step"] == ("2", "of 300")


def test_that_no_number_says_how_long_before_somebody_knows() -> None:
    run = run_of(*TRAINED)
    assert figures(run)["Time left"] == ("soon known", "")
    assert figures(run, Left(300.0, 0.1))["Time left"] == ("5 min", "in total")
    assert figures(run, Left(300.0, 0.1, is_most=True))["Time left"] == ("5 min", "at most")


def test_that_figures_of_an_earlier_training_are_not_shown_as_if_they_were_live() -> None:
    again = run_of(*TRAINED, Stopped(), Started(JobKind.TRAIN))
    state = training_page_state(again, activity_of(again))
    assert state.is_stale
    assert [(each.name, each.value) for each in state.figures] == [("Goes on from step", "2")]
    assert state.activity is not None
    assert state.activity.title == "Training: loading the model"
    assert len(state.held_out) == 1  # the curve stays, greyed

    on = fold_all(again, [step(3)])
    assert not training_page_state(on, activity_of(on)).is_stale
    assert "Speed" in figures(on)


def test_that_what_is_measured_between_steps_is_said() -> None:
    run = run_of(*TRAINED, Progressed("Playing phrases", 1, 4, Unit.CLIPS))
    activity = training_page_state(run, activity_of(run, False, Left(300.0, 0.25))).activity
    assert activity == Activity(
        "Training", 0.25, "1 of 4 clips, about 5 min left", left=Left(300.0, 0.25), stage="Playing phrases"
    )
    assert activity.title == "Training: playing phrases"


def test_that_the_course_of_the_training_gives_advice_and_the_end_another() -> None:
    judged = TrendJudged(2, Trend.IMPROVING, 0.08, 5.0, 2, 0.0)
    live = run_of(*TRAINED)
    assert training_page_state(live, activity_of(live)).advice == "It is too early to tell how well it learns."
    live = run_of(*TRAINED, judged)
    assert "8 % closer" in training_page_state(live, activity_of(live)).advice
    over = run_of(*TRAINED, judged, Finished())
    assert "worthwhile" in training_page_state(over, None).advice
    preparing = run_of(*TRAINED, judged, Finished(), Started(JobKind.PREPARE))
    assert training_page_state(preparing, activity_of(preparing)).advice == ""


def test_that_a_recovery_is_told_while_it_trains_and_after() -> None:
    live = run_of(*TRAINED, WentBack(40, 25, Trouble.HARMONICS_DIED, 1e-4, 1), step(26))
    line = "At step 40 noise drowned the notes, so training went on from step 25, with half the learning rate."
    assert line in training_page_state(live, activity_of(live)).advice
    assert line in training_page_state(fold_all(live, [Finished()]), None).advice
    lines = {recovery_line(WentBack(3, 0, trouble, 1e-4, 1)) for trouble in Trouble}
    assert len(lines) == len(Trouble)
    assert all("from the beginning" in line for line in lines)


def test_that_the_page_says_how_much_of_the_way_is_done() -> None:
    nan = float("nan")

    def advice(*measured: DistanceMeasured) -> str:
        run = run_of(*TRAINED, *measured)
        return training_page_state(run, activity_of(run)).advice

    first, third = DistanceMeasured(1, 12.0, nan), DistanceMeasured(30, 4.5, 2.0)
    assert "75 % of the way from its first sound to the best" in advice(first, third)
    assert "0 % of the way" in advice(first, DistanceMeasured(30, 13.0, 2.0))
    assert "100 % of the way" in advice(first, DistanceMeasured(30, 1.9, 2.0))
    for unknown in (
        (first,),
        (third,),
        (first, DistanceMeasured(3, 9.0, nan)),
        (first, DistanceMeasured(3, 9.0, 12.0)),
    ):
        assert "of the way" not in advice(*unknown)


def test_that_a_clip_is_called_what_it_is_and_the_newest_is_played() -> None:
    run = run_of(*TRAINED)
    assert training_page_state(run, None).clip_titles == ("Phrase 1",)
    run = run_of(*TRAINED, clip(30, "take_02, 0:12, D3, soft"))
    state = training_page_state(run, None)
    assert state.clip_titles == ("take_02, 0:12, D3, soft",)
    assert state.clip is not None
    assert (state.clip.step, state.hear) == (30, "Hear how it plays now")
    assert training_page_state(run, None, clip_step=2).hear == "Hear how it played at step 2"


def test_that_going_on_says_how_long_it_takes() -> None:
    run = run_of(*TRAINED, Stopped())
    assert training_page_state(run, None, expected="About 5 minutes").status == (
        "Stopped at step 2. The model is saved.\nAbout 5 minutes"
    )


def test_that_the_end_of_a_training_says_what_can_be_done_then() -> None:
    for end, says, go_on in (
        (Finished(), "finished", "Train further"),
        (Stopped(), "Stopped at step 2", "Resume"),
        (Failed("x"), "Ended at step 2", "Resume"),
    ):
        state = training_page_state(run_of(*TRAINED, end), None)
        assert says in state.status
        assert (state.go_on, state.can_go_on, state.can_stop) == (go_on, True, False)
    live = run_of(*TRAINED)
    state = training_page_state(live, activity_of(live))
    assert (state.status, state.can_go_on, state.can_stop) == ("", False, True)
    assert not training_page_state(live, activity_of(live, is_stop_requested=True)).can_stop


def test_that_an_empty_page_says_what_fills_it() -> None:
    dataset = DatasetWritten("m.json", "train*", "held*", 30, 4, 60.0, 50.0)
    preparing = run_of(Started(JobKind.PREPARE))
    starting = run_of(Started(JobKind.TRAIN))
    said = [
        training_page_state(RunState(), None).empty,
        training_page_state(RunState(), None, can_prepare=True).empty,
        training_page_state(run_of(dataset), None).empty,
        training_page_state(preparing, activity_of(preparing)).empty,
        training_page_state(starting, activity_of(starting)).empty,
    ]
    assert all(said)
    assert len(set(said)) == len(said)
    assert training_page_state(run_of(*TRAINED), None).empty == ""
    assert training_page_state(run_of(dataset), None).go_on == "Train"


def test_that_the_distance_shown_is_the_mean_of_the_last_twenty_steps() -> None:
    losses = [100.0] * 50 + [2.0] * 20
    steps = [StepDone(n, 0, {"total_loss": loss}, 2.0, 600.0) for n, loss in enumerate(losses, start=1)]
    assert figures(run_of(Started(JobKind.TRAIN), *steps))["Practised phrases"] == ("2", "")


def test_that_the_best_model_is_named_and_a_finished_one_is_measured() -> None:
    best = CheckpointSaved(2, "ckpt-2", is_best=True)
    measured = MetricsMeasured(2, {"f0_distance_cents": 12.34})
    shown = figures(run_of(*TRAINED, best, Finished(), measured))
    assert shown["Unheard phrases"] == ("6", "best at step 2")
    assert shown["Pitch off by"] == ("12.3", "cents")
    assert figures(run_of(Started(JobKind.TRAIN), step(1)))["Unheard phrases"] == ("-", "")
    assert "Pitch off by" not in figures(run_of(measured, *TRAINED))  # while the numbers move on


def test_that_loudness_is_shown_for_notes_for_silence_and_for_all() -> None:
    loudness_db = {
        "loudness_distance_db": 4.04,
        "loudness_distance_db_notes": 2.13,
        "loudness_distance_db_silence": 17.6,
    }
    over = run_of(*TRAINED, Finished(), MetricsMeasured(2, loudness_db))
    assert figures(over)["Loudness off in notes"] == ("2.1", "dB")
    told = "Loudness off by 2.1 dB in notes, 18 dB in silence, 4.0 dB in all, at step 2."
    assert training_page_state(over, None).advice == told
    judged = TrendJudged(2, Trend.IMPROVING, 0.08, 5.0, 2, 0.0)
    assert training_page_state(fold_all(over, [judged]), None).advice.splitlines()[1] == told


def test_that_a_journal_with_one_figure_of_loudness_is_still_told() -> None:
    older = run_of(*TRAINED, Finished(), MetricsMeasured(2, {"loudness_distance_db": 4.04}))
    assert figures(older)["Loudness off in all"] == ("4.0", "dB")
    assert training_page_state(older, None).advice == "Loudness off by 4.0 dB in all, at step 2."
    assert training_page_state(run_of(*TRAINED, Finished()), None).advice == ""


def test_that_loudness_stands_under_the_curve_while_it_trains() -> None:
    measured = MetricsMeasured(2, {"loudness_distance_db_notes": 2.13, "loudness_distance_db": 4.04})
    live = run_of(*TRAINED, measured, step(3))
    assert training_page_state(live, activity_of(live)).advice == (
        "It is too early to tell how well it learns.\nLoudness off by 2.1 dB in notes, 4.0 dB in all, at step 2."
    )
    rewound = fold_all(live, [step(2)])  # which did not play yet
    assert "Loudness" not in training_page_state(rewound, activity_of(rewound)).advice
