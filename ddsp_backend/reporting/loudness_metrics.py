"""How far the loudness of what a model plays is from its target, in dB. F = frames, N = samples.

Source: the metric of magenta/ddsp. The target's loudness is measured on the example's own audio, like the output's: an
example's stored loudness has heard what came before and after it.
"""

import numpy as np
import soxr

from ddsp_backend.arrays import Array
from ddsp_backend.audio.files import RESAMPLING
from ddsp_backend.data.features import compute_loudness
from ddsp_backend.pitch.tracker import SAMPLE_RATE, frame_layout

SOUNDING_DB = -60.0
"""Frames of the target above this loudness sound; the others are silence. The softest low notes have some -55."""


class LoudnessMetrics:
    """`loudness_distance_db` over all frames, as the reference has it; `loudness_distance_db_notes` and
    `loudness_distance_db_silence` over those where the target sounds, and where it does not.

    In silence little sound is many decibels, so that a residue nobody hears can be half of the first figure.

    Args:
      sample_rate: Hz of the audio.
      frame_rate: Frames a second that are compared.
    """

    def __init__(self, sample_rate: int, frame_rate: int) -> None:
        self._sample_rate, self._frame_rate = sample_rate, frame_rate
        self._distances_db: list[float] = []
        self._notes_db: list[float] = []
        self._silence_db: list[float] = []

    def update_state(self, target_N: Array, output_N: Array, n_frames: int | None = None) -> None:
        """Adds an example. Args: n_frames: That its features have, which lie as they do; None: they are centred."""
        target_16k, output_16k = (at_16k(audio_N, self._sample_rate) for audio_N in (target_N, output_N))
        padding = "center" if n_frames is None else padding_of(len(output_16k), n_frames, self._frame_rate)
        target_db_F, output_db_F = (
            compute_loudness(audio_N, self._frame_rate, padding) for audio_N in (target_16k, output_16k)
        )
        self._distances_db.append(loudness_distance(target_db_F, output_db_F))
        notes_db, silence_db = loudness_differences(target_db_F, output_db_F)
        self._notes_db += notes_db.tolist()
        self._silence_db += silence_db.tolist()

    def metrics(self) -> dict[str, float]:
        parts = {"": self._distances_db, "_notes": self._notes_db, "_silence": self._silence_db}
        return {f"loudness_distance_db{part}": float(np.mean(found)) for part, found in parts.items() if found}


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


def at_16k(audio_N: Array, sample_rate: int) -> Array:
    """Audio at the rate that pitch and loudness are measured at."""
    if sample_rate == SAMPLE_RATE:
        return audio_N
    resampled_N: Array = soxr.resample(audio_N, sample_rate, SAMPLE_RATE, RESAMPLING)
    return resampled_N


def padding_of(n_samples: int, n_frames: int, frame_rate: int) -> str:
    """How the data set's frames lie: centred ones are one more than others."""
    centered = frame_layout(n_samples, frame_rate, "center")[2]
    return "center" if n_frames == centered else "same"
