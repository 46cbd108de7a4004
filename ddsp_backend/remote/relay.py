"""A run on a host, told as if it ran here: sent there, started, followed through cuts, its files brought back."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from dataclasses import replace

from ddsp_backend.errors import Cancelled, Cause, DataError, RemoteError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.codec import event_from_json, to_json
from ddsp_backend.jobs.events import LAST_WORDS, Event, Failed, Noted, Progressed, Started
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.place import Place
from ddsp_backend.jobs.spec import JobSpec
from ddsp_backend.remote.agent_client import AgentClient, Program
from ddsp_backend.remote.async_steps import stepwise
from ddsp_backend.remote.connection import connect
from ddsp_backend.remote.download import Download
from ddsp_backend.remote.hosts import Host, HostBook
from ddsp_backend.remote.install import Installation
from ddsp_backend.remote.job_bundle import JobBundle, pack, read_event
from ddsp_backend.remote.probe import probe
from ddsp_backend.remote.ssh_errors import SshConnectionError, naming_ssh_errors
from ddsp_backend.remote.upload import upload

_FIRST_PAUSE = 0.1  # seconds between two attempts to connect again; doubled each time
_LONGEST_PAUSE = 15.0
_CANCEL_POLL = 0.5  # seconds; each look costs, and nobody sees it: the request is acknowledged by the process itself
_STOP_PATIENCE = 30.0  # seconds that a stop waits for a host that is out of reach
_STOP_SILENCE = 120.0  # seconds without a word after which a job that was asked to stop is ended
_REMOVAL_PATIENCE = 5.0  # seconds; what is left there is removed with a later run
_RESUME = "When the host answers again, Resume reconnects to it. Everything copied back so far is kept."

BeforeStart = Callable[[AgentClient, Program], Awaitable[dict[str, str]]]


async def _nothing(agent: AgentClient, program: Program) -> dict[str, str]:
    return {}


class Relay:
    """Args:

    spec: The job, in the paths of this machine.
    place: Where it runs. A place with an offset was told in part already, and is only joined.
    before_start: Asked, once all is there, what else the start is to be told. For workers that wait for each other.

    Attributes:
      offset: Bytes of the journal there that the events yielded so far tell.
      is_left: Whether the run may have been started there, and its end is not known here: it can be joined, later if
        not now.
    """

    def __init__(self, spec: JobSpec, place: Place, cancel: CancelToken, before_start: BeforeStart = _nothing) -> None:
        self.offset = place.offset
        self.is_left = place.offset > 0
        self._spec = spec
        self._place = place
        self._cancel = cancel
        self._before_start = before_start
        self._book = HostBook(place.book)
        self._host = Host(address=place.address)
        self._program: Program | None = None
        self._run = ""
        self._bundle = JobBundle(spec)
        self._download: Download | None = None
        self._n_sent = 0  # of both parts of the bundle
        self._is_started = False
        self._is_over = False
        self._is_removed = False
        self._was_forced = False
        self._has_files = False  # the journal there names files that are not here yet
        self._heard_at = 0.0

    @property
    def address(self) -> str:
        return self._place.address

    def events(self) -> Generator[Event, None, None]:
        """Ends after the last word of the run there.

        Raises:
          RemoteError, ConfigError, DataError: The host cannot do it, is not known, or is lost.
          Cancelled: Before anything ran.
          OSError: A file here cannot be read or written.
        """
        with contextlib.closing(stepwise(self.through_cuts())) as batches:
            for batch in batches:
                for offset, event in batch:
                    self.offset = offset
                    yield event

    def _said(self, *events: Event) -> list[tuple[int, Event]]:
        """Our own words, which move nothing in the journal there."""
        return [(self.offset, event) for event in events]

    async def through_cuts(self) -> AsyncGenerator[list[tuple[int, Event]], None]:
        """What `events` yields, with the offset after each event; for callers that run their own loop."""
        self._host = self._book.get(self._place.address)
        address = self._host.address
        yield self._said(Progressed(f"Connecting to {address}", 0, 0, Unit.NOTHING))
        was_connected = False
        lost_at: float | None = None
        pause = _FIRST_PAUSE
        while not self._is_removed:
            try:
                async with connect(self._host, self._book) as connection:
                    was_connected, lost_at, pause = True, None, _FIRST_PAUSE
                    agent = AgentClient(connection, address)
                    if not self._is_over:
                        async for batch in self._work(agent):
                            yield batch
                    if self._is_over:
                        await self._remove(agent)
            except SshConnectionError as error:
                if not was_connected:
                    raise
                if lost_at is None:
                    lost_at = time.monotonic()
                    if not self._is_over:
                        yield self._said(Progressed(f"Connecting to {address} again", 0, 0, Unit.NOTHING))
                silence = time.monotonic() - lost_at
                if not self._is_over:
                    self._require_hope(silence, error)
                elif silence > _REMOVAL_PATIENCE:
                    return
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def _require_hope(self, silence: float, error: SshConnectionError) -> None:
        if self._cancel.is_set() and not self.is_left:
            raise Cancelled
        patience = min(_STOP_PATIENCE, self._host.patience) if self._cancel.is_set() else self._host.patience
        if silence > patience:
            raise RemoteError(
                f"{self._host.address} was lost: no answer for {silence:.0f} s. The job may still run there", _RESUME
            ) from error

    async def _work(self, agent: AgentClient) -> AsyncIterator[list[tuple[int, Event]]]:
        """All that one connection can do. Every part may be cut anywhere, and is done again."""
        async for event in self._prepare(agent):
            yield self._said(event)
            if self._cancel.is_set() and not self.is_left:
                raise Cancelled
        stopping = asyncio.create_task(self._stop_when_asked(agent))
        try:
            async with contextlib.aclosing(self._follow(agent)) as batches:
                async for batch in batches:
                    yield batch
                    self._heard_at = time.monotonic()
        finally:
            stopping.cancel()
            await asyncio.gather(stopping, return_exceptions=True)

    async def _remove(self, agent: AgentClient) -> None:
        """Its last word is told, and its files are here. Nothing that goes wrong now is worth another word."""
        try:
            with naming_ssh_errors(agent.address):
                await agent.ask(self._there, "remove", folder=self._run)
        except SshConnectionError:
            raise
        except RemoteError:
            pass
        self._is_removed = True

    @property
    def _there(self) -> Program:
        assert self._program is not None, "the host is asked for something before its set-up"
        return self._program

    async def _prepare(self, agent: AgentClient) -> AsyncIterator[Progressed]:
        if self._program is None:
            found = await probe(agent, self._host)
            self._run = f"{found.root}/runs/{self._place.job}"
            self._bundle = pack(self._spec, self._run, found.accelerator)
            if self._bundle.output is not None:
                self._download = Download(self._bundle.output, f"{self._run}/out", self._bundle.paths)
            steps = Installation(agent, self._host, found)
            async for event in steps.steps():
                yield event
            self._program = steps.program
        folder = f"{self._run}/job"
        if not self._is_started and (self.is_left or not self._n_sent):
            # One that runs there already must not find its files replaced by older ones.
            self._is_started = (await agent.ask(self._program, "started", folder=folder))["started"]
        if self._is_started:
            self.is_left = True
            return
        self.is_left = False
        if self.offset:
            raise RemoteError(
                f"The run is no longer on {self._host.address}: its folder {self._run} is gone",
                "Start it again: it continues from the last checkpoint that was copied back.",
            )
        if self._cancel.is_set():
            raise Cancelled
        root = self._run.rpartition("/runs/")[0]
        for sources, keep in ((self._bundle.inputs, True), (self._bundle.state, False))[self._n_sent :]:
            async for event in upload(agent, self._program, root, self._run, sources, keep):
                yield event
            self._n_sent += 1
        more = await self._before_start(agent, self._program)
        self.is_left = True  # if the line is cut now, nobody here knows
        try:
            await agent.ask(self._program, "start", folder=folder, spec=to_json(self._bundle.spec), **more)
        except RemoteError:
            self.is_left = False  # the host has said no
            raise
        self._is_started = True

    async def _follow(self, agent: AgentClient) -> AsyncGenerator[list[tuple[int, Event]], None]:
        offset = self.offset
        folder = f"{self._run}/job"
        async with contextlib.AsyncExitStack() as stack:
            update = None
            if self._download is not None:
                update = await stack.enter_async_context(self._download.visit(agent, self._there))
            follow = agent.request(self._there, "follow", folder=folder, offset=offset)
            request = await stack.enter_async_context(follow)
            async for lines in request.lines():
                batch: list[tuple[int, Event]] = []
                for line in lines:
                    had_files = self._has_files
                    event, length = self._read(line)
                    if self._has_files and not had_files and batch:
                        yield batch  # what names no files waits for none
                        batch = []
                    offset += length
                    if not isinstance(event, Started):  # it was said when this relay began
                        batch.append((offset, event))
                # The files first: whoever hears of one finds it.
                if update is not None and self._has_files:
                    await update()
                    self._has_files = False
                over = [index for index, (_, event) in enumerate(batch) if isinstance(event, LAST_WORDS)]
                if over:
                    self._is_over, self.is_left = True, False
                    yield batch[: over[0] + 1]
                    return
                yield batch

    def _read(self, line: bytes) -> tuple[Event, int]:
        """The event of a line, in the paths of this machine, and the bytes of the journal there that it takes."""
        dead = _said_for_the_dead(line)
        if dead is not None and self._was_forced:
            dead = Failed("The job did not react to the request to stop, so it was ended", dead.hint)
        event, length = (_event(line), len(line) + 1) if dead is None else (dead, 0)
        mapped = self._bundle.paths.event_here(event)
        if isinstance(event, Failed) and event.cause is Cause.DISK:
            # Its path is that of the host: here there is space.
            mapped = replace(event, title=f"On {self._host.address}: {event.title}")
        self._has_files |= mapped != event or isinstance(event, LAST_WORDS)
        return mapped, length

    async def _stop_when_asked(self, agent: AgentClient) -> None:
        while not self._cancel.is_set():
            await asyncio.sleep(_CANCEL_POLL)
        await agent.ask(self._there, "stop", folder=f"{self._run}/job", by_force=False)
        self._heard_at = time.monotonic()
        while time.monotonic() - self._heard_at < _STOP_SILENCE:
            await asyncio.sleep(1)
        self._was_forced = True
        await agent.ask(self._there, "stop", folder=f"{self._run}/job", by_force=True)


def _said_for_the_dead(line: bytes) -> Failed | None:
    """The last word that remote/host_agent.py says for a job which died without one."""
    if not line.startswith(b'{"epitaph"'):
        return None
    try:
        event = event_from_json(json.loads(line)["epitaph"])
    except (ValueError, KeyError, TypeError, DataError):
        return None
    return event if isinstance(event, Failed) else None


def _event(line: bytes) -> Event:
    try:
        return read_event(line)
    except DataError as error:
        return Noted(error.title)
