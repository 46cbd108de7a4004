"""What an instrument is asked for, and how its answers become sound."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """Of a frame: a pitch, a level in the model's own feature, and a last factor of its sound."""

    f0_hz: float
    level_db: float
    gain: float = 1.0


@dataclass(frozen=True, slots=True)
class Knobs:
    """Levels are factors."""

    semitones: float = 0.0
    harmonics: float = 1.0
    noise: float = 1.0
    room: float = 1.0
    volume: float = 1.0
