"""What a user does to the list of recordings, each as a new instrument, and the way back."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from app.state.instrument import Instrument
from app.state.recordings import Recording, Standing
from app.state.run_state import RunState
from ddsp_backend.jobs.events import FileInspected

_MOST_KEPT = 100


class Edit(StrEnum):
    """Its value is what a menu says after "Undo"."""

    ADD = "add"
    REMOVE = "remove"
    REMOVE_ALL = "remove all"
    TICK = "tick"
    UNTICK = "untick"
    LOCATE = "locate"


def added(instrument: Instrument, paths: Iterable[str]) -> Instrument:
    """What was removed and is given once more, itself or by its folder, comes back."""
    given = tuple(paths)
    removed = tuple(path for path in instrument.removed if not any(_covers(each, path) for each in given))
    return replace(instrument, inputs=tuple(dict.fromkeys((*instrument.inputs, *given))), removed=removed)


def without(instrument: Instrument, paths: Iterable[str]) -> Instrument:
    """Takes recordings off the list; the files stay where they are."""
    gone = dict.fromkeys(paths)
    return replace(
        instrument,
        inputs=tuple(path for path in instrument.inputs if path not in gone),
        removed=tuple(dict.fromkeys((*instrument.removed, *gone))),
    )


def without_any(instrument: Instrument) -> Instrument:
    return replace(instrument, inputs=(), removed=(), left_out=(), taken_in=())


def ticked(instrument: Instrument, recordings: Iterable[Recording], is_ticked: bool) -> Instrument:
    """Only what differs from the advice is kept, so that better advice changes what the user never touched."""
    taken_in, left_out = dict.fromkeys(instrument.taken_in), dict.fromkeys(instrument.left_out)
    for recording in recordings:
        path = recording.file.path
        if not recording.standing.can_be_learned_from:
            continue
        taken_in.pop(path, None)
        left_out.pop(path, None)
        is_advised = recording.standing is not Standing.LEAVE_OUT
        if is_ticked and not is_advised:
            taken_in[path] = None
        elif not is_ticked and is_advised:
            left_out[path] = None
    return replace(instrument, taken_in=tuple(taken_in), left_out=tuple(left_out))


def relocated(instrument: Instrument, known: Iterable[str], places: Mapping[str, str]) -> Instrument:
    """Recordings lie elsewhere now. Args: known: Every recording of the list; places: New paths by old ones."""
    stayed = [path for path in known if path not in places]
    inputs: dict[str, None] = {}
    for given in instrument.inputs:
        moved = {old: new for old, new in places.items() if _covers(given, old)}
        if not moved or any(_covers(given, path) for path in stayed):
            inputs[given] = None
        inputs.update(dict.fromkeys(_moved_inputs(given, moved)))

    def follow(paths: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(places.get(path, path) for path in paths)

    return replace(
        instrument,
        inputs=tuple(inputs),
        removed=follow(instrument.removed),
        left_out=follow(instrument.left_out),
        taken_in=follow(instrument.taken_in),
    )


def moved_files(
    before: RunState, now: RunState, inputs: Iterable[str], missing: AbstractSet[str]
) -> tuple[FileInspected, ...]:
    """What a look no longer finds because it, or the folder it was in, has been moved as a whole."""
    known = {file.path for file in now.files}
    gone = [given for given in inputs if given in missing]
    return tuple(
        file for file in before.files if file.path not in known and any(_covers(given, file.path) for given in gone)
    )


def _moved_inputs(given: str, moved: Mapping[str, str]) -> tuple[str, ...]:
    """The folder's own new place where all that moved did so together; else the recordings one by one."""
    folders = set()
    for old, new in moved.items():
        tail = Path(old).relative_to(given).parts
        is_folder = bool(tail) and Path(new).parts[-len(tail) :] == tail
        folders.add(Path(*Path(new).parts[: -len(tail)]) if is_folder else None)
    if len(folders) == 1 and (folder := folders.pop()) is not None:
        return (str(folder),)
    return tuple(moved.values())


def _covers(given: str, path: str) -> bool:
    return Path(path).is_relative_to(given)


@dataclass(frozen=True, slots=True)
class Moment:
    """The list as it was before an edit, with what was found of it, so that the way back needs no second look."""

    edit: Edit
    inputs: tuple[str, ...]
    removed: tuple[str, ...]
    left_out: tuple[str, ...]
    taken_in: tuple[str, ...]
    intake: RunState


@dataclass(frozen=True, slots=True)
class History:
    """The ways back and forth again, the newest last."""

    past: tuple[Moment, ...] = ()
    future: tuple[Moment, ...] = ()

    def after(self, edit: Edit, instrument: Instrument, intake: RunState) -> "History":
        """Args: instrument, intake: As they were before."""
        return History((*self.past, _moment(edit, instrument, intake))[-_MOST_KEPT:])

    def back(self, instrument: Instrument, intake: RunState) -> tuple["History", Moment] | None:
        """What to go back to; None where nothing was done."""
        if not self.past:
            return None
        *past, moment = self.past
        return History(tuple(past), (*self.future, _moment(moment.edit, instrument, intake))), moment

    def forth(self, instrument: Instrument, intake: RunState) -> tuple["History", Moment] | None:
        if not self.future:
            return None
        *future, moment = self.future
        return History((*self.past, _moment(moment.edit, instrument, intake)), tuple(future)), moment


def as_at(instrument: Instrument, moment: Moment) -> Instrument:
    """The instrument with the list of that moment; its other choices stay."""
    return replace(
        instrument,
        inputs=moment.inputs,
        removed=moment.removed,
        left_out=moment.left_out,
        taken_in=moment.taken_in,
    )


def _moment(edit: Edit, instrument: Instrument, intake: RunState) -> Moment:
    return Moment(edit, instrument.inputs, instrument.removed, instrument.left_out, instrument.taken_in, intake)
