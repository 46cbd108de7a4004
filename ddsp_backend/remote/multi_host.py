"""A training by several hosts at once, told as if it ran here: a worker on each, their traffic through ssh alone.

Every worker sits behind a gate (sealed_worker.py). What it sends to another comes here through its host's connection
and goes on through the other's, so the hosts need not know each other, and nothing listens on a network. The training
lasts as long as both connections do; when one is cut, the workers end, the first of them with a checkpoint.
"""

import asyncio
import contextlib
import functools
import tempfile
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncssh

from ddsp_backend.errors import Cause, ConfigError, DdspError, RemoteError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import LAST_WORDS, Event, Failed, Noted, Progressed
from ddsp_backend.jobs.place import Place
from ddsp_backend.jobs.spec import JobSpec, TrainSpec
from ddsp_backend.remote.agent_client import AgentClient, Program
from ddsp_backend.remote.async_steps import stepwise
from ddsp_backend.remote.both_ends import WorkerTask, join
from ddsp_backend.remote.hosts import HostBook
from ddsp_backend.remote.relay import Relay
from ddsp_backend.storage import is_bucket_path

_LAST_WORDS_SECONDS = 20.0  # that the others get once the first worker has ended
_NumberedEvents = list[
    tuple[int, Event]
]  # how much of the first worker's journal is told, 0 for as much as before; what
_OPEN = Noted(
    "On a host, TensorFlow's server is open to the network: anyone who can reach its port can run programs there",
    "You allowed this in the settings of that host. A firewall that lets only ssh through keeps it safe.",
)


@dataclass(frozen=True, slots=True)
class _SocketFolder:
    connection: asyncssh.SSHClientConnection
    folder: str


class WorkerSockets:
    """Where the workers of one training sit. Each is given the sockets that lead to the others."""

    def __init__(self, book: HostBook, addresses: Sequence[str]) -> None:
        self._book = book
        self._addresses = tuple(addresses)
        self._taken: dict[int, _SocketFolder] = {}
        self._all_taken, self._all_ready = asyncio.Event(), asyncio.Event()
        self._n_ready = 0
        self._notes: list[Noted] = []

    def said(self) -> _NumberedEvents:
        """What the user should know, once."""
        notes, self._notes = self._notes, []
        return [(0, note) for note in notes]

    async def take(self, index: int, agent: AgentClient, program: Program) -> dict[str, str]:
        """What the start of worker `index` is to be told, once all can reach each other.

        Raises RemoteError where the host cannot guard the worker, and its user has not allowed it to be open.
        """
        answer = await agent.ask(program, "seat")
        is_open = not answer["sealed"]
        if is_open and not self._book.get(self._addresses[index]).open_port:
            raise RemoteError(
                f"{agent.address} does not allow private networks for users; without one TensorFlow's "
                "server, which has no password, would not be safe there",
                "Its administrator can allow it: sysctl kernel.unprivileged_userns_clone=1, or on Ubuntu "
                "kernel.apparmor_restrict_unprivileged_userns=0. If nobody else can reach that host's "
                f"network, add it again with: ddsp_remote add {agent.address} --open_port",
            )
        if is_open:
            self._notes.append(_OPEN)
        self._taken[index] = _SocketFolder(agent.connection, answer["folder"])
        if len(self._taken) == len(self._addresses):
            self._all_taken.set()
        await self._all_taken.wait()
        for peer in range(len(self._addresses)):
            if peer != index:
                handler = functools.partial(self._lead_to, peer)
                path = f"{answer['folder']}/peer-{peer}"
                try:
                    await agent.connection.start_unix_server(lambda handler=handler: handler, path, encoding=None)
                except asyncssh.ChannelListenError as error:
                    raise RemoteError(
                        f"The ssh server of {agent.address} does not forward Unix sockets, through which workers talk",
                        "Its administrator can allow it: AllowStreamLocalForwarding yes, in sshd_config.",
                    ) from error
        # Nobody starts before everybody can be reached: a worker would wait for ever for one that is not coming.
        self._n_ready += 1
        if self._n_ready == len(self._addresses):
            self._all_ready.set()
        await self._all_ready.wait()
        task = WorkerTask(answer["folder"], index, len(self._addresses), is_open)
        return {"task": task.to_json()}

    async def _lead_to(self, peer: int, reader: Any, writer: Any) -> None:
        socket = self._taken[peer]
        try:
            there = await socket.connection.open_unix_connection(f"{socket.folder}/own", encoding=None)
        except (asyncssh.Error, OSError):
            writer.close()  # it has not opened yet, or is gone
            return
        with contextlib.suppress(asyncssh.Error, OSError):
            await join((reader, writer), there)


