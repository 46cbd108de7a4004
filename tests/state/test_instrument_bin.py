"""What is said when an instrument is deleted."""

import errno

from app.state.instrument_bin import (
    busy_notice,
    deleted_notice,
    moved_notice,
    no_bin_question,
    not_back_notice,
    not_deleted_notice,
)
from app.state.notices import Tone


def test_that_what_can_be_undone_offers_it_and_says_what_stays() -> None:
    notice = moved_notice("Flute", can_undo=True)
    assert (notice.tone, notice.action) == (Tone.GOOD, "Undo")
    assert "stay where they are" in notice.hint
    assert moved_notice("Flute", can_undo=False).action == ""
    assert deleted_notice("Flute").action == ""


def test_that_what_cannot_be_undone_is_asked_with_all_that_is_lost() -> None:
    question = no_bin_question("Flute")
    assert question.title == "Delete Flute?"
    assert "takes that you recorded" in question.text
    assert question.yes != question.no


def test_that_what_goes_wrong_says_why_and_what_to_do() -> None:
    error = OSError(errno.EACCES, "Permission denied", "/library/Flute")
    for notice in (not_deleted_notice("Flute", error), not_back_notice("Flute", error)):
        assert notice.tone is Tone.BAD
        assert "Permission denied" in notice.title
        assert notice.hint
    assert not_deleted_notice("Flute", OSError("odd")).title.endswith("odd")
    assert "Flute" in busy_notice("Flute").title
