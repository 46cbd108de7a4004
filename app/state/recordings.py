"""The recordings of an instrument: what was found of each, what to think of it, and which are learned from."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum

from app.state.instrument import Instrument
from app.state.run_state import RunState
from ddsp_backend.jobs.events import FileInspected, Finding, RecordingInspected, Verdict


class Standing(Enum):
    """What is known of a recording."""

    LISTENING = "listening"  # usable by the first look; the second is not over
    FINE = "fine"
    WARNING = "warning"
    LEAVE_OUT = "leave out"
    UNUSABLE = "unusable"  # it can be read, but nothing can be learned from it
    UNREADABLE = "unreadable"
    COPY = "copy"  # another row holds the same, which is learned from once
    MISSING = "missing"  # it was there at the last look, and now is not

    @property
    def can_be_learned_from(self) -> bool:
        return self not in (Standing.UNUSABLE, Standing.UNREADABLE, Standing.COPY, Standing.MISSING)


@dataclass(frozen=True, slots=True)
class Recording:
    """`heard` is None where no second look was taken, or not yet."""

    file: FileInspected
    heard: RecordingInspected | None
    standing: Standing
    is_ticked: bool

    @property
    def is_ticked_against_advice(self) -> bool:
        return self.is_ticked and self.standing is Standing.LEAVE_OUT


def recordings_of(
    instrument: Instrument, intake: RunState, missing: AbstractSet[str] = frozenset()
) -> tuple[Recording, ...]:
    """All that the last look found, without those that the user removed. Args: missing: Paths that are gone."""
    removed, left_out, taken_in = set(instrument.removed), set(instrument.left_out), set(instrument.taken_in)
    files = [file for file in intake.files if file.path not in removed]
    first = {file.path for file in usable_once(files)}
    is_listening = intake.phase.is_active
    recordings = []
    for file in files:
        heard = intake.inspections.get(file.path)
        standing = _standing(file, heard, missing, is_listening=is_listening)
        if standing.can_be_learned_from and file.path not in first:
            standing = Standing.COPY
        is_ticked = standing.can_be_learned_from and (
            file.path in taken_in or (file.path not in left_out and standing is not Standing.LEAVE_OUT)
        )
        recordings.append(Recording(file, heard, standing, is_ticked))
    return tuple(recordings)


def usable_once(files: Iterable[FileInspected]) -> list[FileInspected]:
    """What can be learned from: of several copies of one recording the first, as the preparation takes it."""
    found: dict[str, FileInspected] = {}
    for file in files:
        if not file.refusal:
            found.setdefault(file.content or file.path, file)
    return list(found.values())


def _standing(
    file: FileInspected, heard: RecordingInspected | None, missing: AbstractSet[str], *, is_listening: bool
) -> Standing:
    if file.path in missing:
        return Standing.MISSING
    if file.refusal:
        return Standing.UNUSABLE if file.sample_rate > 0 else Standing.UNREADABLE
    if heard is None:
        return Standing.LISTENING if is_listening else Standing.WARNING if file.warnings else Standing.FINE
    if Finding.UNREADABLE in heard.findings:
        return Standing.UNREADABLE
    match heard.verdict:
        case Verdict.LEAVE_OUT:
            return Standing.LEAVE_OUT
        case Verdict.WARN:
            return Standing.WARNING
        case Verdict.FINE:
            return Standing.WARNING if file.warnings else Standing.FINE