class MultiHostRelay:
    """As `Relay`, for a place with several hosts. The first one's worker tells and saves, and its files come back."""

    def __init__(self, spec: JobSpec, place: Place, cancel: CancelToken) -> None:
        self.offset = place.offset
        self._spec = spec
        self._place = place
        self._cancel = cancel
        self._sockets = WorkerSockets(HostBook(place.book), place.addresses)
        self._first = Relay(spec, place, cancel, functools.partial(self._sockets.take, 0))
        self._ends: list[str] = []  # of other workers, in sentences
        self._arrived: asyncio.Queue[_NumberedEvents | Exception] = asyncio.Queue()

    @property
    def is_left(self) -> bool:
        return self._first.is_left

    def events(self) -> Generator[Event, None, None]:
        """As `Relay.events`."""
        if self._place.offset:  # only its end is still to be told: without us the workers do not reach each other
            for event in self._first.events():
                self.offset = self._first.offset
                yield event
            return
        spec = self._possible()
        with tempfile.TemporaryDirectory(prefix="timbre-studio-") as nowhere:
            relays = [self._first]
            for index, address in enumerate(self._place.others, 1):
                # What another worker writes goes where nobody looks.
                its = replace(spec, save_dir=str(Path(nowhere) / str(index)))
                place = replace(self._place, address=address, others=())
                relays.append(Relay(its, place, self._cancel, functools.partial(self._sockets.take, index)))
            with contextlib.closing(stepwise(self._batches(relays))) as batches:
                for batch in batches:
                    for offset, event in batch:
                        self.offset = offset or self.offset
                        yield event

    def _possible(self) -> TrainSpec:
        spec = self._spec
        if not isinstance(spec, TrainSpec):
            raise ConfigError("Only training can run on several hosts", "Choose one host for this.")
        if len(set(self._place.addresses)) < len(self._place.addresses):
            raise ConfigError("The same host is given twice", "Give each host once.")
        if spec.cluster_config:
            raise ConfigError(
                "--cluster_config and the given hosts both say where workers run", "Leave out one of them."
            )
        if any(map(is_bucket_path, (spec.save_dir, spec.restore_dir))) or any("gs://" in p for p in spec.gin_params):
            raise ConfigError(
                "Workers on several hosts have no network access, so they cannot reach gs:// addresses",
                "Use folders on this computer: the data is copied to each host, and the model is copied back.",
            )
        return spec

    async def _batches(self, relays: Sequence[Relay]) -> AsyncGenerator[_NumberedEvents, None]:
        tasks = [asyncio.create_task(self._listen(relay)) for relay in relays]
        try:
            while True:
                heard = await self._arrived.get()
                if isinstance(heard, Exception):
                    raise heard
                if heard and isinstance(heard[-1][1], LAST_WORDS):
                    break
                yield heard
            await asyncio.wait(tasks, timeout=_LAST_WORDS_SECONDS)
            yield [*heard[:-1], (heard[-1][0], self._explained(heard[-1][1]))]
        finally:
            # With our connections the workers' ways to each other end, and with them whoever still works.
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, relay: Relay) -> None:
        """Puts into the queue what is to be told of a worker: of the first all, of others how their start goes."""
        is_first = relay is self._first
        try:
            async for batch in relay.through_cuts():
                relay.offset = batch[-1][0] if batch else relay.offset
                if is_first:
                    self._arrived.put_nowait([*self._sockets.said(), *batch])
                    continue
                for _, event in batch:
                    if isinstance(event, Progressed) and not relay.is_left:
                        self._arrived.put_nowait([(0, event)])
                    elif isinstance(event, Failed) and event.cause is not Cause.WORKER_LOST:
                        self._ends.append(f"The worker on {relay.address}: {event.title}")
        except (DdspError, OSError) as error:
            if is_first or not relay.is_left:
                self._arrived.put_nowait(error)
            else:
                self._ends.append(str(error))

    def _explained(self, last: Event) -> Event:
        """The first worker's last word; where it ended because another did, with that one's."""
        if not (isinstance(last, Failed) and self._ends and last.cause is Cause.WORKER_LOST):
            return last
        return replace(last, title=f"Another worker of this training stopped. {self._ends[0]}")
