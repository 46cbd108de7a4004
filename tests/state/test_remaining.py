"""What remains to be done for an instrument, whatever ended those who did it."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.state.instrument import Instrument, create
from app.state.plan import WHOLE_WAY
from app.state.remaining import Remaining, does_anything_remain, in_order, keep_remaining, what_remains
from app.state.remaining_tasks import RemainingTasks
from ddsp_backend.jobs.events import Event, Failed, Finished, Started, Stopped
from ddsp_backend.jobs.folder import JobFolder, Journal
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.owner import Owner, process_owner
from ddsp_backend.jobs.spec import PrepareSpec

PREPARE = PrepareSpec(inputs=("/a",), output_path="/o")
NOBODY = Owner(2**22 + 1, 0.0, process_owner().boot)


def begun(instrument: Instrument, *events: Event, owner: Owner | None = None) -> RemainingTasks:
    """The whole way, its first job begun by the process `owner` (already dead, if left out)."""
    tasks = RemainingTasks()
    tasks.ask_for(instrument, WHOLE_WAY)
    path = instrument.new_job_path("prepare")
    tasks.begin_next(instrument, path.name)
    folder = JobFolder(path)
    folder.create(PREPARE)
    (path / "pid").write_text((owner or NOBODY).to_text())
    with Journal(folder) as journal:
        for event in (Started(JobKind.PREPARE), *events):
            journal.append(event)
    return tasks


def remaining_tasks(instrument: Instrument) -> tuple[str, ...]:
    remaining = what_remains(instrument)
    return remaining.tasks if remaining is not None else ()


@pytest.fixture
def flute(tmp_path: Path) -> Instrument:
    return create(tmp_path / "library", "Flute")


def test_that_nothing_remains_where_nothing_was_asked_for(flute: Instrument) -> None:
    assert what_remains(flute) is None
    assert not does_anything_remain(flute.path.parent)


def test_that_what_was_asked_for_and_never_begun_remains(flute: Instrument) -> None:
    RemainingTasks().ask_for(flute, WHOLE_WAY)
    assert remaining_tasks(flute) == WHOLE_WAY
    assert does_anything_remain(flute.path.parent)


def test_that_a_job_that_runs_is_named(flute: Instrument) -> None:
    begun(flute, owner=process_owner())
    remaining = what_remains(flute)
    assert remaining is not None
    assert remaining.tasks == WHOLE_WAY
    assert remaining.job == "0001-prepare"


def test_that_a_job_that_finished_unseen_is_not_done_again(flute: Instrument) -> None:
    begun(flute, Finished())
    remaining = what_remains(flute)
    assert remaining is not None
    assert remaining.tasks == WHOLE_WAY[1:]
    assert remaining.job == ""


def test_that_a_job_that_failed_ends_the_way(flute: Instrument) -> None:
    begun(flute, Failed("no"))
    assert what_remains(flute) is None


def test_that_a_job_that_died_while_the_computer_ran_on_is_not_begun_again(flute: Instrument) -> None:
    begun(flute)
    assert what_remains(flute) is None


def test_that_a_job_that_the_computer_switched_off_is_begun_again(flute: Instrument) -> None:
    begun(flute, owner=replace(NOBODY, boot="another boot"))
    assert remaining_tasks(flute) == WHOLE_WAY


def test_that_a_job_that_was_stopped_by_the_end_of_the_session_is_begun_again(flute: Instrument) -> None:
    begun(flute, Stopped())
    assert remaining_tasks(flute) == WHOLE_WAY


def test_that_nothing_remains_after_the_users_stop(flute: Instrument) -> None:
    begun(flute, owner=process_owner()).give_up(flute)
    assert what_remains(flute) is None
    assert not does_anything_remain(flute.path.parent)


def test_that_a_folder_without_a_job_is_one_that_was_never_begun(flute: Instrument) -> None:
    tasks = RemainingTasks()
    tasks.ask_for(flute, WHOLE_WAY)
    tasks.begin_next(flute, flute.new_job_path("prepare").name)
    remaining = what_remains(flute)
    assert remaining is not None
    assert (remaining.tasks, remaining.job) == (WHOLE_WAY, "")


def test_that_whoever_asked_first_comes_first(tmp_path: Path) -> None:
    made = [create(tmp_path, name) for name in ("a", "b", "c", "d")]
    for instrument, asked_at in zip(made, (3.0, 1.0, 2.0, None), strict=True):
        if asked_at is not None:
            keep_remaining(instrument, Remaining(("train",), asked_at))
    assert [instrument.name for instrument in in_order(made)] == ["b", "c", "a"]


def test_that_what_a_living_terminal_does_is_left_to_it(flute: Instrument) -> None:
    keep_remaining(flute, Remaining(("train",), 1.0, by=process_owner()))
    assert in_order([flute]) == ()
    keep_remaining(flute, Remaining(("train",), 1.0, by=NOBODY))
    assert in_order([flute]) == (flute,)


def test_that_what_is_over_is_forgotten(flute: Instrument) -> None:
    begun(flute, Failed("no"))
    assert in_order([flute]) == ()
    assert not does_anything_remain(flute.path.parent)


def test_that_a_way_ends_with_nothing_on_disk(flute: Instrument) -> None:
    tasks = RemainingTasks()
    tasks.ask_for(flute, WHOLE_WAY)
    for task in WHOLE_WAY:
        assert tasks.next_task == task
        tasks.begin_next(flute, f"0001-{task}")
        tasks.end_task(flute)
    assert [path.name for path in flute.path.iterdir()] == ["project.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"tasks": ["sing"], "asked_at": 1, "job": "", "by": ""}',
        b'{"tasks": [3], "asked_at": 1, "job": "", "by": ""}',
        b'{"tasks": "train", "asked_at": 1, "job": "", "by": ""}',
        b'{"tasks": [["train"]], "asked_at": 1, "job": "", "by": ""}',
        b'{"tasks": ["train"], "asked_at": 1e999, "job": "", "by": ""}',
        b'{"tasks": ["train"], "asked_at": 1, "job": "../../jobs/0001-prepare", "by": ""}',
        b'{"tasks": ["train"], "asked_at": 1, "job": ".."}',
    ],
)
def test_that_what_is_damaged_counts_as_nothing(flute: Instrument, content: bytes) -> None:
    (flute.path / "remaining.json").write_bytes(content)
    assert what_remains(flute) is None
