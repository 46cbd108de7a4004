"""Follows a run on a host that says ten events a second; the host is this machine behind a real sshd."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from app.jobs.child import ChildJob
from benchmarks.measurement import Measurement
from ddsp_backend.jobs.events import StepDone
from ddsp_backend.jobs.folder import JobFolder
from ddsp_backend.jobs.place import new_place
from ddsp_backend.jobs.spec import InspectSpec
from tests.remote.servers import Keys, OpenSsh, write_book

_COUNTING = Path(__file__).parents[1] / "tests" / "contract" / "child"  # there, InspectSpec's job counts
_EVENTS_A_SECOND = 10


def measure(is_small: bool) -> Iterator[Measurement]:
    """Percent of a core at both ends (there with sshd's part), and what is added to an event, with the slowest."""
    seconds = 2 if is_small else 60
    os.environ["PYTHONPATH"] = os.pathsep.join((str(_COUNTING), str(_COUNTING.parents[2])))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys = Keys(folder)
        server = OpenSsh(keys, folder)
        try:
            here, there, delays = _follow(folder, keys, server, seconds)
        finally:
            server.close()
    yield Measurement("following ten events a second, here", [here], "% of a core", limit=1)
    yield Measurement("following ten events a second, there", [there], "% of a core", limit=1)
    yield Measurement("added to an event", delays, "ms", limit=200)
    slowest = sorted(delays)[-max(1, len(delays) // 100) :]
    yield Measurement("added to an event, the slowest of a hundred", slowest[:1], "ms", limit=200)
    yield Measurement("added to the slowest event", slowest[-1:], "ms", limit=200)


def _follow(folder: Path, keys: Keys, server: OpenSsh, seconds: float) -> tuple[float, float, list[float]]:
    book = write_book(folder, keys, server.port, sys.executable)
    spec = InspectSpec(inputs=("steps=1000000", f"slow={1 / _EVENTS_A_SECOND}"))
    job = ChildJob(spec, folder / "job", place=new_place(str(book.folder), "box"))
    ends: list[list[psutil.Process]] = []
    before: list[float] = []
    begun = 0.0
    used: list[float] = []
    for event in job.events():
        if not isinstance(event, StepDone) or used:
            continue
        if not ends and event.step > 2 * _EVENTS_A_SECOND:
            relay = psutil.Process(json.loads((folder / "job" / "pid").read_text())["pid"])
            ends = [[relay], server.sessions()]
            before, begun = [_seconds_of(end) for end in ends], time.monotonic()
        elif ends and time.monotonic() - begun > seconds:
            elapsed = time.monotonic() - begun
            used = [(_seconds_of(end) - old) / elapsed * 100 for end, old in zip(ends, before, strict=True)]
            (there,) = (Path(book.get("box").folder) / "runs").glob("*/job")
            told_there = _times(JobFolder(there))
            job.cancel()
    told_here = _times(job.folder)
    delays = [(told_here[step] - at) * 1e3 for step, at in told_there.items() if step in told_here]
    return used[0], used[1], delays


def _seconds_of(processes: list[psutil.Process]) -> float:
    # The kernel's own count, in ns; that of psutil moves in hundredths of a second.
    tasks = (path for process in processes for path in Path(f"/proc/{process.pid}/task").glob("*/schedstat"))
    return sum(int(path.read_text().split()[0]) for path in tasks) / 1e9


def _times(folder: JobFolder) -> dict[int, float]:
    """When each step was told."""
    lines = (json.loads(line) for line in folder.events_path.read_bytes().splitlines())
    return {line["step"]: line["at"] for line in lines if line["type"] == "StepDone"}
