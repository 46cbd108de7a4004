"""The settings of live sound: where a slider stands, what that means, and how it is said."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from ddsp_backend.live.messages import TurnKnobs


@dataclass(frozen=True, slots=True)
class Knob:
    """Places of a slider are whole numbers from `lowest` to `highest`."""

    name: str
    """The field of `TurnKnobs`."""
    title: str
    tip: str
    lowest: int
    highest: int
    page: int
    value: Callable[[int], float]
    place: Callable[[float], int]
    words: Callable[[int], str]


def _decibels(place: int) -> float:
    """A factor; the left end is silence."""
    return 0.0 if place <= _SILENT_DB else float(10 ** (place / 20))


def _place_of_factor(factor: float) -> int:
    return next((place for place in range(_SILENT_DB, _MOST_DB + 1) if _decibels(place) >= factor - 1e-9), _MOST_DB)


def _decibel_words(place: int) -> str:
    return "off" if place <= _SILENT_DB else f"{place:+d} dB"


def _level(name: str, title: str, tip: str) -> Knob:
    return Knob(name, title, tip, _SILENT_DB, _MOST_DB, 6, _decibels, _place_of_factor, _decibel_words)


def _time(name: str, title: str, tip: str) -> Knob:
    """In steps of 10 ms."""
    return Knob(name, title, tip, 0, 100, 10, lambda place: place / 100, lambda value: round(100 * value), _time_words)


def _time_words(place: int) -> str:
    return f"{10 * place} ms" if place < 100 else "1 s"


def _semitone_words(place: int) -> str:
    return f"{place:+d} semitones" if place else "as played"


def _plain_decibels(place: int) -> str:
    return f"{place:+d} dB"


_SILENT_DB, _MOST_DB = -36, 12
KNOBS = (
    Knob("semitones", "Pitch", "Moves everything you play", -24, 24, 12, float, round, _semitone_words),
    _level("harmonics", "Harmonics", "How loud the tone is"),
    _level("noise", "Noise", "How loud breath, bow or hammer are"),
    _level("room", "Room", "How loud the room is that the model learned"),
    _time("attack", "Attack", "How long a note takes to begin"),
    _time("release", "Release", "How long a note takes to end"),
    _level("volume", "Volume", "How loud everything is"),
)
ENVELOPE = ("attack", "release")
"""Those of keys alone: a voice has its own."""
INPUT_KNOBS = (
    Knob("input_db", "Input gain", "How much louder the input is taken", -24, 24, 6, float, round, _plain_decibels),
    Knob("gate_db", "Gate", "What is softer than this counts as silence", -80, -20, 6, float, round, _plain_decibels),
)
"""For what comes in through a microphone or a line."""


def places(knobs: TurnKnobs) -> dict[str, int]:
    """Where each slider stands, by its name."""
    return {knob.name: knob.place(getattr(knobs, knob.name)) for knob in (*KNOBS, *INPUT_KNOBS)}


def turned(knobs: TurnKnobs, name: str, place: int) -> TurnKnobs:
    """After one slider was moved."""
    knob = next(knob for knob in (*KNOBS, *INPUT_KNOBS) if knob.name == name)
    values = {**asdict(knobs), name: knob.value(place)}
    return TurnKnobs(**values)
