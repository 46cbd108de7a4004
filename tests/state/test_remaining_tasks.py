"""The tasks of an open instrument, one after the other, with what the disk says of them."""

from pathlib import Path

import pytest

from app.state.instrument import Instrument, create
from app.state.plan import WHOLE_WAY
from app.state.remaining import Remaining, what_remains
from app.state.remaining_tasks import RemainingTasks


@pytest.fixture
def flute(tmp_path: Path) -> Instrument:
    return create(tmp_path, "Flute")


def tasks_on_disk(instrument: Instrument) -> tuple[str, ...]:
    remaining = what_remains(instrument)
    return remaining.tasks if remaining is not None else ()


def test_that_tasks_are_done_in_order_and_the_disk_knows_each_step(flute: Instrument) -> None:
    remaining = RemainingTasks()
    assert (remaining.is_asked_for, remaining.next_task, remaining.tasks) == (False, None, ())
    remaining.ask_for(flute, WHOLE_WAY)
    for n, task in enumerate(WHOLE_WAY):
        assert remaining.next_task == task
        remaining.begin_next(flute, f"000{n}-{task}")
        assert (remaining.task, remaining.tasks) == (task, WHOLE_WAY[n:])
        remaining.end_task(flute)
        assert remaining.task is None
        assert tasks_on_disk(flute) == WHOLE_WAY[n + 1 :]
    assert not remaining.is_asked_for


def test_that_what_another_process_left_is_taken_over_with_the_job_that_it_began(flute: Instrument) -> None:
    remaining = RemainingTasks()
    remaining.take_over(flute, Remaining(WHOLE_WAY, 5.0, "0001-prepare"))
    assert (remaining.task, remaining.next_task, remaining.asked_at) == ("prepare", "train", 5.0)
    waiting = RemainingTasks()
    waiting.take_over(flute, Remaining(WHOLE_WAY, 5.0))
    assert (waiting.task, waiting.next_task) == (None, "prepare")


def test_that_giving_up_clears_the_disk_and_leaving_does_not(flute: Instrument) -> None:
    remaining = RemainingTasks()
    remaining.ask_for(flute, WHOLE_WAY)
    remaining.leave()
    assert not remaining.is_asked_for
    assert tasks_on_disk(flute) == WHOLE_WAY  # for others to go on with
    remaining.ask_for(flute, WHOLE_WAY)
    remaining.give_up(flute)
    assert not remaining.is_asked_for
    assert tasks_on_disk(flute) == ()


def test_that_the_way_is_gone_where_its_folder_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    nowhere = Instrument(path=tmp_path / "file" / "none", name="none", created_at=0.0)
    remaining = RemainingTasks()
    remaining.ask_for(nowhere, WHOLE_WAY)
    remaining.begin_next(nowhere, "0001-prepare")
    assert remaining.tasks == WHOLE_WAY
