"""Reads data sets of invented notes (see invented_notes.py). F = control frames, K = harmonics, M = noise bands."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from ddsp_backend.data.providers import RecordProvider

_SAMPLE_RATE = 16000


class SyntheticNotes(RecordProvider):
    """Reads what `ddsp_generate_synthetic_dataset --num_examples` writes.

    Gives `f0_hz` and `harm_amp` [F, 1], `harm_dist`, `sin_amps` and `sin_freqs` [F, K], `noise_magnitudes` [F, M].
    """

    def __init__(
        self,
        n_timesteps: int,
        n_harmonics: int,
        n_mags: int,
        file_pattern: str | Sequence[str] | None = None,
        sample_rate: int = _SAMPLE_RATE,
    ) -> None:
        """`n_timesteps`, `n_harmonics` and `n_mags` are F, K and M, as the files were made with."""
        super().__init__(file_pattern, sample_rate, frame_rate=250)
        self._shape = {"f0_hz": 1, "harm_amp": 1, "harm_dist": n_harmonics, "sin_amps": n_harmonics}
        self._shape |= {"sin_freqs": n_harmonics, "noise_magnitudes": n_mags}
        self._n_frames = n_timesteps

    @property
    def features_dict(self) -> dict[str, Any]:
        return {key: tf.io.FixedLenFeature([self._n_frames, width], tf.float32) for key, width in self._shape.items()}
