"""Runs on a host for the tests, and what they told and left."""

import itertools
import sys
from pathlib import Path

from app.jobs.child import ChildJob
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    Event,
    Finished,
    HeldOutMeasured,
    Progressed,
    Started,
    StepDone,
)
from ddsp_backend.jobs.folder import Follower, JobFolder
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.place import new_place
from ddsp_backend.jobs.spec import InspectSpec, JobSpec
from ddsp_backend.remote.hosts import HostBook
from tests.remote.servers import Keys, write_book

CHILD = Path(__file__).resolve().parents[1] / "contract" / "child"


def book_for(tmp_path: Path, keys: Keys, port: int, **settings: object) -> HostBook:
    return write_book(tmp_path, keys, port, sys.executable, **settings)


def job(spec: JobSpec, folder: Path, book: HostBook) -> ChildJob:
    return ChildJob(spec, folder, place=new_place(str(book.folder), "box"))


def told(events: list[Event]) -> list[str]:
    """Without what the relay says itself; NaN is not equal to itself, but is written the same."""
    return [repr(event) for event in events if not isinstance(event, Progressed)]


def counted(steps: int, of: int | None = None) -> list[str]:
    """What the same job says here: all of it, or the first steps of so many."""
    sys.path.insert(0, str(CHILD))
    try:
        from counting_job import count
    finally:
        sys.path.remove(str(CHILD))
    counting = count(InspectSpec(inputs=(f"steps={of or steps}",)), CancelToken())
    events = list(itertools.islice(counting, steps))
    if of is not None:
        return [repr(event) for event in events]
    return [repr(event) for event in (Started(JobKind.INSPECT), *events, Finished({"steps": str(steps)}))]


def events_of(folder: JobFolder) -> list[Event]:
    follower = Follower(folder)
    events = []
    while batch := follower.poll():
        events += batch
    return events


def losses(events: list[Event]) -> list[dict[str, float]]:
    return [event.losses for event in events if isinstance(event, StepDone | HeldOutMeasured)]


def weights(prefix: Path) -> dict[str, object]:
    """All that a checkpoint holds but its course, which is of times."""
    from ddsp_backend.checkpoints.values import read_values

    return {
        name: value.tolist() if hasattr(value, "tolist") else value
        for name, value in read_values(prefix).items()
        if not name.startswith("course/")
    }
