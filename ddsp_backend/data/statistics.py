"""Mean, deviation and range of a data set's features, gathered part by part: no part need be kept."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import FeatureArrays
from ddsp_backend.data.features import RANGE_DB
from ddsp_backend.data.stages import Result
from ddsp_backend.pitch.tracker import SURE_CONFIDENCE

_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_N_NOTES = 160  # from 8 Hz to 80 kHz
_LEVELS_DB = np.arange(-RANGE_DB, 40.0, 0.5)  # lower edges of what levels are counted in
_QUANTILES = np.linspace(0, 1, 101)


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
    """Of pitch (MIDI, voiced frames), loudness and power (dB), how often each note was played, and how loudly."""

    midi: Moments = field(default_factory=Moments)
    loudness: Moments = field(default_factory=Moments)
    power: Moments = field(default_factory=Moments)
    notes: list[int] = field(default_factory=lambda: [0] * _N_NOTES)
    loudness_counts: list[int] = field(default_factory=lambda: [0] * len(_LEVELS_DB))
    """Voiced frames in each step of half a decibel."""
    power_counts: list[int] = field(default_factory=lambda: [0] * len(_LEVELS_DB))

    def add(self, features: FeatureArrays) -> None:
        """The f0 of voiced frames must be a number."""
        is_voiced = features["f0_confidence"] >= SURE_CONFIDENCE
        f0_hz = features["f0_hz"][is_voiced]
        midi = 69 + 12 * np.log2(np.maximum(f0_hz, 1e-3).astype(np.float64) / 440)
        self.midi.add(midi)
        self.loudness.add(features["loudness_db"])
        self.power.add(features["power_db"])
        counts = np.bincount(np.clip(np.round(midi).astype(int), 0, _N_NOTES - 1), minlength=_N_NOTES)
        self.notes = (np.array(self.notes) + counts).tolist()
        self.loudness_counts = _sum(self.loudness_counts, _counts(features["loudness_db"][is_voiced]))
        self.power_counts = _sum(self.power_counts, _counts(features["power_db"][is_voiced]))

    def join(self, other: "Statistics") -> None:
        self.midi.join(other.midi)
        self.loudness.join(other.loudness)
        self.power.join(other.power)
        self.notes = _sum(self.notes, other.notes)
        self.loudness_counts = _sum(self.loudness_counts, other.loudness_counts)
        self.power_counts = _sum(self.power_counts, other.power_counts)

    def to_json(self) -> Result:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Result) -> "Statistics":
        midi, loudness, power = (Moments(**fields[name]) for name in ("midi", "loudness", "power"))
        return cls(midi, loudness, power, fields["notes"], fields["loudness_counts"], fields["power_counts"])

    def summary(self, frame_rate: int) -> dict[str, Any]:
        """What a manifest says. The lowest and the highest note leave out a hundredth of the frames each.

        "voiced_loudness_db" and "voiced_power_db" are percentiles of voiced frames, 0 to 100; empty without any.
        """
        return {
            "voiced_seconds": round(self.midi.n / frame_rate, 4),
            "f0_midi_voiced": self.midi.summary(),
            "loudness_db": self.loudness.summary(),
            "power_db": self.power.summary(),
            "voiced_loudness_db": _percentiles(self.loudness_counts),
            "voiced_power_db": _percentiles(self.power_counts),
            "lowest_midi": self._midi_at(0.01),
            "highest_midi": self._midi_at(0.99),
            "lowest_note": note_name(self._midi_at(0.01)),
            "highest_note": note_name(self._midi_at(0.99)),
        }

    def _midi_at(self, share: float) -> int | None:
        if not self.midi.n:
            return None
        return int(np.searchsorted(np.cumsum(self.notes), round(share * (self.midi.n - 1)), side="right"))


def note_name(midi: int | None) -> str:
    """69 is A4; empty for None."""
    return "" if midi is None else f"{_NOTES[midi % 12]}{midi // 12 - 1}"


def _counts(levels_db: npt.NDArray[np.floating]) -> list[int]:
    steps = np.clip(np.searchsorted(_LEVELS_DB, levels_db, side="right") - 1, 0, len(_LEVELS_DB) - 1)
    return [int(n) for n in np.bincount(steps, minlength=len(_LEVELS_DB))]


def _percentiles(counts: list[int]) -> list[float]:
    """Levels in dB, spread evenly within each step."""
    shares = np.concatenate([[0.0], np.cumsum(counts)]) / max(1, sum(counts))
    edges_db = np.append(_LEVELS_DB, 2 * _LEVELS_DB[-1] - _LEVELS_DB[-2])
    first, last = np.searchsorted(shares, 0.0, side="right") - 1, np.searchsorted(shares, 1.0)
    within = slice(first, last + 1)
    if not any(counts):
        return []
    return [round(float(level), 2) for level in np.interp(_QUANTILES, shares[within], edges_db[within])]


def _sum(some: list[int], others: list[int]) -> list[int]:
    return [a + b for a, b in zip(some, others, strict=True)]
