"""The dialog that looks into Cloud Storage, without a window and without a cloud."""

from pathlib import Path

import pytest

from app.state.bucket import BucketDialogState, Doing, advanced, begun, folder_for, parent_of
from ddsp_backend.jobs.events import BucketEntryFound, Failed, Finished, Noted, Progressed, StopAcknowledged, Stopped
from ddsp_backend.jobs.kinds import Unit

ENTRIES = (BucketEntryFound("gs://b/takes/old", True, 0), BucketEntryFound("gs://b/takes/a.wav", False, 12))
LISTED = advanced(begun(BucketDialogState(), Doing.LOOKING, "gs://b/takes"), (*ENTRIES, Finished()))


def test_that_a_folder_is_listed_and_can_then_be_fetched() -> None:
    looking = begun(BucketDialogState(), Doing.LOOKING, "gs://b/takes")
    assert looking.activity is not None
    assert "gs://b/takes" in looking.activity.title
    assert not looking.can_fetch
    assert (LISTED.doing, LISTED.entries, LISTED.activity) == (Doing.NOTHING, ENTRIES, None)
    assert LISTED.can_fetch


def test_that_nothing_can_be_fetched_where_there_is_nothing_or_no_folder() -> None:
    empty = advanced(begun(BucketDialogState(), Doing.LOOKING, "gs://b/takes"), (Finished(),))
    assert empty.title
    assert not empty.can_fetch
    buckets = advanced(begun(BucketDialogState(), Doing.LOOKING, "gs://"), (*ENTRIES, Finished()))
    assert not buckets.can_fetch  # not all buckets at once


def test_that_a_look_elsewhere_forgets_what_was_listed_and_a_copy_keeps_it() -> None:
    assert begun(LISTED, Doing.LOOKING, "gs://b").entries == ()
    assert begun(LISTED, Doing.FETCHING).entries == ENTRIES


def test_that_a_copy_is_counted_in_megabytes() -> None:
    copying = advanced(begun(LISTED, Doing.FETCHING), (Progressed("Copying", 2.5, 10.0, Unit.MEGABYTES),))
    assert copying.activity is not None
    assert (copying.activity.fraction, copying.activity.detail) == (0.25, "2.5 of 10.0 MB")
    nobody_knows = advanced(copying, (Progressed("Copying", 2.5, 0.0, Unit.MEGABYTES),))
    assert nobody_knows.activity is not None
    assert nobody_knows.activity.fraction is None
    assert advanced(copying, (Progressed("Counting", 1, 2, Unit.FILES),)) == copying


def test_that_what_was_fetched_is_offered_and_what_was_sent_is_told() -> None:
    fetched = advanced(begun(LISTED, Doing.FETCHING), (Finished({"target": "/here"}),))
    assert (fetched.fetched, fetched.doing) == ("/here", Doing.NOTHING)
    assert begun(fetched, Doing.FETCHING).fetched == ""  # until it is all there again
    sent = advanced(begun(LISTED, Doing.SENDING), (Finished({"target": "gs://b/data"}),))
    assert "gs://b/data" in sent.title
    assert sent.fetched == ""


def test_that_a_stop_shows_and_says_what_becomes_of_what_was_copied() -> None:
    copying = begun(LISTED, Doing.SENDING)
    stopping = advanced(copying, (StopAcknowledged(),))
    assert stopping.activity is not None
    assert stopping.activity.is_stopping
    stopped = advanced(stopping, (Stopped(),))
    assert (stopped.doing, stopped.activity) == (Doing.NOTHING, None)
    assert "are kept" in stopped.title


def test_that_a_refusal_says_why_and_the_list_stays() -> None:
    failed = advanced(begun(LISTED, Doing.FETCHING), (Noted("Slow", "Wait."), Failed("No entry", "Ask for it.")))
    assert (failed.title, failed.hint) == ("No entry.", "Ask for it.")
    assert (failed.doing, failed.entries) == (Doing.NOTHING, ENTRIES)
    noted = advanced(begun(LISTED, Doing.FETCHING), (Noted("Slow", "Wait."),))
    assert (noted.title, noted.doing) == ("Slow", Doing.FETCHING)


def test_that_a_folder_of_a_bucket_is_copied_beneath_the_library_whatever_it_is_called() -> None:
    library = Path("/library")
    assert folder_for(library, "gs://b/takes/old").relative_to(library).parts[1:] == ("b", "takes", "old")
    for path in ("gs://b/../../etc", "gs://b/./x/.."):
        assert ".." not in folder_for(library, path).parts


@pytest.mark.parametrize(
    ("folder", "above"),
    [
        ("gs://b/takes/old", "gs://b/takes"),
        ("gs://b/takes", "gs://b"),
        ("gs://b", "gs://"),
        ("gs://", "gs://"),
        ("", "gs://"),
    ],
)
def test_that_one_can_go_up_until_all_buckets_are_seen(folder: str, above: str) -> None:
    assert parent_of(folder).rstrip("/") == above.rstrip("/")
