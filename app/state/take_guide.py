"""What to play for a model that knows the instrument, and how much of it was played: from what inspections heard."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.state import formatting
from ddsp_backend.jobs.events import RecordingInspected

GOOD_SECONDS = 300.0  # five minutes of one voice: enough for a good model
WIDE_SEMITONES = 19.0  # an octave and a half
WIDE_DB = 18.0  # from piano to forte
_HIGHEST_NOTE = 127
NOTE_SECONDS = 3.0  # of each note between the lowest and the highest


@dataclass(frozen=True, slots=True)
class GuideItem:
    """One thing to play. `filled` runs from 0 to 1."""

    title: str
    hint: str
    heard: str
    filled: float


def take_guide(inspections: Iterable[RecordingInspected]) -> tuple[GuideItem, ...]:
    """Four things that every instrument can be asked for, whatever its range."""
    voiced = [each for each in inspections if each.voiced_seconds > 0 and _is_sound(each)]
    seconds = sum(each.voiced_seconds for each in voiced)
    lowest = min((each.lowest_note for each in voiced), default=math.nan)
    highest = max((each.highest_note for each in voiced), default=math.nan)
    softest = min((each.softest_db for each in voiced), default=math.nan)
    loudest = max((each.loudest_db for each in voiced), default=math.nan)
    by_note = _seconds_by_note(each.coverage for each in voiced)
    return (
        GuideItem(
            "Low to high",
            "Play scales over the whole range that the model should learn.",
            f"{formatting.note(lowest)} to {formatting.note(highest)}" if voiced else "",
            _share(highest - lowest, WIDE_SEMITONES),
        ),
        GuideItem(
            "Soft to loud",
            "Play every register softly, at a normal level, and loudly.",
            f"{loudest - softest:.0f} dB between soft and loud" if voiced else "",
            _share(loudest - softest, WIDE_DB),
        ),
        GuideItem(
            "Every note",
            "Hold each note for some seconds, and play it short as well. Slur some, tongue or bow others.",
            _missing(by_note, lowest, highest) if voiced else "",
            _evenness(by_note, lowest, highest),
        ),
        GuideItem(
            "Enough of it",
            "Five minutes are good, ten are better. One minute is enough for a first try.",
            f"{formatting.clock(seconds)} so far" if voiced else "",
            _share(seconds, GOOD_SECONDS),
        ),
    )


def _is_sound(heard: RecordingInspected) -> bool:
    """Figures are read from a file as well, and may be anything there."""
    notes = (heard.lowest_note, heard.highest_note)
    levels = (heard.softest_db, heard.loudest_db, heard.voiced_seconds)
    return all(0 <= note <= _HIGHEST_NOTE for note in notes) and all(math.isfinite(level) for level in levels)


def _seconds_by_note(coverages: Iterable[Mapping[str, float]]) -> dict[int, float]:
    found: dict[int, float] = {}
    for coverage in coverages:
        for cell, seconds in coverage.items():
            note = cell.partition(":")[0]
            if note.isdecimal():
                found[int(note)] = found.get(int(note), 0.0) + seconds
    return found


def _notes_between(lowest: float, highest: float) -> range:
    return range(round(lowest), round(highest) + 1) if math.isfinite(lowest + highest) else range(0)


def _evenness(by_note: Mapping[int, float], lowest: float, highest: float) -> float:
    """Of a scale over a narrow range as well, so the range that is asked for counts, not the one that was played."""
    notes = _notes_between(lowest, highest)
    if not notes:
        return 0.0
    played = sum(min(1.0, by_note.get(note, 0.0) / NOTE_SECONDS) for note in notes)
    return _share(played, max(len(notes), WIDE_SEMITONES))


def _missing(by_note: Mapping[int, float], lowest: float, highest: float) -> str:
    missing = [note for note in _notes_between(lowest, highest) if by_note.get(note, 0.0) < NOTE_SECONDS / 3]
    if not missing:
        return "no gap in between"
    names = ", ".join(formatting.note(note) for note in missing[:4])
    return f"little of {names}" + (f" and {len(missing) - 4} more" if len(missing) > 4 else "")


def _share(part: float, whole: float) -> float:
    return min(1.0, max(0.0, part / whole)) if math.isfinite(part) else 0.0
