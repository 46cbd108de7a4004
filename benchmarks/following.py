"""Follows runs on a host that say ten events a second; the host is this machine behind a real sshd.

The first says nothing but steps, the second clips and checkpoints too, whose files come here before the event is told.
"""

import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import psutil

from app.jobs.child import ChildJob
from benchmarks.measurement import Measurement
from ddsp_backend.jobs.events import StepDone
from ddsp_backend.jobs.folder import JobFolder
from ddsp_backend.jobs.place import new_place
from ddsp_backend.jobs.spec import InspectSpec, JobSpec, TrainSpec
from tests.remote.servers import Keys, OpenSsh, write_book

_SCRIPTED = Path(__file__).parents[1] / "tests" / "contract" / "child"  # what the jobs of these specs do there
_EVENTS_A_SECOND = 10
_FILES = {"ClipRendered": "a clip of 0.4 MB", "CheckpointSaved": "a checkpoint of 31 MB"}


def measure(is_small: bool) -> Iterator[Measurement]:
    """Percent of a core at both ends (there with sshd's part), and what is added to an event, with the slowest."""
    seconds = 8 if is_small else 60
    os.environ["PYTHONPATH"] = os.pathsep.join((str(_SCRIPTED), str(_SCRIPTED.parents[2])))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys = Keys(folder)
        server = OpenSsh(keys, folder)
        counting = InspectSpec(inputs=("steps=1000000", f"slow={1 / _EVENTS_A_SECOND}"))
        writing = TrainSpec(save_dir=str(folder / "run"), gin_files=("none.gin",))
        try:
            here, there, of_counting = _follow(folder / "1", keys, server, counting, 2 if is_small else seconds)
            _, _, of_writing = _follow(folder / "2", keys, server, writing, seconds)
        finally:
            server.close()
    yield Measurement("following ten events a second, here", [here], "% of a core", limit=1)
    yield Measurement("following ten events a second, there", [there], "% of a core", limit=1)
    for what, delays in (("an event", of_counting["StepDone"]), ("a step among clips", of_writing["StepDone"])):
        yield Measurement(f"added to {what}", delays, "ms", limit=200)
        slowest = sorted(delays)[-max(1, len(delays) // 100) :]
        yield Measurement(f"added to {what}, the slowest of a hundred", slowest[:1], "ms", limit=200)
        yield Measurement(f"added to the slowest: {what}", slowest[-1:], "ms", limit=200)
    for kind, what in _FILES.items():
        yield Measurement(f"added to {what}", of_writing[kind], "ms", limit=200)


def _follow(
    folder: Path, keys: Keys, server: OpenSsh, spec: JobSpec, seconds: float
) -> tuple[float, float, dict[str, list[float]]]:
    """Percent of a core here and there, and what was added to the events of each kind, ms."""
    book = write_book(folder, keys, server.port, sys.executable)
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
    delays: dict[str, list[float]] = defaultdict(list)
    for event in told_there.keys() & told_here.keys():
        delays[event[0]].append((told_here[event] - told_there[event]) * 1e3)
    return used[0], used[1], delays


def _seconds_of(processes: list[psutil.Process]) -> float:
    # The kernel's own count, in ns; that of psutil moves in hundredths of a second.
    tasks = (path for process in processes for path in Path(f"/proc/{process.pid}/task").glob("*/schedstat"))
    return sum(int(path.read_text().split()[0]) for path in tasks) / 1e9


def _times(folder: JobFolder) -> dict[tuple[str, int], float]:
    """When each was told: {(kind, step): seconds}."""
    lines = (json.loads(line) for line in folder.events_path.read_bytes().splitlines())
    return {(line["type"], line["step"]): line["at"] for line in lines if "step" in line}
