"""The rows of the table of recordings, and the words of them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from app.state import formatting
from app.state.findings import words_of
from app.state.notices import Tone
from app.state.recordings import Recording, Standing
from ddsp_backend.distinct_names import distinguishing_folders


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """One recording in the table. `word` is the verdict, `sentence` its reason, as far as there is room for one."""

    path: str
    name: str
    detail: str
    length: str
    word: str
    sentence: str
    tone: Tone
    is_ticked: bool
    can_be_ticked: bool


class Rows:
    """Of one list of recordings. A row of which nothing has changed since the last time is not made again: a look at
    thousands is shown hundreds of times, and each time a few are new."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Recording, str, RecordingRow]] = {}
        self._names: dict[str, str] = {}

    def of(self, recordings: Sequence[Recording]) -> tuple[RecordingRow, ...]:
        paths = [each.file.path for each in recordings]
        names = [self._names.get(path) or self._names.setdefault(path, name_of(path)) for path in paths]
        made, self._made = self._made, {}
        rows = []
        for recording, path, name, folder in zip(
            recordings, paths, names, distinguishing_folders(names, paths), strict=True
        ):
            last = made.get(path)
            if last is None or last[1] != folder or not _is_as_before(recording, last[0]):
                last = (recording, folder, _row(recording, name, folder))
            self._made[path] = last
            rows.append(last[2])
        return tuple(rows)


def _is_as_before(now: Recording, before: Recording) -> bool:
    return (
        now.file is before.file
        and now.heard is before.heard
        and now.standing is before.standing
        and now.is_ticked == before.is_ticked
    )


def _row(recording: Recording, name: str, folder: str) -> RecordingRow:
    file = recording.file
    place = f"in {one_line(folder)}" if folder else ""
    sentences = sentences_of(recording)
    return RecordingRow(
        path=file.path,
        name=name,
        detail=", ".join(part for part in (place, format_of(recording)) if part),
        length=formatting.clock(file.duration) if file.sample_rate > 0 else "",
        word=WORDS[recording.standing],
        sentence=sentences[0] if sentences else "",
        tone=TONES[recording.standing],
        is_ticked=recording.is_ticked,
        can_be_ticked=recording.standing.can_be_learned_from,
    )


WORDS = {
    Standing.LISTENING: "Listening ...",
    Standing.FINE: "Fine",
    Standing.WARNING: "Warning",
    Standing.LEAVE_OUT: "Leave out",
    Standing.UNUSABLE: "Cannot be used",
    Standing.UNREADABLE: "Cannot be read",
    Standing.COPY: "Copy",
    Standing.MISSING: "Missing",
}
TONES = {
    Standing.LISTENING: Tone.PLAIN,
    Standing.FINE: Tone.GOOD,
    Standing.WARNING: Tone.WARNING,
    Standing.LEAVE_OUT: Tone.BAD,
    Standing.UNUSABLE: Tone.BAD,
    Standing.UNREADABLE: Tone.BAD,
    Standing.COPY: Tone.PLAIN,
    Standing.MISSING: Tone.BAD,
}


def sentences_of(recording: Recording) -> tuple[str, ...]:
    """Every reason of the verdict, the weightiest first."""
    file, heard = recording.file, recording.heard
    if recording.standing is Standing.MISSING:
        return ("It has been moved or deleted. Press Locate and choose the folder where it is now.",)
    if recording.standing is Standing.COPY:
        return ("The same recording is already in this list. The model learns from it once.",)
    if file.refusal:
        return (one_line(file.refusal),)
    if heard is None:
        return tuple(one_line(warning) for warning in file.warnings)
    if heard.findings:
        return tuple(words.sentence for words in words_of(heard.findings))
    if file.warnings:
        return tuple(one_line(warning) for warning in file.warnings)
    lowest, highest = formatting.note(heard.lowest_note), formatting.note(heard.highest_note)
    notes = lowest if lowest == highest else f"{lowest} to {highest}"
    return (f"{formatting.clock(heard.voiced_seconds)} of clear notes, {notes}.",)


def format_of(recording: Recording) -> str:
    file = recording.file
    return (
        f"{formatting.kilohertz(file.sample_rate)} {formatting.channels(file.channels)}" if file.sample_rate > 0 else ""
    )


def name_of(path: str) -> str:
    return one_line(os.path.basename(path))  # noqa: PTH119 - a path of any system, and only text here


def one_line(text: str) -> str:
    """File names may hold newlines, and bytes that are no text."""
    return " ".join(text.encode(errors="replace").decode().split())
