"""One contract, every way of running a job."""

import re
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from app.jobs.child import AttachedJob, ChildJob
from app.jobs.transport import Transport
from app.jobs.worker import Worker, WorkerJob
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    LAST_WORDS,
    Failed,
    Finished,
    StepDone,
    StopAcknowledged,
    Stopped,
)
from ddsp_backend.jobs.folder import Follower, JobFolder
from ddsp_backend.jobs.place import new_place, read_place
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import JobSpec
from tests.contract.conftest import WAYS, assert_well_formed, counting, without_nan


def test_that_run_needs_no_qt_and_no_thread() -> None:
    events = list(run(counting(3), CancelToken()))
    assert_well_formed(events)
    assert events[-1] == Finished({"steps": "3"})


def test_that_every_way_gives_the_same_events_in_order(start: Callable[[JobSpec], Transport]) -> None:
    events = list(start(counting(500)).events())
    assert without_nan(events) == without_nan(list(run(counting(500), CancelToken())))


def test_that_a_backend_exception_arrives_as_the_last_event(start: Callable[[JobSpec], Transport]) -> None:
    events = list(start(counting(50, "fail_at=5")).events())
    assert_well_formed(events)
    assert isinstance(events[-1], Failed)
    assert "out of memory in a library" in events[-1].title
    assert "Traceback" in events[-1].traceback
    assert [event.step for event in events if isinstance(event, StepDone)] == [1, 2, 3, 4]


def test_that_cancel_stops_between_two_steps(start: Callable[[JobSpec], Transport]) -> None:
    transport = start(counting(1_000_000, "slow"))
    events = []
    for event in transport.events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 10:
            transport.cancel()
    assert_well_formed(events)
    assert events[-1] == Stopped()
    assert events.count(StopAcknowledged()) == 1
    assert len(events) < 100_000


@pytest.mark.parametrize(
    "start", [way for way in WAYS if way != "attached"], indirect=True
)  # one joins after the start
def test_that_a_cancel_before_the_start_is_kept(start: Callable[[JobSpec], Transport]) -> None:
    transport = start(counting(1_000_000, "slow"))
    transport.cancel()
    events = list(transport.events())
    assert_well_formed(events)
    assert events[-1] == Stopped()


def test_that_library_prints_do_not_break_the_stream(start: Callable[[JobSpec], Transport]) -> None:
    events = list(start(counting(3, "noisy")).events())
    assert without_nan(events) == without_nan(list(run(counting(3), CancelToken())))


# In process, we would die; on a host it is not our child (see tests/remote).
@pytest.mark.parametrize("start", [way for way in WAYS if way not in ("in-process", "host")], indirect=True)
def test_that_a_killed_process_ends_with_failed(start: Callable[[JobSpec], Transport]) -> None:
    transport = start(counting(1_000_000, "slow"))
    events = []
    for event in transport.events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 5:
            (child,) = psutil.Process().children()
            child.kill()
    assert_well_formed(events)
    assert isinstance(events[-1], Failed)
    assert re.search("ended|was stopped by", events[-1].title)


@pytest.mark.parametrize("way", ["child", "worker"])
def test_that_a_missing_interpreter_ends_with_failed(way: str, tmp_path: Path) -> None:
    missing = (str(tmp_path / "no such python"),)
    worker = Worker(missing)
    transport = ChildJob(counting(1), tmp_path / "job", missing) if way == "child" else WorkerJob(counting(1), worker)
    events = list(transport.events())
    worker.close()
    assert_well_formed(events)
    assert isinstance(events[-1], Failed)
    assert "could not be started" in events[-1].title


def test_that_a_program_that_dies_at_once_ends_with_failed_and_its_code(tmp_path: Path) -> None:
    events = list(ChildJob(counting(1), tmp_path / "job", (sys.executable, "-c", "raise SystemExit(42)")).events())
    assert_well_formed(events)
    assert isinstance(events[-1], Failed)
    assert "42" in events[-1].title


