"""Keeps a folder here equal to a run's folder on a host: every file verified, and written whole."""

import asyncio
import hashlib
import json
import re
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import asyncssh

from ddsp_backend.errors import RemoteError
from ddsp_backend.files import written_whole
from ddsp_backend.remote.agent_client import AgentClient, Program, Request
from ddsp_backend.remote.job_bundle import PathMap, is_config

_PIECE = 4 << 20
_TRIES = 3
_AT_ONCE = 16
_CHECKPOINT = re.compile(r"ckpt-(\d+)\.(?:index|data-\d{5}-of-\d{5})")


class Download:
    """Args:

    folder: Here.
    there: On the host, absolute.
    paths: Applied to configs, which name files of the host.
    """

    def __init__(self, folder: Path, there: str, paths: PathMap) -> None:
        self._folder = folder
        self._there = there
        self._paths = paths
        self._known: dict[str, list[int]] = {}

    @asynccontextmanager
    async def visit(self, agent: AgentClient, program: Program) -> AsyncGenerator[Callable[[], Awaitable[None]], None]:
        """Yields what updates the folder, for one connection: connecting for each file takes longer than most files.

        An update fetches what is new or changed there, and removes the checkpoints that the run has dropped. A file
        that is replaced faster than it can be fetched is left for the next time; what is here of it stays.

        It raises RemoteError where a file comes back damaged every time, OSError where the disk here fails.
        """
        async with (
            agent.request(program, "list", folder=self._there) as listing,
            agent.connection.start_sftp_client() as remote,
        ):
            yield partial(self._update, listing, remote)

    async def _update(self, listing: Request, remote: asyncssh.SFTPClient) -> None:
        damage: Counter[tuple[str, int, int]] = Counter()
        for _ in range(_TRIES):
            await listing.write(json.dumps(self._known).encode() + b"\n")
            answer = await listing.answer()
            files: dict[str, list[Any]] = {_safe(name): entry for name, entry in answer["files"].items()}
            others = await self._fetch_all(remote, files)
            damage.update((name, size, changed) for name in others for size, changed, _ in [files[name]])
            if not others:
                break
        if _TRIES in damage.values():
            raise RemoteError(f"Files of {self._there} arrived here damaged three times", "Check the host's disk.")
        self._prune(files)

    async def _fetch_all(self, remote: asyncssh.SFTPClient, files: dict[str, list[Any]]) -> list[str]:
        """The names of those that are not as they were listed. One that is gone there by now does not count."""
        new = {name: entry for name, entry in files.items() if entry[2]}
        others: list[str] = []
        turns = asyncio.Semaphore(_AT_ONCE)  # over a long way each file takes several round trips

        async def get(name: str) -> None:
            size, changed, sha = new[name]
            async with turns:
                try:
                    if await self._is_here(name, sha) or await self._fetch(remote, name, size, sha):
                        self._known[name] = [size, changed]
                    else:
                        others.append(name)
                except asyncssh.SFTPNoSuchFile:
                    pass

        for order in sorted({_order(name) for name in new}):
            await _together([get(name) for name in new if _order(name) == order])
        return others

    async def _is_here(self, name: str, sha: str) -> bool:
        path = self._folder / name
        return path.is_file() and not is_config(name) and await asyncio.to_thread(_sum, path) == sha

    async def _fetch(self, remote: asyncssh.SFTPClient, name: str, size: int, sha: str) -> bool:
        """Whether what came is what was listed; otherwise it was replaced meanwhile, and nothing is written."""
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with written_whole(target) as temporary:
                async with remote.open(f"{self._there}/{name}", "rb") as source:
                    if await _copy(source, temporary, size) != sha:
                        raise _ChangedError
                if is_config(name):
                    temporary.write_bytes(self._paths.text_here(temporary.read_bytes()))
        except _ChangedError:
            return False
        return True

    def _prune(self, files: dict[str, list[Any]]) -> None:
        """Whatever checkpoint is here was sent there or came from there. What the run has removed since, goes."""
        steps = {int(match[1]) for name in files if (match := _CHECKPOINT.fullmatch(name))}
        for path in self._folder.glob("ckpt-*"):
            match = _CHECKPOINT.fullmatch(path.name)
            if match and steps and path.name not in files and int(match[1]) < max(steps):
                path.unlink()


class _ChangedError(Exception):
    pass


async def _copy(source: Any, target: Path, size: int) -> str:
    """Copies the first `size` bytes and returns their sum."""
    digest = hashlib.sha256()
    done = 0
    with target.open("wb") as file:
        while done < size and (piece := await source.read(min(_PIECE, size - done), done)):
            digest.update(piece)
            file.write(piece)
            done += len(piece)
    return digest.hexdigest()


async def _together(work: list[Coroutine[Any, Any, None]]) -> None:
    """Does all of it; where one fails, nothing of the others goes on."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _order(name: str) -> int:
    """A checkpoint's data before its index, and what names checkpoints after all of them."""
    return 2 if name in ("checkpoint", "best.json") else int(name.endswith(".index"))


def _safe(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name or "\\" in name or not path.parts:
        raise RemoteError(
            f"The host offers a file with the forbidden name {name!r}", "The connection was closed for safety."
        )
    return name


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
