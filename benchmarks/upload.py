"""Sends a data set to a host, which is this machine behind a real sshd, and compares with scp in the same run.

What is sent is summed at both ends; scp makes no sums. Both ends share the cores here.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measurement import Measurement
from ddsp_backend.remote.agent_client import AgentClient
from ddsp_backend.remote.connection import connect
from ddsp_backend.remote.install import Installation
from ddsp_backend.remote.probe import probe
from ddsp_backend.remote.upload import upload
from tests.remote.servers import Keys, OpenSsh, write_book

_SHARDS = 10
_MUST = 0.8  # of what scp reaches


def measure(is_small: bool) -> Iterator[Measurement]:
    """Megabytes a second; in the same run, in turn."""
    megabytes, rounds = (10, 1) if is_small else (1000, 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys = Keys(folder)
        server = OpenSsh(keys, folder)
        try:
            there = _There(folder, keys, server.port, megabytes)
            ours, theirs = [], []
            for number in range(rounds):
                theirs.append(megabytes / there.copy_with_scp())
                ours.append(megabytes / there.send(f"run {number}"))
                again = there.send(f"run {number} again")
                there.forget()
        finally:
            server.close()
    scp = Measurement("scp, no sums", theirs, "MB/s")
    yield scp
    yield Measurement("sending a data set", ours, "MB/s", limit=round(_MUST * scp.median))
    yield Measurement("sending it a second time", [again], "s")


class _There:
    def __init__(self, folder: Path, keys: Keys, port: int, megabytes: int) -> None:
        self._folder, self._keys, self._port = folder, keys, port
        self._book = write_book(folder, keys, port, sys.executable)
        self._data = folder / "data"
        self._data.mkdir()
        for number in range(_SHARDS):
            (self._data / f"{number}.tfrecord").write_bytes(os.urandom(megabytes * 1_000_000 // _SHARDS))

    def copy_with_scp(self) -> float:
        """Seconds."""
        target = self._folder / "copied"
        target.mkdir()
        config = self._folder / "ssh_config"
        known = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")
        begun = time.perf_counter()
        subprocess.run(["scp", "-q", "-r", "-F", config, *known, self._data, f"box:{target}"], check=True)
        seconds = time.perf_counter() - begun
        _require_equal(self._data, target / "data")
        shutil.rmtree(target)
        return seconds

    def send(self, run: str) -> float:
        """Seconds, from the first look at the files to the last sum."""
        return asyncio.run(self._send(run))

    async def _send(self, run: str) -> float:
        host = self._book.get("box")
        async with connect(host, self._book) as connection:
            agent = AgentClient(connection, "box")
            found = await probe(agent, host)
            installation = Installation(agent, host, found)
            async for _ in installation.steps():
                pass
            begun = time.perf_counter()
            target = f"{found.root}/runs/{run}"
            sources = {f"in/{path.name}": path for path in self._data.iterdir()}
            async for _ in upload(agent, installation.program, found.root, target, sources, keep=True):
                pass
            seconds = time.perf_counter() - begun
        _require_equal(self._data, Path(target, "in"))
        return seconds

    def forget(self) -> None:
        host = self._book.get("box")
        for name in ("store", "runs"):
            shutil.rmtree(Path(host.folder, name))


def _require_equal(one: Path, other: Path) -> None:
    for path in one.iterdir():
        if path.read_bytes() != (other / path.name).read_bytes():
            raise RuntimeError(f"{path.name} did not arrive as it was")
