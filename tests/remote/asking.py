"""Asking for virtual machines, in the tests of them."""

from typing import Any

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    Event,
    Failed,
    Finished,
    MachineFound,
)
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import (
    CreateMachineSpec,
    JobSpec,
    ListMachinesSpec,
)
from ddsp_backend.machines.book import MachineBook
from tests.remote.control_plane import MACHINE, ZONE


def creation(book: MachineBook, **fields: Any) -> CreateMachineSpec:
    given = {"kind": "v5e", "zone": ZONE, "limit_hours": 4.0, "price_per_hour": 1.2, **fields}
    return CreateMachineSpec(book=str(book.hosts.folder), name=MACHINE, **given)


def do(spec: JobSpec) -> list[Event]:
    return list(run(spec, CancelToken()))


def listed(book: MachineBook) -> list[MachineFound]:
    events = do(ListMachinesSpec(book=str(book.hosts.folder)))
    assert isinstance(events[-1], Finished), events
    return [event for event in events if isinstance(event, MachineFound)]


def failure(events: list[Event]) -> Failed:
    assert isinstance(events[-1], Failed), events
    assert not events[-1].traceback, events[-1].traceback
    return events[-1]
