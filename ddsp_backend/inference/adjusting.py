"""Brings a recording's pitch and loudness to where an instrument plays well. F = control frames."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import Array
from ddsp_backend.data.postprocessing import (
    QuantileTransformer,
    auto_tune,
    detect_notes,
    fit_quantile_transform,
    get_tuning_factor,
)
from ddsp_backend.inference.learned_range import LearnedRange

Floats = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
_SMOOTHING_SECONDS = 0.16  # 40 frames at 250 a second, as the reference has it
_MOST_OCTAVES = 4


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What is changed in what a model hears, in this order."""

    fit_to: LearnedRange | None = None
    """Pitch goes there by whole octaves, the notes' loudness rank by rank."""
    threshold: float = 0.0
    """Frames below it are no notes and are made quiet; 1 is usual, 0 leaves all as they are."""
    quiet: float = 20.0
    """dB by which silence is turned down; what is nearly a note, by less."""
    autotune: float = 0.0
    """Share of the way to the nearest note of the recording's own scale."""
    semitones: float = 0.0
    db: float = 0.0


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Tracks [F] as the model is to hear them. `octaves` is what fitting moved the pitch by, None without notes."""

    f0_hz: Array
    level: Array
    octaves: int | None


def adjust(
    f0_hz_F: Array, level_F: Array, confidence_F: Array, how: Adjustment, *, frame_rate: int, quietest: float
) -> Adjusted:
    """Silence stays silent, and nothing becomes quieter than it. One track may be a frame longer than the other.

    Args:
      confidence_F: Of the pitch, 0 to 1.
      quietest: The level of silence, dB.
    """
    smoothing = max(1, round(_SMOOTHING_SECONDS * frame_rate))
    threshold = how.threshold or 1.0
    confidence_F = np.clip(_as_long(confidence_F, len(f0_hz_F)), 0.0, 1.0)
    mask_F, ratio_F = detect_notes(
        level_F, _as_long(confidence_F, len(level_F)), threshold, smoothing=smoothing, min_db=quietest
    )
    is_note_F = _as_long(mask_F, len(f0_hz_F))
    midi_F = heard_F = _midi(f0_hz_F)
    moved_F: Floats = level_F.astype(np.float64)
    octaves = None
    if how.fit_to is not None and mask_F.any():
        octaves = octaves_into(midi_F[is_note_F], how.fit_to.lowest_midi, how.fit_to.highest_midi)
        midi_F = midi_F + 12 * octaves
        moved_F = _fitted(moved_F, mask_F, how.fit_to.levels)
    if how.threshold:
        missing_F = np.clip(1.0 - ratio_F / how.threshold, 0.0, 1.0)
        moved_F = moved_F - how.quiet * np.where(mask_F, 0.0, missing_F)
    if how.autotune:
        tuning = get_tuning_factor(midi_F, confidence_F, is_note_F)
        midi_F = auto_tune(midi_F - tuning, 0.0, is_note_F, how.autotune) + tuning
    is_silent_F = level_F <= quietest
    moved_F = np.where(is_silent_F, level_F, np.maximum(moved_F + how.db, quietest))
    played_hz_F = f0_hz_F * 2 ** ((midi_F - heard_F + how.semitones) / 12)
    return Adjusted(played_hz_F.astype(np.float32), moved_F.astype(np.float32), octaves)


def octaves_into(midi_F: Floats, lowest: float, highest: float) -> int:
    """The whole octaves that bring notes into a range, or as near to it as can be; the fewest that do."""

    def outside(octaves: int) -> float:
        moved_F = midi_F + 12 * octaves
        return float(np.mean(np.maximum(0, lowest - moved_F) + np.maximum(0, moved_F - highest)))

    choices = range(-_MOST_OCTAVES, _MOST_OCTAVES + 1)
    return min(choices, key=lambda octaves: (round(outside(octaves), 3), abs(octaves)))


def _fitted(level_F: Floats, mask_F: Mask, wanted: QuantileTransformer) -> Floats:
    """Notes get the wanted loudness; what lies between them moves with notes as loud, or with the softest one."""
    own, fitted_F = fit_quantile_transform(level_F, mask_F, wanted)
    below_F = np.minimum(0.0, level_F - own.quantiles[0])
    rest_F = wanted.inverse_transform(own.transform(level_F)) + below_F
    return np.where(mask_F, fitted_F, rest_F)


def _as_long(track_F: npt.NDArray[Any], n_frames: int) -> npt.NDArray[Any]:
    return np.pad(track_F[:n_frames], (0, max(0, n_frames - len(track_F))), mode="edge")


def _midi(f0_hz_F: Array) -> Floats:
    midi_F: Floats = 69 + 12 * np.log2(np.maximum(f0_hz_F, 1e-3).astype(np.float64) / 440)
    return midi_F
