"""Notes on the keys of a computer: two rows that lie like a piano's, as in other music programs."""

LOWEST_OCTAVE, HIGHEST_OCTAVE, FIRST_OCTAVE = 0, 7, 4
_ROW = "AWSEDFTGYHUJKOLP"  # semitones from C
_OCTAVE_KEYS = {"Z": -1, "X": 1}
_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")


def note_of_key(key: str, octave: int) -> int | None:
    """The MIDI number that a letter plays; None where it plays nothing."""
    place = _ROW.find(key.upper()) if len(key) == 1 else -1
    note = 12 * (octave + 1) + place
    return note if place >= 0 and note <= 127 else None


def octave_after(key: str, octave: int) -> int:
    """Z and X go down and up; any other key leaves the octave."""
    return min(HIGHEST_OCTAVE, max(LOWEST_OCTAVE, octave + _OCTAVE_KEYS.get(key.upper(), 0)))


def note_name(midi: float) -> str:
    """Such as A4, the note at 440 Hz."""
    number = round(midi)
    return f"{_NAMES[number % 12]}{number // 12 - 1}"


def key_of_note(note: int, octave: int) -> str:
    """The letter that plays a note now; empty where none does."""
    place = note - 12 * (octave + 1)
    return _ROW[place] if 0 <= place < len(_ROW) else ""
