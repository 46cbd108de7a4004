"""A running job in one line and a bar, and what is said when it goes wrong."""

import pytest

from app.state.notices import (
    Activity,
    Left,
    Tone,
    activity_of,
    ending_activity,
    failure_notice,
    note_notices,
    waiting_activity,
)
from app.state.run_state import RunState, fold_all
from ddsp_backend.jobs.events import (
    Event,
    Failed,
    Finished,
    Noted,
    Progressed,
    Started,
    StepDone,
    StopAcknowledged,
    Stopped,
)
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit


def run_of(*events: Event, job: JobKind = JobKind.TRAIN) -> RunState:
    return fold_all(RunState(), [Started(job), *events])


def shown(run: RunState, left: Left | None = None) -> Activity:
    activity = activity_of(run, False, left)
    assert activity is not None
    return activity


def test_that_nothing_is_shown_where_nothing_runs() -> None:
    assert activity_of(RunState()) is None
    for end in (Finished(), Stopped(), Failed("x")):
        assert activity_of(run_of(end)) is None


def test_that_a_stop_is_shown_from_the_press_of_the_button_on() -> None:
    run = run_of(StepDone(5, 10, {}, 2.0, 1.0))
    asked = activity_of(run, is_stop_requested=True)
    assert asked is not None
    assert (asked.title, asked.fraction, asked.is_stopping) == ("Stopping", None, True)
    answered = activity_of(run_of(StopAcknowledged()), is_stop_requested=True)
    assert answered is not None
    assert answered.is_stopping
    assert answered.detail != asked.detail  # it has heard the request, and saves


@pytest.mark.parametrize(
    ("progress", "detail"),
    [
        (
            Progressed("Reading", 3, 12, Unit.FILES, "a.wav", 2.5, 40.0),
            "a.wav, 3 of 12 files, 2.5 files a second, 40 s left",
        ),
        (Progressed("Reading", 25, 190, Unit.AUDIO_SECONDS, rate=5.0), "0:25 of 3:10 of audio"),
        (Progressed("Reading", 0, 1, Unit.FILES), ""),  # one of one says nothing
        (Progressed("Reading", 3, 0, Unit.FILES, "a.wav"), "a.wav"),  # of how many, nobody knows
    ],
)
def test_that_a_stage_says_what_can_be_known_of_it(progress: Progressed, detail: str) -> None:
    activity = shown(run_of(progress, job=JobKind.PREPARE))
    assert activity.title == "Preparing: reading"
    assert activity.detail == detail


def test_that_the_bar_is_of_all_that_was_asked_for_where_that_is_known() -> None:
    run = run_of(Progressed("Reading", 3, 12, Unit.FILES, seconds_left=40.0), job=JobKind.PREPARE)
    assert shown(run).fraction == 0.25
    whole = shown(run, Left(300.0, 0.1))
    assert whole.fraction == 0.1
    assert whole.detail == "3 of 12 files, about 5 min left"  # not the stage's own 40 s beside it
    assert shown(run, Left(300.0, 0.1, is_most=True)).detail == "3 of 12 files, at most 5 min left"


def test_that_a_training_without_a_step_says_what_it_does_instead() -> None:
    assert shown(run_of()).title == "Training: building the model"
    first = run_of(StepDone(5, 10, {}, 2.0, 1.0))
    again = fold_all(first, [Stopped(), Started(JobKind.TRAIN)])
    assert shown(again).title == "Training: loading the model"
    assert shown(run_of(job=JobKind.RENDER)) == Activity("Rendering", None, "Starting")


def test_that_steps_are_counted_and_their_pace_told() -> None:
    assert shown(run_of(StepDone(1200, 3000, {}, 2.0, 1.0))).detail == "Step 1,200 of 3,000, 2.0 steps a second"
    assert shown(run_of(StepDone(1200, 0, {}, 0.5, 1.0))).detail == "Step 1,200, 2.0 s a step"


def test_that_a_job_that_waits_says_for_how_many() -> None:
    assert waiting_activity(0).title == "Starting"
    assert waiting_activity(1).title == waiting_activity(3).title == "Waiting"
    assert "next" in waiting_activity(1).detail
    assert "number 3" in waiting_activity(3).detail


def test_that_a_job_that_ends_says_whether_something_follows() -> None:
    done = run_of(Finished(), job=JobKind.PREPARE)
    assert ending_activity(done, goes_on=True) != ending_activity(done, goes_on=False)
    assert ending_activity(done, goes_on=True).title == JobKind.PREPARE.label
    assert ending_activity(run_of(Stopped()), goes_on=True).is_stopping


def test_that_a_failure_is_told_with_its_cure_and_notes_as_warnings() -> None:
    assert failure_notice(run_of()) is None
    notice = failure_notice(run_of(Failed("Full.", "Free space.", "Traceback")), "Resume")
    assert notice is not None
    assert (notice.tone, notice.title, notice.hint) == (Tone.BAD, "Full.", "Free space.")
    assert (notice.report, notice.action) == ("Traceback", "Resume")
    notes = note_notices(run_of(Noted("a.wav was left out", "It is silent."), Noted("b")))
    assert [(note.tone, note.title, note.hint) for note in notes] == [
        (Tone.WARNING, "a.wav was left out", "It is silent."),
        (Tone.WARNING, "b", ""),
    ]
