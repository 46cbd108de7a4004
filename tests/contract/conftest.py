"""A job that counts, and every way of running it: what the contract asks of all of them.

The job is tests/contract/child/counting_job.py. It takes the place of InspectSpec's: here by a patch of the table of
jobs, in child processes by a `sitecustomize` on their PYTHONPATH. So the code under test is exactly what is shipped.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.jobs.child import AttachedJob, ChildJob
from app.jobs.transport import InProcess, Transport
from app.jobs.worker import Worker, WorkerJob
from ddsp_backend.jobs.events import (
    LAST_WORDS,
    Event,
    Progressed,
    Started,
)
from ddsp_backend.jobs.folder import JobFolder
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.place import new_place
from ddsp_backend.jobs.run import JOBS
from ddsp_backend.jobs.spec import InspectSpec, JobSpec
from tests.remote.servers import InProcess as SshServer
from tests.remote.servers import Keys, write_book

CHILD = Path(__file__).parent / "child"
WAYS = ("in-process", "child", "attached", "worker", "host")


def counting(steps: int, *more: str) -> InspectSpec:
    return InspectSpec(inputs=(f"steps={steps}", *more))


@pytest.fixture(autouse=True)
def counting_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(CHILD))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(CHILD), str(CHILD.parents[2]))))
    monkeypatch.setitem(JOBS, JobKind.INSPECT, "counting_job:count")


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def ssh_port(keys: Keys) -> Iterator[int]:
    """Of an ssh server that leads to this machine."""
    server = SshServer(keys)
    yield server.port
    server.close()


class Attaching:
    """Starts a child and joins its folder as a second window would: by path alone."""

    def __init__(self, spec: JobSpec, folder: Path) -> None:
        self.child = ChildJob(spec, folder)
        self.attached = AttachedJob(JobFolder(folder))
        self.starter: Iterator[Event] = iter(())

    def events(self) -> Iterator[Event]:
        self.starter = self.child.events()
        next(self.starter)  # the process runs and has said its first word
        yield from self.attached.events()
        self.child.leave()
        for _ in self.starter:
            pass

    def cancel(self) -> None:
        self.attached.cancel()

    def leave(self) -> None:
        self.attached.leave()


@pytest.fixture(params=WAYS)
def start(request: pytest.FixtureRequest, tmp_path: Path, worker: Worker, keys: Keys) -> Callable[[JobSpec], Transport]:
    def _start(spec: JobSpec) -> Transport:
        match request.param:
            case "in-process":
                return InProcess(spec)
            case "child":
                return ChildJob(spec, tmp_path / "a job")
            case "attached":
                return Attaching(spec, tmp_path / "a job")
            case "host":
                book = write_book(tmp_path, keys, request.getfixturevalue("ssh_port"), sys.executable)
                return ChildJob(spec, tmp_path / "a job", place=new_place(str(book.folder), "box"))
            case _:
                return WorkerJob(spec, worker)

    return _start


def assert_well_formed(events: list[Event]) -> None:
    assert isinstance(events[0], Started)
    assert sum(isinstance(event, Started) for event in events) == 1
    assert isinstance(events[-1], LAST_WORDS)
    assert not any(isinstance(event, LAST_WORDS) for event in events[:-1])


def without_nan(events: list[Event]) -> list[str]:
    """NaN is not equal to itself, but is written the same. The job tells no progress; the way to a host has some."""
    return [repr(event) for event in events if not isinstance(event, Progressed)]
