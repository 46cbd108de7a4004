"""Sends files to a host: each content once, whoever needs it, and where a cut left off."""

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
from ddsp_backend.remote.link import Link, Program, Request

Source = Path | bytes

_PIECE = 1 << 18
_AT_ONCE = 4  # sums computed beside each other
_SPARE = 100_000_000  # bytes of the host's disk that stay free
_TRIES = 3
_TOLD_SECONDS = 0.1  # between two words about how far it is


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
    async with link.request(program, "take", store=f"{root}/store", folder=run, keep=keep) as request:
        sums = dict(zip(sources, await asyncio.to_thread(_sums, list(sources.values())), strict=True))
        contents = {sums[name]: source for name, source in sources.items()}
        for _ in range(_TRIES):
            await request.write(_line([[sha, name] for name, sha in sums.items()]))
            lengths = _lengths(await request.answer(), contents, link.address)
            await request.write(_line([[sha, *length] for sha, length in lengths.items()]))
            async for event in _rests(request, lengths, contents, f"Sending to {link.address}"):
                yield event
            lacking = (await request.answer())["lacking"]
            if not lacking:
                return
    raise RemoteError(
        f"{len(lacking)} files arrived damaged on {link.address}, three times", "Is the disk there in order?"
    )


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
            f"{address} has {answer['free'] / 1e6:,.0f} MB of disk left, and {total / 1e6:,.0f} MB are to be sent",
            "Free some space there, or choose a folder on another disk for this host.",
        )
    return lengths


async def _rests(
    request: Request, lengths: Mapping[str, tuple[int, int]], contents: Mapping[str, Source], stage: str
) -> AsyncIterator[Progressed]:
    total = sum(size - start for start, size in lengths.values())
    sent, begun = 0, time.monotonic()
    told_at = begun
    for sha, length in lengths.items():
        for piece in _pieces(contents[sha], *length):
            await request.write(piece)
            sent += len(piece)
            now = time.monotonic()
            if now - told_at > _TOLD_SECONDS or sent == total:
                told_at, rate = now, sent / max(now - begun, 1e-3)
                yield Progressed(stage, sent / 1e6, total / 1e6, "MB", "", rate / 1e6, (total - sent) / rate)


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
                raise RemoteError(f"{source} became shorter while it was sent", "Start again once nothing writes it.")
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
