"""What remains to be done for an instrument: `remaining.json` in its folder, from the moment it is asked for.

The process that works on the instrument keeps it up to date; it is removed when nothing remains or the user presses
Stop. So it survives a closed window and a restart: the next process (see architecture.md) reads here how to continue.
"""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from app.state.instrument import Instrument
from app.state.library import end_of, place_left
from app.state.plan import Task
from ddsp_backend.files import written_whole
from ddsp_backend.jobs.events import Failed, Finished, Stopped
from ddsp_backend.jobs.folder import JobFolder
from ddsp_backend.jobs.owner import Owner, owner_from_text
from ddsp_backend.json_reading import read_json

_NAME = "remaining.json"
_TASKS: tuple[Task, ...] = get_args(Task)


@dataclass(frozen=True, slots=True)
class Remaining:
    """Tasks in order.

    Attributes:
      asked_at: Seconds since 1970; who asked first is served first.
      job: Name of the folder of the job that does the first task; empty: it is not begun.
      by: A terminal that does this by itself; nobody else does, while it lives.
    """

    tasks: tuple[Task, ...]
    asked_at: float
    job: str = ""
    by: Owner | None = None

    def is_taken_care_of(self) -> bool:
        return self.by is not None and self.by.is_alive()


def keep_remaining(instrument: Instrument, remaining: Remaining) -> None:
    """Raises OSError."""
    fields = {
        "tasks": list(remaining.tasks),
        "asked_at": remaining.asked_at,
        "job": remaining.job,
        "by": "" if remaining.by is None else remaining.by.to_text(),
    }
    with written_whole(instrument.path / _NAME) as temporary:
        temporary.write_text(json.dumps(fields) + "\n", encoding="utf-8")


def forget_remaining(instrument: Instrument) -> None:
    """Nothing remains, or shall remain. Raises OSError."""
    (instrument.path / _NAME).unlink(missing_ok=True)


def does_anything_remain(library: Path) -> bool:
    try:
        return any(library.glob(f"*/{_NAME}"))
    except OSError:
        return False


def what_remains(instrument: Instrument) -> Remaining | None:
    """What was written, and what became of it since: the first task runs (then `job` says where) or is to be begun.

    A job that failed ends the way. One that was cut off does not: the computer was switched off, or ended its processes
    before that, for the user's own Stop leaves nothing written.
    """
    remaining = _read(instrument.path / _NAME)
    if remaining is None or not remaining.job:
        return remaining
    folder = JobFolder(instrument.jobs_path / remaining.job)
    _, last_word = end_of(folder)
    match last_word:
        case Finished():
            rest = remaining.tasks[1:]
            return replace(remaining, tasks=rest, job="") if rest else None
        case Failed():
            return None
        case Stopped():
            return replace(remaining, job="")
    owner = folder.owner()
    if owner is None:
        return replace(remaining, job="")  # it was never begun
    if owner.is_alive():
        return remaining
    # Whatever died while the computer ran on, a lack of memory killed or a fault: it would do so again.
    return None if owner.is_of_this_boot() and place_left(folder) is None else replace(remaining, job="")


def in_order(instruments: Iterable[Instrument]) -> tuple[Instrument, ...]:
    """Those for whom something remains that nobody takes care of; who asked first comes first.

    Call it only while holding the library's lock. Files of instruments without remaining work are removed.
    """
    waiting: list[tuple[float, Instrument]] = []
    for instrument in instruments:
        if not (instrument.path / _NAME).exists():
            continue
        remaining = what_remains(instrument)
        if remaining is None:
            forget_remaining(instrument)
        elif not remaining.is_taken_care_of():
            waiting.append((remaining.asked_at, instrument))
    return tuple(instrument for _, instrument in sorted(waiting, key=lambda each: each[0]))


def _read(path: Path) -> Remaining | None:
    try:
        fields = read_json(path)
        tasks = tuple(task for text in fields["tasks"] for task in _TASKS if task == text)
        asked_at = float(fields["asked_at"])
        job, by = str(fields["job"]), owner_from_text(str(fields["by"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    is_sane = 0 < len(tasks) == len(fields["tasks"]) and math.isfinite(asked_at) and job == Path(job).name
    return Remaining(tasks, asked_at, job, by) if is_sane else None