def test_that_a_job_whose_folder_is_moved_away_ends_with_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    transport = ChildJob(counting(2_000, "slow"), folder)
    events = []
    for event in transport.events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 10:
            folder.rename(tmp_path / "elsewhere")
    assert_well_formed(events)
    failed = events[-1]
    assert isinstance(failed, Failed)
    assert failed.title == f"The folder of the job is gone: {folder}"
    assert "unplugged, or the folder moved" in failed.hint
    assert not folder.exists()
    finished = Follower(JobFolder(tmp_path / "elsewhere")).poll()[-1]
    assert isinstance(finished, Finished)  # it went on to its end, and nothing of that is lost


def test_that_a_worker_stays_the_same_process_and_survives_failures(worker: Worker) -> None:
    pids = set()
    for more in ((), ("fail_at=1",), ("noisy",), ()):
        events = list(WorkerJob(counting(2, *more), worker).events())
        assert_well_formed(events)
        pids.add(worker.pid())
    assert len(pids) == 1


def test_that_a_worker_that_died_is_started_again(worker: Worker) -> None:
    list(WorkerJob(counting(1), worker).events())
    first = worker.pid()
    assert first is not None
    psutil.Process(first).kill()
    while worker.pid() is not None:  # it may take the system a moment
        pass
    events = list(WorkerJob(counting(1), worker).events())
    assert events[-1] == Finished({"steps": "1"})
    assert worker.pid() != first


def test_that_a_child_outlives_whoever_leaves_it_and_can_be_joined_where_he_left(tmp_path: Path) -> None:
    job = ChildJob(counting(2_000, "slow"), tmp_path / "job")
    seen = []
    for event in job.events():
        seen.append(event)
        if isinstance(event, StepDone) and event.step == 20:
            job.leave()
    folder = JobFolder(tmp_path / "job")
    assert folder.is_alive()
    assert not isinstance(seen[-1], LAST_WORDS)

    whole = list(AttachedJob(folder).events())
    assert without_nan(whole) == without_nan(list(run(counting(2_000), CancelToken())))
    offset = sum(len(line) for line in folder.events_path.read_bytes().splitlines(keepends=True)[: len(seen)])
    rest = list(AttachedJob(folder, offset).events())
    assert without_nan(seen + rest) == without_nan(whole)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_that_a_signal_stops_a_child_as_the_cancel_file_does(number: int, tmp_path: Path) -> None:
    job = ChildJob(counting(1_000_000, "slow"), tmp_path / "job")
    events = []
    for event in job.events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 10:
            (child,) = psutil.Process().children()
            child.send_signal(number)
    assert_well_formed(events)
    assert events[-1] == Stopped()
    assert job.folder.rc() == 3


def test_that_a_stop_is_acknowledged_while_a_step_still_runs(tmp_path: Path) -> None:
    job = ChildJob(counting(3, f"long_step={tmp_path}"), tmp_path / "job")
    events = []
    for event in job.events():
        events.append(event)
        if event == StepDone(1, 3, {}, 1.0, 1.0):
            job.cancel()
        if isinstance(event, StopAcknowledged):
            (tmp_path / "go on").touch()  # ends the long step; without the acknowledgement it never ends
    assert_well_formed(events)
    assert events[-3:] == [StopAcknowledged(), StepDone(2, 3, {}, 1.0, 1.0), Stopped()]


def test_that_a_job_is_known_to_live_before_its_process_has_said_so(tmp_path: Path) -> None:
    """Another window that looks at the folder then must not take it for one that was left, and begin it again."""
    silent = (sys.executable, "-c", "import time; time.sleep(1000)")
    child = ChildJob(counting(1), tmp_path / "job", silent)
    listening = threading.Thread(target=lambda: list(child.events()))
    listening.start()
    while not child.folder.is_alive():
        assert listening.is_alive()
    child.kill()
    listening.join()
    assert not child.folder.is_alive()


def test_that_a_window_killed_while_it_makes_a_job_elsewhere_leaves_none_that_seems_to_be_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(folder: JobFolder, spec: JobSpec) -> None:
        raise SystemExit

    monkeypatch.setattr(JobFolder, "create", die)
    place = new_place(str(tmp_path), "box")
    with pytest.raises(SystemExit):
        list(ChildJob(counting(1), tmp_path / "job", place=place).events())
    assert read_place(tmp_path / "job") == place
    assert not JobFolder(tmp_path / "job").holds_job()
