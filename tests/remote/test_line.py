"""A run over a line that is slow, loses packets, or dies without a word. Real TCP between two network namespaces."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.jobs.child import ChildJob
from ddsp_backend.jobs.events import Event, Failed, Progressed, StepDone, Stopped
from ddsp_backend.jobs.folder import JobFolder
from ddsp_backend.jobs.place import Place, joined_where_left, new_place
from ddsp_backend.jobs.spec import InspectSpec
from ddsp_backend.remote.hosts import HostBook
from tests.remote.line import Line, NoNamespacesError
from tests.remote.runs import counted, told
from tests.remote.servers import Keys, OpenSsh, write_book

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("counting")]

_HERE, _THERE = 0, 1


@pytest.fixture
def line() -> Iterator[Line]:
    try:
        line = Line()
    except NoNamespacesError as error:
        pytest.skip(f"this machine allows no network namespaces: {error}")
    yield line
    line.close()


@pytest.fixture
def far(line: Line, counting: None, keys: Keys, tmp_path: Path) -> Iterator[OpenSsh]:
    server = OpenSsh(keys, tmp_path, address=line.addresses[_THERE], inside=line.inside(_THERE))
    yield server
    server.close()


def job(folder: Path, line: Line, place: Place, *inputs: str) -> ChildJob:
    program = (*line.inside(_HERE), sys.executable, "-m", "ddsp_backend")
    return ChildJob(InspectSpec(inputs=inputs), folder, program=program, place=place)


def book_for(tmp_path: Path, keys: Keys, far: OpenSsh, **settings: object) -> HostBook:
    return write_book(tmp_path, keys, far.port, sys.executable, name=far.address, **settings)


@pytest.mark.parametrize(("bytes_per_second", "loss"), [(125_000, 0.0), (0, 0.1)], ids=["1 Mbit/s", "10% lost"])
def test_that_a_poor_line_loses_and_doubles_nothing(
    tmp_path: Path, keys: Keys, line: Line, far: OpenSsh, bytes_per_second: float, loss: float
) -> None:
    line.bytes_per_second, line.loss = bytes_per_second, loss
    place = new_place(str(book_for(tmp_path, keys, far).folder), "box")
    assert told(list(job(tmp_path / "job", line, place, "steps=2000").events())) == counted(2000)


def test_that_a_line_which_dies_without_a_word_is_told_lost_and_told_when_it_returns(
    tmp_path: Path, keys: Keys, line: Line, far: OpenSsh
) -> None:
    """Nothing tells either end; only that the host answers no more."""
    place = new_place(str(book_for(tmp_path, keys, far, patience=5.0).folder), "box")
    inputs = ("steps=10000000", "slow")
    events: list[Event] = []
    n_losses = 0
    for event in job(tmp_path / "first", line, place, *inputs).events():
        events.append(event)
        if isinstance(event, StepDone) and (event.step == 100 or (n_losses == 1 and not line.is_down)):
            line.is_down = True
        elif isinstance(event, Progressed) and event.stage == "Connecting to box again":
            n_losses += 1
            line.is_down = n_losses > 1  # the first time it returns
    assert n_losses == 2
    assert isinstance(events[-1], Failed)
    assert "box was lost" in events[-1].title
    left = joined_where_left(JobFolder(tmp_path / "first"))
    assert left is not None
    line.is_down = False
    again = job(tmp_path / "second", line, left, *inputs)
    after: list[Event] = []
    for event in again.events():
        after.append(event)
        if isinstance(event, StepDone) and len(after) == 1000:
            again.cancel()
    assert isinstance(after[-1], Stopped)
    steps = [event for event in (*events, *after) if isinstance(event, StepDone)]
    assert told(steps) == counted(len(steps), of=10_000_000)
