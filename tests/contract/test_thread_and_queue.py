"""The same contract through the window's thread and queue."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.jobs.child import AttachedJob
from app.jobs.queue import JobQueue
from app.jobs.thread import LARGEST_BATCH, JobThread
from app.jobs.transport import InProcess, Transport
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    Event,
    Failed,
    Started,
    StepDone,
    Stopped,
)
from ddsp_backend.jobs.folder import JobFolder, Journal
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import JobSpec
from tests.contract.conftest import assert_well_formed, counting, without_nan


def collect(thread: JobThread) -> list[tuple[Event, ...]]:
    batches: list[tuple[Event, ...]] = []
    thread.reported.connect(batches.append)
    return batches


def test_that_the_thread_reports_every_event_in_order_and_closes_once(
    start: Callable[[JobSpec], Transport], qtbot: QtBot
) -> None:
    queue = JobQueue()
    thread = JobThread(start(counting(3_000)))
    batches = collect(thread)
    closed = []
    thread.closed.connect(lambda: closed.append(len(batches)))
    with qtbot.waitSignal(queue.emptied, timeout=30_000):
        queue.submit(thread)
    events = [event for batch in batches for event in batch]
    assert without_nan(events) == without_nan(list(run(counting(3_000), CancelToken())))
    assert closed == [len(batches)]


@pytest.mark.slow
def test_that_a_run_of_a_hundred_thousand_events_is_joined_in_two_hundred_hand_overs(
    tmp_path: Path, qtbot: QtBot
) -> None:
    """Each some milliseconds' work for the window. Their number decides how long joining takes, on any computer."""
    folder = JobFolder(tmp_path / "job")
    folder.create(counting(1))
    history = [
        Started(JobKind.INSPECT),
        *(StepDone(n, n, {"total_loss": 1.0}, 1.0, 1.0) for n in range(99_998)),
        Stopped(),
    ]
    with Journal(folder) as journal:
        for event in history:
            journal.append(event)
    queue = JobQueue()
    thread = JobThread(AttachedJob(folder))
    batches = collect(thread)
    with qtbot.waitSignal(queue.emptied, timeout=60_000):
        queue.submit(thread)
        thread.wait()  # all is read before the window hears of any
    assert [event for batch in batches for event in batch] == history
    assert {len(batch) for batch in batches} == {LARGEST_BATCH}
    assert len(batches) == 200


def test_that_one_lane_runs_one_job_at_a_time_and_lanes_run_beside_each_other(qtbot: QtBot) -> None:
    queue = JobQueue()
    order: list[str] = []

    def submit(name: str, lane: str) -> JobThread:
        thread = JobThread(InProcess(counting(100, "slow")))
        thread.started.connect(lambda: order.append(f"{name} starts"))
        thread.closed.connect(lambda: order.append(f"{name} ends"))
        queue.submit(thread, lane)
        return thread

    with qtbot.waitSignal(queue.emptied, timeout=30_000):
        for name, lane in (("a", "heavy"), ("b", "heavy"), ("light", "light")):
            submit(name, lane)
    assert order.index("a ends") < order.index("b starts")
    assert order.index("light starts") < order.index("a ends")


def test_that_a_waiting_job_can_be_cancelled_without_ever_running(qtbot: QtBot) -> None:
    queue = JobQueue()
    first = JobThread(InProcess(counting(1_000_000, "slow")))
    second = JobThread(InProcess(counting(1_000_000, "slow")))
    batches = collect(second)
    queue.submit(first)
    queue.submit(second)
    with qtbot.waitSignal(queue.emptied, timeout=30_000):
        queue.cancel(second)
        queue.cancel(first)
    events = [event for batch in batches for event in batch]
    assert_well_formed(events)
    assert events[-1] == Stopped()


class Broken:
    """A transport that breaks its promise."""

    def events(self) -> Iterator[Event]:
        yield Started(JobKind.TRAIN)

    def cancel(self) -> None: ...

    def leave(self) -> None: ...


def test_that_the_window_gets_a_last_word_even_from_a_broken_transport(qtbot: QtBot) -> None:
    queue = JobQueue()
    thread = JobThread(Broken())
    batches = collect(thread)
    with qtbot.waitSignal(queue.emptied, timeout=10_000):
        queue.submit(thread)
    assert isinstance(batches[-1][-1], Failed)
