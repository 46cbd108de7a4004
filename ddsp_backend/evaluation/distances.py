"""How far resynthesized audio is from its target: pitch in semitones, loudness in dB. F = frames.

Source: the metrics of magenta/ddsp, whose limits these are. The target's loudness is measured on the example's own
audio, like the output's: an example's stored loudness has heard what came before and after it.
"""

import numpy as np
import numpy.typing as npt

SURE_CONFIDENCE = 0.85
"""Frames of the target below this are not compared, nor are examples without a single frame above."""
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
