"""A recording as a pitch tracker hears it, frame by frame, and which of its frames sound."""

# F = frames

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import Array
from ddsp_backend.pitch.tracker import SAMPLE_RATE, SURE_CONFIDENCE

Mask: TypeAlias = npt.NDArray[np.bool_]

HOP = 256  # samples at 16 kHz: swift-f0's own grid
FRAME_SECONDS = HOP / SAMPLE_RATE
SILENT_DB = -100.0  # stands for all that is softer: the rounding of a 16-bit recording lies at -101 dB
LEVEL_STEP = 3  # dB of a cell of the coverage
_LOUD_PERCENTILE = 95
_LOUDEST_PERCENTILE, _LOUDEST_RANGE = 99, 20.0  # dB
_PAUSE_PERCENTILE = 10
_SHORTEST_PAUSES = 0.2  # seconds: fewer frames without pitch than this are edges of notes, not pauses
_SOUNDING_RANGE = (
    45.0  # dB below the loud notes: the dynamics of an instrument, pianissimo to fortissimo, and its decay
)
_ABOVE_FLOOR = 6.0  # dB: twice the amplitude of the noise, where it no longer decides what is heard


@dataclass(frozen=True)
class Frames:
    """What is heard every 16 ms. Frames without any sound have f0 NaN and confidence 0."""

    f0_hz: Array
    confidence: Array
    level_db: Array
    """Root mean square of the frame's 64 ms in dBFS, at least SILENT_DB."""

    @property
    def n_frames(self) -> int:
        return len(self.level_db)

    @cached_property
    def sure(self) -> Mask:
        """With a pitch that the tracker is sure of."""
        return (self.confidence >= SURE_CONFIDENCE) & np.isfinite(self.f0_hz)

    @cached_property
    def loud_db(self) -> float:
        """Level of the loudest notes."""
        loud = self.level_db[self.sure] if self.sure.any() else self.level_db
        return float(np.percentile(loud, _LOUD_PERCENTILE)) if self.n_frames else SILENT_DB

    @cached_property
    def noise_floor_db(self) -> float:
        """Level of the pauses; without any, of the softest frames."""
        pauses = self.level_db[~self.sure]
        quiet = pauses if len(pauses) * FRAME_SECONDS >= _SHORTEST_PAUSES else self.level_db
        return float(np.percentile(quiet, _PAUSE_PERCENTILE)) if self.n_frames else SILENT_DB

    @cached_property
    def sounding(self) -> Mask:
        """Loud enough to be part of a note: sure frames, and others well above noise and silence."""
        heard = self.level_db > self.loud_db - _SOUNDING_RANGE
        above = self.level_db > self.noise_floor_db + _ABOVE_FLOOR
        return heard & (above | self.sure)

    @cached_property
    def loudest(self) -> Mask:
        """Within 20 dB of the very loudest, whether they have a pitch or not."""
        top_db = np.percentile(self.level_db, _LOUDEST_PERCENTILE) if self.n_frames else SILENT_DB
        return (self.level_db > top_db - _LOUDEST_RANGE) & (self.level_db > SILENT_DB)

    @property
    def note_spread(self) -> float:
        """Semitones that four fifths of the voiced frames span."""
        return float(np.subtract(*np.percentile(self.notes, (90, 10)))) if len(self.notes) else 0.0

    @cached_property
    def voiced(self) -> Mask:
        """Sounding, with a sure pitch."""
        return self.sounding & self.sure

    @cached_property
    def notes(self) -> Array:
        """Fractional MIDI notes of the voiced frames alone."""
        return (69 + 12 * np.log2(self.f0_hz[self.voiced] / 440)).astype(np.float32)

    def seconds(self, mask_F: Mask) -> float:
        return float(mask_F.sum() * FRAME_SECONDS)

    def coverage(self) -> dict[str, float]:
        """Seconds by note and level, as `RecordingInspected` has them."""
        notes = np.round(self.notes).astype(int).tolist()
        levels = (LEVEL_STEP * np.floor(self.level_db[self.voiced] / LEVEL_STEP)).astype(int).tolist()
        cells = Counter(zip(notes, levels, strict=True))
        return {f"{note}:{level}": round(n * FRAME_SECONDS, 3) for (note, level), n in sorted(cells.items())}
