"""The jobs that make virtual machines, find them again, reach them and delete them.

What costs money has a record here before it exists, a limit at which Google deletes it, and a label by which it is
found. From its creation on a machine is a host like any other.
"""

import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from ddsp_backend.errors import Cancelled, RemoteError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, MachineDeleted, MachineFound, Noted, Progressed
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.machine_specs import CreateMachineSpec, DeleteMachineSpec, JoinMachineSpec, ListMachinesSpec
from ddsp_backend.jobs.spec import HostSpec
from ddsp_backend.machines.book import Machine, MachineBook, MachineGoneError, UnsureError
from ddsp_backend.machines.kinds import GUEST_NAMESPACE, kind_of
from ddsp_backend.remote.host_keys import HostKeyError
from ddsp_backend.remote.hosts import HostBook
from ddsp_backend.remote.probe_job import probe_host
from ddsp_backend.remote.ssh_errors import SshConnectionError

if TYPE_CHECKING:
    from ddsp_backend.machines.compute_engine import ComputeEngine, FoundMachine

Events = Generator[Event, None, dict[str, str]]

_POLL_SECONDS = 3.0
_START_SECONDS = 900.0  # until the system is up and has a Python; some minutes where packages must be fetched
_KEY_SECONDS = 300.0  # until its host key is told; some rules of organizations forbid it
_SSH_SECONDS = 120.0
_MAY_RUN = (
    "The machine may be running and costing money: look at it and delete it with ddsp_remote machines or in "
    "the window's list of machines."
)


def create(spec: CreateMachineSpec, cancel: CancelToken) -> Events:
    """Makes a machine and meets it. A request to stop deletes it again. One that was made before is only met.

    Raises:
      RemoteError: Google refuses (nothing is made, nothing kept), or the machine does not come up (it is kept).
      Cancelled.
      OSError: The record cannot be written: nothing was asked for.
    """
    kind = kind_of(spec.kind)
    book = MachineBook(HostBook(spec.book))
    yield Progressed(f"Asking Google Cloud for {kind.machine_type}", 0, 0, Unit.NOTHING, spec.zone)
    known = book.find(spec.name)
    engine = signed_in_for(known.project if known else spec.project)
    machine = known or Machine(
        name=spec.name,
        project=engine.project,
        zone=spec.zone,
        kind=spec.kind,
        limit_hours=float(spec.limit_hours),
        price_per_hour=float(spec.price_per_hour),
        is_spot=spec.is_spot,
        keeps=spec.keeps,
        asked_at=time.time(),
    )
    cancel.raise_if_set()
    public_key = book.put(machine)
    try:
        if machine.may_appear(time.time()):
            engine.make(machine, public_key)
        return (yield from _meet(engine, book, machine, cancel))
    except Cancelled:
        engine.delete(machine.project, machine.zone, machine.name)
        book.remove(machine.name)
        raise
    except _KEPT as error:
        raise RemoteError(error.title, f"{error.hint} {_MAY_RUN}".strip()) from error
    except RemoteError:
        book.remove(machine.name)  # it was refused, or is gone
        raise


def join(spec: JoinMachineSpec, cancel: CancelToken) -> Events:
    """Meets a machine again that was made from this computer. Raises RemoteError, ConfigError, Cancelled, OSError."""
    book = MachineBook(HostBook(spec.book))
    machine = book.get(spec.name)
    yield Progressed(f"Looking for {machine.name}", 0, 0, Unit.NOTHING, machine.zone)
    engine = signed_in_for(machine.project)
    return (yield from _meet(engine, book, machine, cancel))


def list_machines(spec: ListMachinesSpec, cancel: CancelToken) -> Events:
    """Says every machine with our label, and forgets those that are gone. `project` of the result is the default one.

    Raises RemoteError.
    """
    book = MachineBook(HostBook(spec.book))
    if spec.is_silent and not book.projects():
        return {}
    engine = signed_in_for(spec.project)
    now = time.time()
    seen: dict[str, FoundMachine] = {}
    for project in dict.fromkeys((*book.projects(), engine.project)):
        cancel.raise_if_set()
        try:
            seen.update({found.name: found for found in engine.labelled(project)})
        except RemoteError as error:
            if project == engine.project:
                raise
            yield Noted(error.title, error.hint)  # a project of earlier days must not hide the others
    for machine in book.machines():
        if machine.name not in seen and not machine.may_appear(now) and _is_gone(engine, machine):
            book.remove(machine.name)
    for found in seen.values():
        known = book.find(found.name)
        yield MachineFound(
            name=found.name,
            project=found.project,
            zone=found.zone,
            machine_type=found.machine_type,
            status=found.status,
            ends_at=found.ends_at,
            price_per_hour=known.price_per_hour if known else 0.0,
            is_ours=known is not None,
        )
    return {"project": engine.project}


