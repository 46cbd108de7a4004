"""The dialog that looks into Cloud Storage and copies from there and to there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from app.state.notices import Activity
from ddsp_backend.jobs.events import (
    BucketEntryFound,
    Event,
    Failed,
    Finished,
    Noted,
    Progressed,
    StopAcknowledged,
    Stopped,
)
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.storage import SCHEME, BucketPath

_FOLDER_HERE = "From Cloud Storage"


class Doing(Enum):
    """What goes on."""

    NOTHING = "nothing"
    LOOKING = "looking"
    FETCHING = "fetching"
    SENDING = "sending"


@dataclass(frozen=True, slots=True)
class BucketDialogState:
    """`folder` is the one that `entries` lie in. `title` says what came of the last request, `hint` the cure if any."""

    doing: Doing = Doing.NOTHING
    folder: str = ""
    entries: tuple[BucketEntryFound, ...] = ()
    title: str = ""
    hint: str = ""
    activity: Activity | None = None
    fetched: str = ""  # folder of this machine, once all of it is there

    @property
    def can_fetch(self) -> bool:
        return self.doing is Doing.NOTHING and len(self.folder) > len(SCHEME) and bool(self.entries)


def begun(state: BucketDialogState, doing: Doing, folder: str = "") -> BucketDialogState:
    """A request is under way. One that looks shows its own folder; one that copies keeps what is listed."""
    if doing is Doing.LOOKING:
        return BucketDialogState(doing, folder, activity=Activity(f"Looking into {folder}", None, ""))
    title = "Copying to this computer" if doing is Doing.FETCHING else "Copying to Cloud Storage"
    return replace(state, doing=doing, title="", hint="", fetched="", activity=Activity(title, None, ""))


def advanced(state: BucketDialogState, events: Sequence[Event]) -> BucketDialogState:
    """The state after more events of the request. Entries are added together: there may be thousands."""
    found = tuple(event for event in events if isinstance(event, BucketEntryFound))
    state = replace(state, entries=(*state.entries, *found)) if found else state
    for event in events:
        state = _after(state, event)
    return state


def folder_for(library: Path, folder: str) -> Path:
    """Where a folder of a bucket is copied to: beside the instruments, under its own name."""
    path = BucketPath.parse(folder)
    return library.joinpath(_FOLDER_HERE, path.bucket, *(part for part in path.parts if part not in (".", "..")))


def parent_of(folder: str) -> str:
    """The folder above; all buckets above a bucket."""
    if folder.rstrip("/") in ("", "gs:"):
        return SCHEME
    path = BucketPath.parse(folder)
    return str(path.parent) if path.parts else SCHEME


def _after(state: BucketDialogState, event: Event) -> BucketDialogState:
    match event:
        case Progressed() if state.activity is not None and event.unit is Unit.MEGABYTES:
            detail = f"{event.done:.1f} of {event.total:.1f} MB"
            fraction = event.done / event.total if event.total else None
            return replace(state, activity=replace(state.activity, detail=detail, fraction=fraction))
        case StopAcknowledged() if state.activity is not None:
            return replace(state, activity=replace(state.activity, is_stopping=True))
        case Noted(title, hint):
            return replace(state, title=title, hint=hint)
        case Finished(result):
            return _finished(state, result)
        case Failed(title, hint):
            return replace(state, doing=Doing.NOTHING, activity=None, title=f"{title}.", hint=hint)
        case Stopped():
            title = "Stopped. The files copied so far are kept; copy again to continue."
            return replace(state, doing=Doing.NOTHING, activity=None, title=title)
    return state


def _finished(state: BucketDialogState, result: dict[str, str]) -> BucketDialogState:
    over = replace(state, doing=Doing.NOTHING, activity=None)
    match state.doing:
        case Doing.FETCHING:
            return replace(over, fetched=result.get("target", ""))
        case Doing.SENDING:
            return replace(over, title=f"The data set is in {result.get('target', '')}, every file verified.")
        case _ if not state.entries:
            return replace(over, title="There is nothing here.")
    return over
