"""Mean, deviation and range of a data set's features, gathered part by part: no part need be kept."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ddsp_backend.data.feature_cache import Features
from ddsp_backend.data.work import Result
from ddsp_backend.pitch.tracker import SURE_CONFIDENCE

_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_N_NOTES = 160  # from 8 Hz to 80 kHz


@dataclass(slots=True)
class Moments:
    """Of one feature."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    least: float = math.inf
    most: float = -math.inf

    def add(self, values: npt.NDArray[np.floating]) -> None:
        if len(values):
            wide = values.astype(np.float64)
            self.join(Moments(len(wide), float(wide.sum()), float(wide @ wide), float(wide.min()), float(wide.max())))

    def join(self, other: "Moments") -> None:
        self.n += other.n
        self.total += other.total
        self.squares += other.squares
        self.least, self.most = min(self.least, other.least), max(self.most, other.most)

    def summary(self) -> dict[str, float] | None:
        if not self.n:
            return None
        mean = self.total / self.n
        deviation = math.sqrt(max(0.0, self.squares / self.n - mean**2))
        found = {"mean": mean, "std": deviation, "min": self.least, "max": self.most}
        return {name: round(value, 4) for name, value in found.items()}


@dataclass(slots=True)
class Statistics:
    """Of pitch (MIDI, voiced frames), loudness and power (dB), and how often each note was played."""

    midi: Moments = field(default_factory=Moments)
    loudness: Moments = field(default_factory=Moments)
    power: Moments = field(default_factory=Moments)
    notes: list[int] = field(default_factory=lambda: [0] * _N_NOTES)

    def add(self, features: Features) -> None:
        """The f0 of voiced frames must be a number."""
        f0_hz = features["f0_hz"][features["f0_confidence"] >= SURE_CONFIDENCE]
        midi = 69 + 12 * np.log2(np.maximum(f0_hz, 1e-3).astype(np.float64) / 440)
        self.midi.add(midi)
        self.loudness.add(features["loudness_db"])
        self.power.add(features["power_db"])
        counts = np.bincount(np.clip(np.round(midi).astype(int), 0, _N_NOTES - 1), minlength=_N_NOTES)
        self.notes = (np.array(self.notes) + counts).tolist()

    def join(self, other: "Statistics") -> None:
        self.midi.join(other.midi)
        self.loudness.join(other.loudness)
        self.power.join(other.power)
        self.notes = [a + b for a, b in zip(self.notes, other.notes, strict=True)]

    def to_json(self) -> Result:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Result) -> "Statistics":
        parts = {name: Moments(**fields[name]) for name in ("midi", "loudness", "power")}
        return cls(**parts, notes=fields["notes"])

    def summary(self, frame_rate: int) -> dict[str, Any]:
        """What a manifest says. The lowest and the highest note leave out a hundredth of the frames each."""
        return {
            "voiced_seconds": round(self.midi.n / frame_rate, 4),
            "f0_midi_voiced": self.midi.summary(),
            "loudness_db": self.loudness.summary(),
            "power_db": self.power.summary(),
            "lowest_note": self._note_at(0.01),
            "highest_note": self._note_at(0.99),
        }

    def _note_at(self, share: float) -> str:
        if not self.midi.n:
            return ""
        number = int(np.searchsorted(np.cumsum(self.notes), round(share * (self.midi.n - 1)), side="right"))
        return f"{_NOTES[number % 12]}{number // 12 - 1}"
