"""Which notes at which levels the recordings hold: what a model will know, and where it is blind."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.state import formatting

LEVEL_STEP = 3  # dB that a cell is high
_KNOWN_SECONDS = 0.5  # of a note, below which a model has hardly met it


@dataclass(frozen=True, slots=True)
class Coverage:
    """Seconds by note (MIDI number) and level (dBFS, the lower edge of a cell)."""

    seconds: Mapping[tuple[int, int], float] = field(default_factory=dict)

    @property
    def by_note(self) -> Mapping[int, float]:
        return _summed((note, seconds) for (note, _), seconds in self.seconds.items())

    @property
    def by_level(self) -> Mapping[int, float]:
        return _summed((level, seconds) for (_, level), seconds in self.seconds.items())

    @property
    def known_notes(self) -> tuple[int, ...]:
        """Those that a model meets often enough to learn them."""
        return tuple(sorted(note for note, seconds in self.by_note.items() if seconds >= _KNOWN_SECONDS))


class CoverageSum:
    """Grows by what one recording after the other covers."""

    def __init__(self) -> None:
        self._by_key: dict[str, float] = {}  # of thousands of recordings: no more than a sum for each cell

    def add(self, part: Mapping[str, float]) -> None:
        for key, seconds in part.items():
            if 0 < seconds < math.inf:
                self._by_key[key] = self._by_key.get(key, 0.0) + seconds

    def coverage(self) -> Coverage:
        cells = ((_cell_of(key), seconds) for key, seconds in self._by_key.items())
        return Coverage({cell: seconds for cell, seconds in cells if cell is not None})


def _cell_of(key: str) -> tuple[int, int] | None:
    note, _, level = key.partition(":")
    try:
        cell = int(note), int(level)
    except ValueError:
        return None
    return cell if 0 <= cell[0] <= 127 and -120 <= cell[1] <= 0 else None


def blind_spots(coverage: Coverage) -> str:
    """In words, where a model will have to guess; empty where nothing is known at all."""
    notes = coverage.known_notes
    if not notes:
        return ""
    gaps = [note for note in range(notes[0], notes[-1]) if note not in set(notes)]
    edges = f"below {formatting.note(notes[0])} and above {formatting.note(notes[-1])}"
    if not gaps:
        return (
            f"Every note from {formatting.note(notes[0])} to {formatting.note(notes[-1])} is there. Unknown: {edges}."
        )
    named = _runs(gaps)
    listed = ", ".join(named[:_MOST_NAMED]) + (" and more" if len(named) > _MOST_NAMED else "")
    return f"Rarely heard: {listed}. Unknown: {edges}."


_MOST_NAMED = 4


def _runs(notes: list[int]) -> list[str]:
    """F#3, A3 to C4."""
    runs: list[list[int]] = []
    for note in notes:
        if runs and runs[-1][-1] == note - 1:
            runs[-1].append(note)
        else:
            runs.append([note])
    return [
        formatting.note(run[0]) + (f" to {formatting.note(run[-1])}" if len(run) > 1 else "")
        for run in sorted(runs, key=lambda run: -len(run))
    ]


def _summed(pairs: Iterable[tuple[int, float]]) -> dict[int, float]:
    total: dict[int, float] = {}
    for key, seconds in pairs:
        total[key] = total.get(key, 0.0) + seconds
    return total
