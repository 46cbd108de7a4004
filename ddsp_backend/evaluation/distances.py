"""How far the pitch of resynthesized audio is from its target's. F = frames.

Source: the metrics of magenta/ddsp, whose limits these are.
"""

import numpy as np

from ddsp_backend.arrays import DoubleArray, FloatArray

SURE_CONFIDENCE = 0.85
"""Frames of the target below this are not compared, nor are examples without a single frame above."""
OUTLIER_SEMITONES = 12.0
"""An example further away than this counts as an outlier, and not in the mean distance."""


def f0_distance(target_hz_F: FloatArray, output_hz_F: FloatArray, target_confidence_F: FloatArray) -> float | None:
    """Mean distance in semitones over the frames where the target is sure; None where it never is."""
    n_frames = min(len(target_hz_F), len(output_hz_F))
    sure_F = (target_confidence_F[:n_frames] >= SURE_CONFIDENCE) & (target_hz_F[:n_frames] > 0)
    if not sure_F.any():
        return None
    ratio = output_hz_F[:n_frames][sure_F].astype(np.float64) / target_hz_F[:n_frames][sure_F]
    return float(np.mean(np.abs(12 * np.log2(ratio))))


def midi_distance(target_hz_F: FloatArray, output_hz_F: FloatArray, target_confidence_F: FloatArray) -> float | None:
    """Mean distance in MIDI numbers over the frames where the target is sure; None where it never is.

    The reference's measure: no pitch (0 Hz) is note 0 there, and so a long way from any note.
    """
    n_frames = min(len(target_hz_F), len(output_hz_F))
    sure_F = target_confidence_F[:n_frames] >= SURE_CONFIDENCE
    if not sure_F.any():
        return None
    target_F, output_F = (_midi(hz_F[:n_frames][sure_F]) for hz_F in (target_hz_F, output_hz_F))
    return float(np.mean(np.abs(output_F - target_F)))


def _midi(hz_F: FloatArray) -> DoubleArray:
    pitched_F = np.where(hz_F > 0, hz_F, 440.0).astype(np.float64)
    return np.where(hz_F > 0, 69 + 12 * np.log2(pitched_F / 440), 0.0)


def raw_pitch_accuracy(target_hz_F: FloatArray, output_hz_F: FloatArray, tolerance_cents: float = 50.0) -> float | None:
    """The share of the frames that have a pitch whose output is nearer than that; None where none has.

    Source: Poliner et al., "Melody transcription from music audio: approaches and evaluation", IEEE TASLP 15 (2007).
    """
    return _share_within(target_hz_F, output_hz_F, tolerance_cents, octave_counts=True)


def raw_chroma_accuracy(
    target_hz_F: FloatArray, output_hz_F: FloatArray, tolerance_cents: float = 50.0
) -> float | None:
    """The same, a wrong octave forgiven."""
    return _share_within(target_hz_F, output_hz_F, tolerance_cents, octave_counts=False)


def _share_within(
    target_hz_F: FloatArray, output_hz_F: FloatArray, tolerance_cents: float, octave_counts: bool
) -> float | None:
    is_voiced_F = target_hz_F > 0
    if not is_voiced_F.any():
        return None
    target_hz, output_hz = target_hz_F[is_voiced_F].astype(np.float64), output_hz_F[is_voiced_F].astype(np.float64)
    is_found = output_hz > 0
    cents = 1200 * np.log2(output_hz[is_found] / target_hz[is_found])
    if not octave_counts:
        cents -= 1200 * np.round(cents / 1200)
    return float(np.sum(np.abs(cents) < tolerance_cents) / len(target_hz))
