"""What becomes of a virtual machine when a run on it is over, and what became of one whose run was lost."""

import asyncio
import shlex
import sys
import time
from collections.abc import Generator

from ddsp_backend.errors import DdspError, RemoteError
from ddsp_backend.jobs.events import LAST_WORDS, Event
from ddsp_backend.jobs.place import Place
from ddsp_backend.machines.book import Machine, MachineBook
from ddsp_backend.machines.provisioning import require_alive, signed_in_for
from ddsp_backend.remote.agent_client import AgentClient
from ddsp_backend.remote.connection import connect
from ddsp_backend.remote.hosts import HostBook


def until_released(events: Generator[Event, None, None], place: Place) -> Generator[Event, None, None]:
    """A relayed run's events. After its last word, the machines that were made for it are deleted.

    The last word comes once every file is here and verified (remote/relay.py). Raises what `events` raises; where a
    machine is lost, what became of it.
    """
    book = MachineBook(HostBook(place.book))
    machines = [machine for address in place.addresses if (machine := book.find(address)) is not None]
    is_over = False
    try:
        for event in events:
            is_over = isinstance(event, LAST_WORDS)
            yield event
    except RemoteError:
        for machine in machines:
            _require_machine(machine)
        raise
    for machine in machines:
        if not is_over or machine.keeps:
            continue
        try:
            _release(book, machine, place.job)
        except (DdspError, OSError) as error:
            # Nothing may follow a last word. The machine is found at the next start, and its limit holds.
            sys.stderr.write(f"{machine.name} could not be deleted: {error}\n")


def _release(book: MachineBook, machine: Machine, job: str) -> None:
    others = asyncio.run(_runs_on(book.hosts, machine.name)) - {job}
    if others:
        sys.stderr.write(f"{machine.name} is kept, other runs are on it: {', '.join(sorted(others))}\n")
        return
    signed_in_for(machine.project).delete(machine.project, machine.zone, machine.name, waits=False)
    book.remove(machine.name)


async def _runs_on(hosts: HostBook, address: str) -> set[str]:
    """The runs whose folders are on a host: their results may not be here yet."""
    host = hosts.get(address)
    folder = shlex.quote(host.folder.removeprefix("~/"))
    async with connect(host, hosts) as connection:
        lines = [line async for line in AgentClient(connection, address).script(f"cd -- {folder} && ls -A runs")]
    return set(filter(None, lines))


def _require_machine(machine: Machine) -> None:
    """Raises MachineGoneError where a machine is no longer; nothing where nobody can tell."""
    try:
        found = signed_in_for(machine.project).find(machine.project, machine.zone, machine.name)
    except RemoteError:
        return
    require_alive(found, machine, time.time())
