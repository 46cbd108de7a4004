"""How far resynthesized audio is from its target: pitch in semitones, loudness in dB. F = frames.

Source: the metrics of magenta/ddsp, whose limits these are. The target's loudness is measured on the example's own
audio, like the output's: an example's stored loudness has heard what came before and after it.
"""

import numpy as np
import numpy.typing as npt

SURE_CONFIDENCE = 0.85
"""Frames of the target below this are not compared, nor are examples without a single frame above."""
SOUNDING_DB = -60.0
"""Frames of the target above this loudness sound; the others are silence. The softest low notes have some -55."""
OUTLIER_SEMITONES = 12.0
"""An example further away than this counts as an outlier, and not in the mean distance."""

Array = npt.NDArray[np.floating]


def f0_distance(target_hz_F: Array, output_hz_F: Array, target_confidence_F: Array) -> float | None:
    """Mean distance in semitones over the frames where the target is sure; None where it never is."""
    n_frames = min(len(target_hz_F), len(output_hz_F))
    sure_F = (target_confidence_F[:n_frames] >= SURE_CONFIDENCE) & (target_hz_F[:n_frames] > 0)
    if not sure_F.any():
        return None
    ratio = output_hz_F[:n_frames][sure_F].astype(np.float64) / target_hz_F[:n_frames][sure_F]
    return float(np.mean(np.abs(12 * np.log2(ratio))))


def loudness_distance(target_db_F: Array, output_db_F: Array) -> float:
    """Mean distance in dB."""
    n_frames = min(len(target_db_F), len(output_db_F))
    return float(np.mean(np.abs(target_db_F[:n_frames] - output_db_F[:n_frames])))


def loudness_differences(target_db_F: Array, output_db_F: Array) -> tuple[Array, Array]:
    """How many dB they are apart in each frame where the target sounds, and in each where it is silent."""
    n_frames = min(len(target_db_F), len(output_db_F))
    sounds_F = target_db_F[:n_frames] > SOUNDING_DB
    difference_F = np.abs(target_db_F[:n_frames] - output_db_F[:n_frames]).astype(np.float64)
    return difference_F[sounds_F], difference_F[~sounds_F]


def raw_pitch_accuracy(target_hz_F: Array, output_hz_F: Array, tolerance_cents: float = 50.0) -> float | None:
    """The share of the frames that have a pitch whose output is nearer than that; None where none has.

    Source: Poliner et al., "Melody transcription from music audio: approaches and evaluation", IEEE TASLP 15 (2007).
    """
    return _share_within(target_hz_F, output_hz_F, tolerance_cents, octave_counts=True)


def raw_chroma_accuracy(target_hz_F: Array, output_hz_F: Array, tolerance_cents: float = 50.0) -> float | None:
    """The same, a wrong octave forgiven."""
    return _share_within(target_hz_F, output_hz_F, tolerance_cents, octave_counts=False)


def _share_within(target_hz_F: Array, output_hz_F: Array, tolerance_cents: float, octave_counts: bool) -> float | None:
    is_voiced_F = target_hz_F > 0
    if not is_voiced_F.any():
        return None
    target_hz, output_hz = target_hz_F[is_voiced_F].astype(np.float64), output_hz_F[is_voiced_F].astype(np.float64)
    is_found = output_hz > 0
    cents = 1200 * np.log2(output_hz[is_found] / target_hz[is_found])
    if not octave_counts:
        cents -= 1200 * np.round(cents / 1200)
    return float(np.sum(np.abs(cents) < tolerance_cents) / len(target_hz))
