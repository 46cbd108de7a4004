"""Sends files to a host: each content only once, and after a cut connection from where it stopped."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ddsp_backend.errors import RemoteError
from ddsp_backend.jobs.events import Progressed
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.remote.agent_client import AgentClient, Program, Request

Source = Path | bytes

_PIECE = 1 << 18
_GROUP = 1 << 26
_AT_ONCE = 4  # sums computed beside each other
_SPARE = 100_000_000  # bytes of the host's disk that stay free
_TRIES = 3
_TOLD_SECONDS = 0.1  # between two words about how far it is


async def upload(
    agent: AgentClient, program: Program, root: str, run: str, sources: Mapping[str, Source], keep: bool
) -> AsyncIterator[Progressed]:
    """Puts every source below the folder `run`, under its name.

    Args:
      keep: Whether the contents stay in the host's store, for other runs.

    Raises:
      RemoteError: no space there, or the files arrive damaged again and again.
      OSError: a file here cannot be read.
    """
    if not sources:
        return
    progress = _Progress(f"Sending to {agent.address}", sum(map(_size, sources.values())))
    async with agent.request(program, "take", store=f"{root}/store", folder=run, keep=keep) as request:
        free = (await _ask(request, []))["free"]
        await _ask(request, [])
        # The sums of some are made while others are sent, unless it must be known before whether all of it fits.
        groups = _groups(sources) if progress.total < free - _SPARE else [list(sources)]
        summing = _summing(groups[0], sources)
        try:
            for next_group in (*groups[1:], None):
                sums = await summing
                if next_group:
                    summing = _summing(next_group, sources)
                contents = {sha: sources[name] for name, sha in sums.items()}
                async for event in _send_group(request, sums, contents, progress, agent.address):
                    yield event
        finally:
            summing.cancel()


async def _send_group(
    request: Request, sums: Mapping[str, str], contents: Mapping[str, Source], progress: "_Progress", address: str
) -> AsyncIterator[Progressed]:
    expected = sum(_size(contents[sha]) for sha in sums.values())
    for _ in range(_TRIES):
        lengths = _lengths(await _ask(request, [[sha, name] for name, sha in sums.items()]), contents, address)
        missing = sum(size - start for start, size in lengths.values())
        progress.total += missing - expected
        await request.write(_line([[sha, *length] for sha, length in lengths.items()]))
        for sha, length in lengths.items():
            for piece in _pieces(contents[sha], *length):
                await request.write(piece)
                if event := progress.after(len(piece)):
                    yield event
        lacking = (await request.answer())["lacking"]
        if not lacking:
            return
        expected = 0
    raise RemoteError(f"{len(lacking)} files arrived damaged on {address} three times", "Check the disk there.")


async def _ask(request: Request, value: object) -> dict[str, Any]:
    await request.write(_line(value))
    return await request.answer()


class _Progress:
    """`total`: bytes that are to be sent, as far as it is known."""

    def __init__(self, stage: str, total: int) -> None:
        self.total = total
        self._stage = stage
        self._sent = 0
        self._begun = self._told_at = time.monotonic()

    def after(self, n_bytes: int) -> Progressed | None:
        """What to say after so many bytes more, if it is time to say something."""
        self._sent += n_bytes
        now = time.monotonic()
        if now - self._told_at < _TOLD_SECONDS and self._sent < self.total:
            return None
        self._told_at, rate = now, self._sent / max(now - self._begun, 1e-3)
        left = self.total - self._sent
        return Progressed(
            self._stage,
            self._sent / 1e6,
            self.total / 1e6,
            Unit.MEGABYTES,
            "",
            rate=rate / 1e6,
            seconds_left=left / rate,
        )


def _groups(sources: Mapping[str, Source]) -> list[list[str]]:
    """Names, in groups whose sums take a moment."""
    groups: list[list[str]] = []
    n_bytes = _GROUP
    for name, source in sources.items():
        if n_bytes >= _GROUP:
            groups.append([])
            n_bytes = 0
        groups[-1].append(name)
        n_bytes += _size(source)
    return groups


def _summing(names: list[str], sources: Mapping[str, Source]) -> asyncio.Task[dict[str, str]]:
    async def work() -> dict[str, str]:
        sums = await asyncio.to_thread(_sums, [sources[name] for name in names])
        return dict(zip(names, sums, strict=True))

    return asyncio.create_task(work())


def _lengths(answer: Mapping[str, Any], contents: Mapping[str, Source], address: str) -> dict[str, tuple[int, int]]:
    """How many bytes of each content that is not whole there are there, and its size. RemoteError: they do not fit."""
    lengths: dict[str, tuple[int, int]] = {}
    for sha, here in answer["here"].items():
        if here is not None and sha in contents:
            size = _size(contents[sha])
            # A part that is longer than the whole is nonsense.
            lengths[sha] = (here if here <= size else 0, size)
    total = sum(size - start for start, size in lengths.values())
    if total > answer["free"] - _SPARE:
        raise RemoteError(
            f"{address} has {answer['free'] / 1e6:,.0f} MB of free disk space, but {total / 1e6:,.0f} MB must be sent",
            "Free some space there, or choose a folder on another disk for this host.",
        )
    return lengths


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _pieces(source: Source, start: int, end: int) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield from filter(None, [source[start:end]])
        return
    with source.open("rb") as file:
        file.seek(start)
        while start < end:
            piece = file.read(min(_PIECE, end - start))
            if not piece:
                raise RemoteError(
                    f"{source} became shorter while it was being sent", "Start again when no program is writing to it."
                )
            start += len(piece)
            yield piece


def _size(source: Source) -> int:
    return len(source) if isinstance(source, bytes) else source.stat().st_size


def _sums(sources: list[Source]) -> list[str]:
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(_sum, sources))


def _sum(source: Source) -> str:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
