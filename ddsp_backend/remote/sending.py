"""Sends files to a host: each content once, whoever needs it, and where a cut left off."""

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ddsp_backend.errors import RemoteError
from ddsp_backend.jobs.events import Progressed
from ddsp_backend.remote.link import Link, Program

Source = Path | bytes

_PIECE = 4 << 20
_AT_ONCE = 4  # sums computed beside each other
_SPARE = 100_000_000  # bytes of the host's disk that stay free
_TRIES = 3


async def send(
    link: Link, program: Program, root: str, run: str, sources: Mapping[str, Source], keep: bool
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
    sums = dict(zip(sources, await asyncio.to_thread(_sums, list(sources.values())), strict=True))
    contents = {sums[name]: source for name, source in sources.items()}
    store = f"{root}/store"
    wanted = list(contents)
    for _ in range(_TRIES):
        async for event in _send_missing(link, program, store, {sha: contents[sha] for sha in wanted}):
            yield event
        files = [[sums[name], name] for name in sources]
        wanted = (await link.ask(program, "place", store=store, folder=run, files=files, keep=keep))["damaged"]
        if not wanted:
            return
    raise RemoteError(
        f"{len(wanted)} files arrived damaged on {link.address}, three times", "Is the disk there in order?"
    )


async def _send_missing(
    link: Link, program: Program, store: str, contents: Mapping[str, Source]
) -> AsyncIterator[Progressed]:
    answer = await link.ask(program, "missing", store=store, wanted=list(contents))
    begins = {sha: here for sha, here in answer["here"].items() if here is not None and sha in contents}
    left = {sha: max(0, _size(contents[sha]) - begins[sha]) for sha in begins}
    total, sent, begun = sum(left.values()), 0, time.monotonic()
    if total > answer["free"] - _SPARE:
        raise RemoteError(
            f"{link.address} has {answer['free'] / 1e6:,.0f} MB of disk left, and {total / 1e6:,.0f} MB are to be sent",
            "Free some space there, or choose a folder on another disk for this host.",
        )
    if not begins:
        return
    async with link.connection.start_sftp_client() as files:
        for sha, start in begins.items():
            source = contents[sha]
            # A part that is longer than the whole is nonsense; its sum will tell, and it is sent anew.
            async with files.open(f"{store}/{sha}.part", "r+b" if start else "wb") as file:
                async for n_bytes in _written(file, source, start):
                    sent += n_bytes
                    rate = sent / max(time.monotonic() - begun, 1e-3)
                    left_secs = (total - sent) / rate
                    yield Progressed(
                        f"Sending to {link.address}",
                        sent / 1e6,
                        total / 1e6,
                        "MB",
                        "",
                        rate / 1e6,
                        left_secs,
                    )


async def _written(file: Any, source: Source, start: int) -> AsyncIterator[int]:
    """Writes what comes after `start`; yields how many bytes are there, as they are. Two pieces are always on their
    way: with one, the line would be idle until its receipt. They arrive in order, so what a cut leaves is a beginning.
    """
    position = start
    under_way: deque[asyncio.Task[int]] = deque()
    try:
        for piece in _pieces(source, start):
            under_way.append(asyncio.create_task(file.write(piece, position)))
            position += len(piece)
            await asyncio.sleep(0)  # so that the first piece is sent before the second
            if len(under_way) > 1:
                yield await under_way.popleft()
        while under_way:
            yield await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def _pieces(source: Source, start: int) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source[start:]
        return
    with source.open("rb") as file:
        file.seek(start)
        while piece := file.read(_PIECE):
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
