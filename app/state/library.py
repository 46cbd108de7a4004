"""What lies in the library: a line for every instrument, and the whole history of one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from app.state.instrument import Instrument, load, load_intake
from app.state.kept_models import phrases_asked_for
from app.state.run_state import Phase, RunState, fold, fold_all
from ddsp_backend.errors import DataError
from ddsp_backend.jobs.events import LAST_WORDS, Event, Failed, StepDone, Stopped
from ddsp_backend.jobs.folder import Follower, JobFolder
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.place import Place, joined_where_left, read_place

_SHARED = "Came as a file"
_GLANCE_BYTES = 64_000
_BYTES_AT_ONCE = 16_000


class Badge(Enum):
    """How far an instrument is, for the list."""

    NEW = "new"
    PREPARED = "prepared"
    RUNNING = "running"
    STOPPED = "stopped"
    TRAINED = "trained"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LibraryItem:
    """One line of the list of instruments."""

    instrument: Instrument
    badge: Badge
    detail: str


@dataclass(frozen=True, slots=True)
class JobHistory:
    """All jobs of an instrument, folded. `running` is the one that still runs, `offset` how much of it is folded.

    `left` is one that runs on a host, or ran on while nobody followed it.
    """

    instrument: Instrument
    intake: RunState
    run: RunState
    running: JobFolder | None
    offset: int
    left: JobFolder | None = None


def scan(library: Path) -> tuple[LibraryItem, ...]:
    """Every instrument, the newest first. A folder that is none is passed over; a damaged one is listed as failed."""
    try:
        paths = [path for path in library.iterdir() if (path / "project.json").exists()]
    except OSError:
        return ()
    return tuple(sorted((_item_at(path) for path in paths), key=lambda item: -item.instrument.created_at))


def item_on_disk(instrument: Instrument) -> LibraryItem:
    """Reads the end of the last job only, however long the history is."""
    folders = instrument.job_folders()
    trained = instrument.is_trained()
    if not folders:
        return (
            LibraryItem(instrument, Badge.TRAINED, "Trained") if trained else LibraryItem(instrument, Badge.NEW, "New")
        )
    last = folders[-1]
    step, last_word = end_of(last)
    at = f" at step {step}" if step is not None else ""
    if last_word is None and (last.is_alive() or place_left(last) is not None):
        return LibraryItem(instrument, Badge.RUNNING, f"Running{at}")
    match last_word:
        case None | Failed():
            return LibraryItem(instrument, Badge.FAILED, f"Failed{at}")
        case Stopped():
            return LibraryItem(instrument, Badge.STOPPED, f"Stopped{at}")
        case _ if last.kind() == JobKind.IMPORT:
            return LibraryItem(instrument, Badge.TRAINED, _SHARED)
        case _ if trained:
            return LibraryItem(instrument, Badge.TRAINED, f"Trained{at}")
        case _:
            return LibraryItem(instrument, Badge.PREPARED, "Prepared" if last.kind() == JobKind.PREPARE else "New")


def running_job(instrument: Instrument) -> JobFolder | None:
    """The job that works on this instrument now, no matter who started it. One that only tidies up does not count."""
    alive = [folder for folder in instrument.job_folders() if folder.is_alive()]
    return next((folder for folder in reversed(alive) if end_of(folder)[1] is None), None)


def read_job_history(instrument: Instrument, rest: Callable[[], None] = lambda: None) -> JobHistory:
    """Folds every job's events, oldest first; what a dead process left unsaid is said for it.

    Args:
      rest: Called again and again while there is much to read, each time after a millisecond's work or two.
    """
    run = RunState()
    running: JobFolder | None = None
    left: JobFolder | None = None
    offset = 0
    folders = instrument.job_folders()
    for number, folder in enumerate(folders):
        follower = Follower(folder)
        alive = folder.is_alive()
        while events := follower.poll(_BYTES_AT_ONCE):
            run = fold_all(run, events)
            rest()
        if not follower.ended and alive:
            running, offset = folder, follower.offset
        elif not follower.ended and folder is folders[-1] and place_left(folder) is not None:
            left = folder
        elif not follower.ended and not _is_told_on(folder, folders[number + 1 :]):
            run = fold(run, folder.crash_failure())
    run = fold_all(run, phrases_asked_for(instrument.model_path, run))
    looks = load_intake(instrument)
    intake = replace(fold_all(RunState(), looks), phase=Phase.FINISHED) if looks else RunState()
    return JobHistory(instrument, intake, run, running, offset, left)


def _is_told_on(folder: JobFolder, later: Sequence[JobFolder]) -> bool:
    """Whether a later folder goes on telling of the same job on a host: then it has not ended where this one ends."""
    job = _job_elsewhere(folder)
    return bool(job) and any(job == _job_elsewhere(other) for other in later)


def _job_elsewhere(folder: JobFolder) -> str:
    try:
        place = read_place(folder.path)
    except DataError:
        return ""
    return place.job if place is not None else ""


def place_left(folder: JobFolder) -> Place | None:
    """Where a job goes on that nobody here follows any more; None where it does not, or nobody knows."""
    try:
        return joined_where_left(folder)
    except DataError:
        return None


def _item_at(path: Path) -> LibraryItem:
    try:
        return item_on_disk(load(path))
    except DataError as error:
        instrument = Instrument(path=path.resolve(), name=path.name, created_at=0.0)
        return LibraryItem(instrument, Badge.FAILED, error.title)


def end_of(folder: JobFolder) -> tuple[int | None, Event | None]:
    """The newest step and the last word that the end of a journal tells of."""
    try:
        size = folder.events_path.stat().st_size
    except OSError:
        return None, None
    follower = Follower(folder, max(0, size - _GLANCE_BYTES))
    events = follower.poll()  # begins within a line; that one is read as garbage, and garbage does not matter here
    steps = [event.step for event in events if isinstance(event, StepDone)]
    words = [event for event in events if isinstance(event, LAST_WORDS)]
    return (steps[-1] if steps else None), (words[-1] if words else None)


def item_of(instrument: Instrument, run: RunState, *, is_looking: bool = False) -> LibraryItem:
    """The line of an open instrument, from what is known without asking the disk."""
    at = f" at step {run.step.step:,}" if run.step else ""
    if is_looking:
        return LibraryItem(instrument, Badge.RUNNING, "Looking at recordings")
    match run.phase:
        case Phase.RUNNING | Phase.STOPPING:
            return LibraryItem(instrument, Badge.RUNNING, f"Running{at}")
        case Phase.FAILED:
            return LibraryItem(instrument, Badge.FAILED, f"Failed{at}")
        case Phase.STOPPED:
            return LibraryItem(instrument, Badge.STOPPED, f"Stopped{at}")
    if run.step is not None:
        return LibraryItem(instrument, Badge.TRAINED, f"Trained{at}")
    if run.checkpoints:
        return LibraryItem(instrument, Badge.TRAINED, _SHARED)
    if run.dataset is not None:
        return LibraryItem(instrument, Badge.PREPARED, "Prepared")
    return LibraryItem(instrument, Badge.NEW, "New")
