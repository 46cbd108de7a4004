"""Notes on the keys of a computer: two rows that lie like a piano's, as in other music programs."""

LOWEST_OCTAVE, HIGHEST_OCTAVE, FIRST_OCTAVE = 0, 7, 4
_ROW = "AWSEDFTGYHUJKOLP"  # semitones from C
_OCTAVE_KEYS = {"Z": -1, "X": 1}


def note_of_key(key: str, octave: int) -> int | None:
    """The MIDI number that a letter plays; None where it plays nothing."""
    place = _ROW.find(key.upper()) if len(key) == 1 else -1
    note = 12 * (octave + 1) + place
    return note if place >= 0 and note <= 127 else None


def octave_after(key: str, octave: int) -> int:
    """Z and X go down and up; any other key leaves the octave."""
    return min(HIGHEST_OCTAVE, max(LOWEST_OCTAVE, octave + _OCTAVE_KEYS.get(key.upper(), 0)))


def key_of_note(note: int, octave: int) -> str:
    """The letter that plays a note now; empty where none does."""
    place = note - 12 * (octave + 1)
    return _ROW[place] if 0 <= place < len(_ROW) else ""
