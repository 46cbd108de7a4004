"""One word for going on, and one place that offers it."""

import pytest

from app.state.going_on import cure_word, notice_on
from app.state.notices import Notice, Tone, failure_notice
from app.state.run_state import RunState, fold_all
from app.state.training_page import training_page_state
from app.state.window import Page
from ddsp_backend.jobs.events import DatasetWritten, Event, Failed, Finished, Started, StepDone
from ddsp_backend.jobs.job_table import JobKind

PREPARED = (Started(JobKind.PREPARE), DatasetWritten("m.json", "train*", "held*", 30, 4, 60.0, 50.0), Finished())
TRAINED = (*PREPARED, Started(JobKind.TRAIN), StepDone(2, 9, {"total_loss": 1.0}, 1.0, 1.0))
DIED = Failed("It died.", "Free some memory.")


def run_of(*events: Event) -> RunState:
    return fold_all(RunState(), events)


def shown(run: RunState, page: Page) -> Notice | None:
    cure = cure_word(run, is_busy=False, has_recordings=True)
    return notice_on(page, failure_notice(run, cure), run)


def test_that_a_training_that_failed_is_resumed_in_one_place_of_each_page_with_the_same_word() -> None:
    run = run_of(*TRAINED, DIED)
    page = training_page_state(run, None)
    assert (page.can_go_on, page.go_on) == (True, "Resume")
    assert page.go_on in page.status
    told = {each: shown(run, each) for each in Page}
    assert {each: notice.action for each, notice in told.items() if notice is not None} == {
        Page.DATA: "Resume",
        Page.TRAINING: "",
        Page.LISTENING: "Resume",
        Page.PLAY: "Resume",
    }
    assert {notice.title for notice in told.values() if notice is not None} == {"It died."}


def test_that_what_fails_after_the_end_of_a_training_is_tried_again_and_not_resumed() -> None:
    run = run_of(*TRAINED, Finished(), Started(JobKind.EVALUATE), DIED)
    page = training_page_state(run, None)
    assert page.go_on == "Train further"
    assert "Training is finished" in page.status
    assert "Resume" not in page.status
    for each in Page:
        notice = shown(run, each)
        assert notice is not None
        assert notice.action == "Try again"


@pytest.mark.parametrize("page", list(Page), ids=str)
def test_that_a_preparation_that_failed_is_tried_again_on_every_page(page: Page) -> None:
    run = run_of(Started(JobKind.PREPARE), DIED)
    assert not training_page_state(run, None).can_go_on
    notice = shown(run, page)
    assert notice is not None
    assert notice.action == "Try again"


def test_that_a_training_that_failed_before_its_first_step_has_one_button_on_the_training_page() -> None:
    run = run_of(*PREPARED, Started(JobKind.TRAIN), DIED)
    page, notice = training_page_state(run, None), shown(run, Page.TRAINING)
    assert (page.can_go_on, page.go_on) == (True, "Train")
    assert notice is not None
    assert notice.action == ""


def test_that_nothing_is_offered_where_nothing_can_be_done() -> None:
    run = run_of(Started(JobKind.PREPARE), DIED)
    assert cure_word(run, is_busy=False, has_recordings=False) == ""
    assert notice_on(Page.DATA, None, run) is None
    plain = Notice(Tone.BAD, "Full.")
    assert notice_on(Page.TRAINING, plain, run_of(*TRAINED)) == plain