def delete(spec: DeleteMachineSpec, cancel: CancelToken) -> Events:
    """Deletes a machine with its disk. Raises RemoteError, also for one without our label; nothing is deleted then."""
    book = MachineBook(HostBook(spec.book))
    known = book.find(spec.name)
    project, zone = (known.project, known.zone) if known else (spec.project, spec.zone)
    if not (project and zone):
        raise RemoteError(
            f"This computer does not know where the machine {spec.name} is", "Give its project and zone too."
        )
    engine = signed_in_for(project)
    yield Progressed(f"Deleting {spec.name}", 0, 0, Unit.NOTHING, zone)
    engine.delete(project, zone, spec.name)
    book.remove(spec.name)
    yield MachineDeleted(spec.name)
    return {}


def _is_gone(engine: "ComputeEngine", machine: Machine) -> bool:
    """Asked for by name: a list lacks the zones that did not answer."""
    try:
        return engine.find(machine.project, machine.zone, machine.name) is None
    except RemoteError:
        return False


def signed_in_for(project: str) -> "ComputeEngine":
    try:
        from ddsp_backend.machines.compute_engine import signed_in  # 1.3 s, and not everybody has the library
    except ModuleNotFoundError as error:
        raise RemoteError(
            f"Google's library for virtual machines is not installed ({error.name} is missing)",
            "./install brings it; an installation by pip needs: pip install 'timbre-studio[gcp]'.",
        ) from error
    return signed_in(project)


def _meet(engine: "ComputeEngine", book: MachineBook, machine: Machine, cancel: CancelToken) -> Events:
    """Waits for the machine's address, its host key and its Python; then looks at it as at any host."""
    wait = _Waiting(engine, machine, cancel)
    address = yield from wait.until(wait.address, f"Starting {machine.name}", _START_SECONDS)
    if not address:
        raise _NotUpError(f"{machine.name} did not start within {_START_SECONDS / 60:.0f} minutes")
    stage = f"Waiting for {machine.name} to start up (a few minutes)"
    if book.hosts.pinned_key(machine.name) is None:
        key = yield from wait.until(wait.host_key, stage, _KEY_SECONDS)
        if key:
            state = yield from wait.until(wait.state, stage, _START_SECONDS)
            if state != "ready":
                raise _NotUpError(f"{machine.name} is not ready: {state or 'it reports nothing'}")
            book.reach(machine.name, address, key)
        else:
            book.reach(machine.name, address, None)
            yield Noted(
                f"Google does not give the key of {machine.name}, so you have to compare its fingerprint",
                "Google's console shows it in the output of the machine's serial port.",
            )
    else:
        book.reach(machine.name, address, None)
    begun = time.monotonic()
    while True:
        try:
            yield from probe_host(HostSpec(book=str(book.hosts.folder), address=machine.name), cancel)
            return {"address": machine.name}
        except SshConnectionError as error:
            if time.monotonic() - begun > _SSH_SECONDS:
                raise _NotUpError(error.title, error.hint) from error
            time.sleep(_POLL_SECONDS)


class _NotUpError(RemoteError):
    """The machine is there, but of no use yet."""


_KEPT = (UnsureError, _NotUpError, HostKeyError)


class _Waiting:
    """Asks Google again and again. Every question raises MachineGoneError where the machine is no longer."""

    def __init__(self, engine: "ComputeEngine", machine: Machine, cancel: CancelToken) -> None:
        self._engine = engine
        self._machine = machine
        self._cancel = cancel

    def until(self, ask: Callable[[], str], stage: str, seconds: float) -> Generator[Event, None, str]:
        """The first answer that is not empty; empty where there was none for so long."""
        yield Progressed(stage, 0, 0, Unit.NOTHING, self._machine.zone)
        begun = time.monotonic()
        while not (answer := ask()):
            self._cancel.raise_if_set()
            if time.monotonic() - begun > seconds:
                return ""
            time.sleep(_POLL_SECONDS)
        self._cancel.raise_if_set()
        return answer

    def address(self) -> str:
        machine = self._machine
        found = self._engine.find(machine.project, machine.zone, machine.name)
        found = require_alive(found, machine, time.time())
        return found.address if found.status == "RUNNING" else ""

    def host_key(self) -> str:
        self.address()
        blob = self._engine.guest_words(self._machine, "hostkeys/").get("ssh-ed25519", "")
        return f"ssh-ed25519 {blob}" if blob else ""

    def state(self) -> str:
        self.address()
        return self._engine.guest_words(self._machine, f"{GUEST_NAMESPACE}/").get("state", "")


def require_alive(found: "FoundMachine | None", machine: Machine, now: float) -> "FoundMachine":
    """Raises MachineGoneError, with what became of it, unless the machine is there and will stay."""
    if found is not None and found.status in ("PROVISIONING", "STAGING", "RUNNING", "REPAIRING"):
        return found
    if now >= machine.ends_at:
        cause = f"reached its limit of {machine.limit_hours:g} hours and was deleted"
    elif machine.is_spot:
        cause = "was taken back by Google, which may happen with spot machines"
    else:
        cause = "no longer exists: somebody or Google deleted it"
    raise MachineGoneError(
        f"The machine {machine.name} {cause}",
        "Train here or on another machine: training continues from the last checkpoint that was copied back.",
    )
