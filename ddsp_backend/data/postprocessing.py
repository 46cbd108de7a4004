"""What fits a recording to the instrument that is to play it: where its notes are, how loud they are, their tuning.

Names and definitions are those of magenta/ddsp. F = frames, B = batch, Q = quantiles.
"""

from typing import overload

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import FloatArray
from ddsp_backend.data.features import RANGE_DB

Mask = npt.NDArray[np.bool_]

_MOST_QUANTILES = 1000
_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
_N_OCTAVES = 10
_TUNINGS = np.linspace(-0.5, 0.5, 101)  # semitones; steps of one cent


def smooth(values_F: npt.ArrayLike, filter_size: int = 3) -> FloatArray:
    """Means over `filter_size` frames, of [F] or [B, F]; what lies beyond the ends counts as zero."""
    values = np.asarray(values_F, np.float64)
    before = (filter_size - 1) // 2
    around = [(0, 0)] * (values.ndim - 1) + [(before + 1, filter_size - 1 - before)]
    sums = np.cumsum(np.pad(values, around), axis=-1)
    smoothed: FloatArray = (sums[..., filter_size:] - sums[..., :-filter_size]) / filter_size
    return smoothed


def detect_notes(
    loudness_db: npt.ArrayLike,
    f0_confidence: npt.ArrayLike,
    note_threshold: float = 1.0,
    exponent: float = 2.0,
    smoothing: int = 40,
    f0_confidence_threshold: float = 0.7,
    min_db: float = -RANGE_DB,
) -> tuple[Mask, FloatArray]:
    """Where notes are: loud frames with a sure pitch, both shaped as the given [F] or [B, F].

    Args:
      note_threshold: How surely; more finds fewer notes.
      smoothing: Frames over which the confidence is averaged.
      min_db: The level of silence.

    Returns:
      mask_on: Whether a frame belongs to a note.
      note_on_ratio: How much of what makes a note it has; 1 is the border. Of nothing but silence, 0.
    """
    levels, confidence = np.asarray(loudness_db, np.float64), np.asarray(f0_confidence, np.float64)
    border = (levels.mean() - min_db) * f0_confidence_threshold**exponent
    strength = smooth(confidence**exponent, smoothing) * (levels - min_db)
    note_on_ratio = strength / border if border > 0 else np.zeros_like(strength)
    return (note_on_ratio >= note_threshold) & (border > 0), note_on_ratio


class QuantileTransformer:
    """Says which share of known values lies below a value, and back.

    Attributes:
      quantiles: The known values in order, evenly spread over their shares 0 to 1, [Q].
    """

    def __init__(self, quantiles: npt.ArrayLike = (0.0,)) -> None:
        self.quantiles: FloatArray = np.maximum.accumulate(np.asarray(quantiles, np.float64))

    def fit(self, values: npt.ArrayLike, n_quantiles: int = _MOST_QUANTILES) -> "QuantileTransformer":
        """Learns the values, of any shape. Raises ValueError where there are none."""
        known = np.ravel(np.asarray(values, np.float64))
        if not known.size:
            raise ValueError("quantiles of no values at all")
        shares_Q = np.linspace(0, 1, max(1, min(n_quantiles, known.size)))
        self.quantiles = np.maximum.accumulate(np.quantile(known, shares_Q))
        return self

    def transform(self, values: npt.ArrayLike) -> FloatArray:
        """Values to shares. One that occurs often has the middle of its shares."""
        given = np.asarray(values, np.float64)
        lowest = np.interp(given, self.quantiles, self._shares)
        highest = -np.interp(-given, -self.quantiles[::-1], -self._shares[::-1])
        shares: FloatArray = (lowest + highest) / 2
        shares[given >= self.quantiles[-1]] = 1.0
        shares[given <= self.quantiles[0]] = 0.0
        return shares

    def inverse_transform(self, shares: npt.ArrayLike) -> FloatArray:
        """Shares to values."""
        return np.asarray(np.interp(np.asarray(shares, np.float64), self._shares, self.quantiles))

    def fit_transform(self, values: npt.ArrayLike) -> FloatArray:
        return self.fit(values).transform(values)

    @property
    def _shares(self) -> FloatArray:
        return np.linspace(0, 1, len(self.quantiles))


