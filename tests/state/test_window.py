"""What the window shows around its pages: the list of instruments, and what dropping a file will do."""

import pytest

from app.state.library import Badge, LibraryItem
from app.state.notices import Activity, Tone
from app.state.run_state import RunState, fold_all
from app.state.window import DropKind, Page, drop_offer, sidebar_entry
from ddsp_backend.jobs.events import Failed, Started
from ddsp_backend.jobs.job_table import JobKind
from tests.state.looks import instrument


@pytest.mark.parametrize(
    ("page", "name", "is_trained", "kind"),
    [
        (Page.DATA, None, False, DropKind.CREATE),
        (Page.LISTENING, None, True, DropKind.CREATE),
        (Page.DATA, "Flute", True, DropKind.ADD),
        (Page.TRAINING, "Flute", True, DropKind.ADD),
        (Page.LISTENING, "Flute", True, DropKind.PLAY),
        (Page.PLAY, "Flute", True, DropKind.PLAY),
        (Page.LISTENING, "Flute", False, DropKind.ADD),  # there is no model to play it yet
    ],
)
def test_that_a_drop_does_what_the_page_is_for(page: Page, name: str | None, is_trained: bool, kind: DropKind) -> None:
    offer = drop_offer(page, name, is_trained=is_trained)
    assert offer.kind is kind
    assert (name or "new instrument") in offer.title
    assert "stay where they are" in offer.hint


def test_that_pages_are_called_by_what_is_done_there() -> None:
    assert [page.title for page in Page] == ["Data", "Training", "Listening", "Play"]


@pytest.mark.parametrize(
    ("badge", "tone", "is_running"),
    [
        (Badge.NEW, Tone.PLAIN, False),
        (Badge.PREPARED, Tone.PLAIN, False),
        (Badge.RUNNING, Tone.GOOD, True),
        (Badge.STOPPED, Tone.WARNING, False),
        (Badge.TRAINED, Tone.GOOD, False),
        (Badge.FAILED, Tone.BAD, False),
    ],
)
def test_that_each_line_has_the_colour_of_how_far_it_is(badge: Badge, tone: Tone, is_running: bool) -> None:
    entry = sidebar_entry(LibraryItem(instrument(), badge, "At step 5"), None, None)
    assert (entry.name, entry.detail, entry.tone, entry.is_running) == ("one", "At step 5", tone, is_running)
    assert entry.key == str(instrument().path)


def test_that_a_job_that_runs_is_told_instead_of_what_the_disk_says() -> None:
    item = LibraryItem(instrument(), Badge.STOPPED, "Stopped at step 5")
    entry = sidebar_entry(item, None, Activity("Preparing", 0.256, "", stage="Finding the pitch"))
    assert (entry.detail, entry.tone, entry.is_running) == ("Preparing 26%", Tone.GOOD, True)
    assert sidebar_entry(item, None, Activity("Waiting", None, "")).detail == "Waiting"


def test_that_a_failure_shows_even_where_an_earlier_model_is_there() -> None:
    failed = fold_all(RunState(), [Started(JobKind.TRAIN), Failed("Full")])
    assert sidebar_entry(LibraryItem(instrument(), Badge.TRAINED, "Trained"), failed, None).tone is Tone.BAD
