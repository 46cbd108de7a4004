"""The tasks of an open instrument, one after the other, with what the disk says of them."""

from pathlib import Path

import pytest

from app.state.instrument import Instrument, create
from app.state.plan import WHOLE_WAY
from app.state.remaining import Remaining, what_remains
from app.state.way import Way


@pytest.fixture
def flute(tmp_path: Path) -> Instrument:
    return create(tmp_path, "Flute")


def tasks_on_disk(instrument: Instrument) -> tuple[str, ...]:
    remaining = what_remains(instrument)
    return remaining.tasks if remaining is not None else ()


def test_that_tasks_are_done_in_order_and_the_disk_knows_each_step(flute: Instrument) -> None:
    way = Way()
    assert (way.is_asked_for, way.next_task, way.tasks) == (False, None, ())
    way.ask_for(flute, WHOLE_WAY)
    for n, task in enumerate(WHOLE_WAY):
        assert way.next_task == task
        way.begin_next(flute, f"000{n}-{task}")
        assert (way.task, way.tasks) == (task, WHOLE_WAY[n:])
        way.end_task(flute)
        assert way.task is None
        assert tasks_on_disk(flute) == WHOLE_WAY[n + 1 :]
    assert not way.is_asked_for


def test_that_what_another_process_left_is_taken_over_with_the_job_that_it_began(flute: Instrument) -> None:
    way = Way()
    way.take_over(flute, Remaining(WHOLE_WAY, 5.0, "0001-prepare"))
    assert (way.task, way.next_task, way.asked_at) == ("prepare", "train", 5.0)
    waiting = Way()
    waiting.take_over(flute, Remaining(WHOLE_WAY, 5.0))
    assert (waiting.task, waiting.next_task) == (None, "prepare")


def test_that_giving_up_clears_the_disk_and_leaving_does_not(flute: Instrument) -> None:
    way = Way()
    way.ask_for(flute, WHOLE_WAY)
    way.leave()
    assert not way.is_asked_for
    assert tasks_on_disk(flute) == WHOLE_WAY  # for others to go on with
    way.ask_for(flute, WHOLE_WAY)
    way.give_up(flute)
    assert not way.is_asked_for
    assert tasks_on_disk(flute) == ()


def test_that_the_way_is_gone_where_its_folder_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    nowhere = Instrument(path=tmp_path / "file" / "none", name="none", created_at=0.0)
    way = Way()
    way.ask_for(nowhere, WHOLE_WAY)
    way.begin_next(nowhere, "0001-prepare")
    assert way.tasks == WHOLE_WAY
