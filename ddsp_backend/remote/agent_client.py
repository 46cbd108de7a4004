"""Asking a host to do something, over one connection. No word of a request is ever read by a shell there."""

import asyncio
import json
import shlex
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncssh

from ddsp_backend.errors import RemoteError
from ddsp_backend.remote.both_ends import GREETING

_GREETING = GREETING.encode() + b"\n"
_REFUSAL = b'{"refused": '
_AHEAD = 4 << 20  # bytes that wait here to be sent; the line must not be idle while more is read
_ANEW = (
    "Try again. If it still fails, remove Timbre Studio's folder there (by default "
    "~/.cache/timbre-studio): it is then set up again."
)
_MOST_NOISE = 1_000_000  # bytes that login scripts may print before they let us speak


@dataclass(frozen=True, slots=True)
class Program:
    """This program as it is set up on a host: an interpreter, and the folder that holds `ddsp_backend`."""

    python: str
    folder: str

    def command(self) -> str:
        # What the user's own PYTHONPATH there names stays reachable.
        path = f"PYTHONPATH={shlex.quote(self.folder)}${{PYTHONPATH:+:$PYTHONPATH}}"
        script = f"{path} exec {shlex.quote(self.python)} -m ddsp_backend.remote.host_agent"
        return f"exec /bin/sh -c {shlex.quote(script)}"  # a login shell may be csh or fish


class AgentClient:
    """Args:

    connection: Open; who opened it closes it.
    address: The host's, for the sentences of errors.
    """

    def __init__(self, connection: asyncssh.SSHClientConnection, address: str) -> None:
        self.connection = connection
        self.address = address

    async def script(self, text: str) -> AsyncIterator[str]:
        """Runs a script in /bin/sh and yields the lines that it prints.

        Raises RemoteError, with the last line that was printed, where it ends with another code than 0, or never began.
        """
        last = ""
        async with self.connection.create_process(
            "exec /bin/sh -s", encoding=None, stderr=asyncssh.STDOUT, stdin=asyncssh.PIPE
        ) as process:
            process.stdin.write(f"echo {GREETING}\n{text}\n".encode())
            process.stdin.write_eof()
            try:
                async for lines in _lines(process):
                    for line in lines:
                        last = line.decode(errors="replace").strip()
                        yield last
            except _NeverBegan as said:
                await process.wait()
                if process.exit_status is not None:
                    raise self._no_shell(str(said)) from said
            await process.wait()
        _require_success(process, self.address, last)

    def _no_shell(self, said: str) -> RemoteError:
        words = f": it says {said[:200]!r}" if said else ""
        return RemoteError(
            f"{self.address} accepted your login, but runs no commands{words}",
            f"Does your account have a login shell there? This command should succeed: ssh {self.address} true",
        )

    async def ask(self, program: Program, do: str, **arguments: Any) -> dict[str, Any]:
        """The answer to one request of remote/host_agent.py. Raises RemoteError where it fails."""
        async with self.request(program, do, **arguments) as request:
            answer = await request.answer()
            async for _ in request.lines():  # to its end: what was asked next must not meet it
                pass
            return answer

    @asynccontextmanager
    async def request(self, program: Program, do: str, **arguments: Any) -> AsyncGenerator["Request", None]:
        """One request of remote/host_agent.py, to be read from and written to."""
        async with self.connection.create_process(program.command(), encoding=None) as process:
            process.stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
            yield Request(process, self.address)


class Request:
    """A request that a host works on. Each method raises RemoteError where the host cannot do it."""

    def __init__(self, process: asyncssh.SSHClientProcess[bytes], address: str) -> None:
        self._process = process
        self._address = address
        self._batches = _lines(process)
        self._waiting: deque[bytes] = deque()
        process.channel.set_write_buffer_limits(_AHEAD)

    async def write(self, piece: bytes) -> None:
        """Gives the host more to read."""
        try:
            self._process.stdin.write(piece)
            await asyncio.sleep(0)  # draining alone does not wait, and so does not hear that the line was cut
            await self._process.stdin.drain()
        except BrokenPipeError as error:
            await self.answer()
            raise asyncssh.ConnectionLost("a command ended too early") from error

    async def lines(self) -> AsyncGenerator[list[bytes], None]:
        """The lines that the host says, as many at a time as came."""
        while lines := await self._next():
            yield lines

    async def answer(self) -> dict[str, Any]:
        """The next line."""
        while not self._waiting:
            lines = await self._next()
            if not lines:
                raise self._nonsense(b"")
            self._waiting += lines
        line = self._waiting.popleft()
        try:
            return dict(json.loads(line))
        except (ValueError, TypeError) as error:
            raise self._nonsense(line) from error

    async def _next(self) -> list[bytes]:
        try:
            lines: list[bytes] = await anext(self._batches, [])
        except _NeverBegan:
            lines = []
        if not lines:
            complaint = (await self._process.stderr.read()).decode(errors="replace").strip()
            self._process.stdin.write_eof()
            await self._process.wait()
            _require_success(self._process, self._address, complaint.rpartition("\n")[2])
        elif lines[-1].startswith(_REFUSAL):
            answer = json.loads(lines[-1])
            if answer["full"]:
                raise RemoteError(
                    f"The disk of {self._address} is full: {answer['refused']}",
                    "Free some space there, or choose a folder on another disk for this host. Files that "
                    "were sent are kept.",
                )
            raise RemoteError(
                f"{self._address} refused a file: {answer['refused']}",
                "Check that its disk has space and that you may write there.",
            )
        return lines

    def _nonsense(self, line: bytes) -> RemoteError:
        return RemoteError(f"{self._address} gave an answer that cannot be read: {line[:80]!r}", _ANEW)


def _require_success(process: asyncssh.SSHClientProcess[bytes], address: str, last: str) -> None:
    if process.exit_status is None and process.exit_signal is None:
        raise asyncssh.ConnectionLost("a command did not end")
    if process.exit_status != 0:
        raise RemoteError(f"A command failed on {address}: {last or process.exit_signal or 'no reason given'}", _ANEW)


class _NeverBegan(Exception):
    """What was said instead of the greeting, to the end."""


async def _lines(process: asyncssh.SSHClientProcess[bytes]) -> AsyncIterator[list[bytes]]:
    """Complete lines without their ends, those before the greeting left out."""
    buffer = bytearray()
    greeted = False
    while chunk := await process.stdout.read(1 << 16):
        buffer += chunk
        if not greeted:
            at = buffer.find(_GREETING)
            if at < 0 and len(buffer) > _MOST_NOISE:
                raise RemoteError(
                    "The login scripts of the host never stop printing", "They must print nothing for ssh sessions."
                )
            if at < 0:
                continue
            greeted = True
            del buffer[: at + len(_GREETING)]
        *lines, rest = bytes(buffer).split(b"\n")
        buffer = bytearray(rest)
        if lines:
            yield lines
    if not greeted:
        raise _NeverBegan(buffer.decode(errors="replace").strip())