@overload
def fit_quantile_transform(loudness_db: npt.ArrayLike, mask_on: Mask) -> QuantileTransformer: ...
@overload
def fit_quantile_transform(
    loudness_db: npt.ArrayLike, mask_on: Mask, inv_quantile: QuantileTransformer
) -> tuple[QuantileTransformer, FloatArray]: ...
def fit_quantile_transform(
    loudness_db: npt.ArrayLike, mask_on: Mask, inv_quantile: QuantileTransformer | None = None
) -> QuantileTransformer | tuple[QuantileTransformer, FloatArray]:
    """Learns how loud the notes are; with another's loudness, also gives them that: its soft for soft, loud for loud.

    Args:
      mask_on: Frames of notes, as `detect_notes` finds them, shaped as `loudness_db`. The others stay as they are.
      inv_quantile: The other's.

    Raises ValueError where there are no notes.
    """
    levels = np.array(loudness_db, np.float64)
    transformer = QuantileTransformer()
    shares = transformer.fit_transform(levels[mask_on])
    if inv_quantile is None:
        return transformer
    levels[mask_on] = inv_quantile.inverse_transform(shares)
    return transformer, levels


def get_tuning_factor(f0_midi: FloatArray, f0_confidence: FloatArray, mask_on: Mask) -> float:
    """How far the notes lie above concert pitch, from -0.5 to 0.5 semitones: where they need the least correction and
    change the least often. All arguments are [F]."""
    midi_F, weights_F = f0_midi[mask_on].astype(np.float64), f0_confidence[mask_on].astype(np.float64)
    if len(midi_F) < 2:
        return 0.0
    distances, changes = [], []
    for tuning in _TUNINGS:
        off_F = _to_nearest_semitone(midi_F - tuning)
        distances.append(np.mean(weights_F * np.abs(off_F)))
        changes.append(np.mean(weights_F[:-1] * (np.abs(np.diff(midi_F - off_F)) > 1e-6)))
    return float(_TUNINGS[np.argmin(_normalized(distances) + _normalized(changes))])


def auto_tune(
    f0_midi: FloatArray, tuning_factor: float, mask_on: Mask, amount: float = 0.0, chromatic: bool = False
) -> FloatArray:
    """Brings the pitch nearer to the notes of the scale that fits it best.

    Args:
      f0_midi: [F].
      tuning_factor: Semitones by which chromatic notes lie above concert pitch. Scales are at concert pitch.
      mask_on: Frames whose scale counts, [F]; all are corrected.
      amount: 0 leaves the pitch as it is, 1 puts it on the notes.
      chromatic: All twelve notes, instead of the best of the twelve major scales.
    """
    midi_F = np.asarray(f0_midi, np.float64)
    if chromatic:
        off_F = _to_nearest_semitone(midi_F - tuning_factor)
    else:
        counted_F = midi_F[mask_on] if np.any(mask_on) else midi_F
        scales = [np.add.outer(12 * np.arange(_N_OCTAVES), _MAJOR_SCALE).ravel() + key for key in range(12)]
        best = min(scales, key=lambda scale: float(np.mean(np.abs(_to_nearest(counted_F, scale)))))
        off_F = _to_nearest(midi_F, best)
    return midi_F - amount * off_F


def _to_nearest_semitone(midi_F: FloatArray) -> FloatArray:
    off_F = midi_F % 1.0
    off_F[off_F > 0.5] -= 1.0
    return off_F


def _to_nearest(midi_F: FloatArray, notes: npt.NDArray[np.integer]) -> FloatArray:
    """How far each value lies above the nearest of the sorted notes."""
    off_F: FloatArray = midi_F - notes[np.searchsorted((notes[1:] + notes[:-1]) / 2, midi_F)]
    return off_F


def _normalized(costs: list[np.floating]) -> FloatArray:
    values = np.array(costs, np.float64)
    deviation = values.std()
    normalized: FloatArray = (values - values.mean()) / deviation if deviation > 0 else np.zeros_like(values)
    return normalized
