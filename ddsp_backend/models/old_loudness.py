"""Loudness as magenta/ddsp measured and scaled it before version 3, for the models that it trained then.

B = batch, N = samples, F = frames.

Source: compute_loudness and F0LoudnessPreprocessor of its versions 1.0 to 1.9.
"""

from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.dsp.spectral import a_weighting_db
from ddsp_backend.dsp.tensors import tf_float32
from ddsp_backend.models.preprocessing import F0LoudnessPreprocessor

LEGACY_FRAME_SIZE = 2048
LEGACY_RANGE_DB = 120.0
_WHITE_NOISE_DB = 20.7  # of white noise at full scale, which was 0 dB
_SMALLEST = 1e-20


def compute_legacy_loudness(
    audio: tf.Tensor, sample_rate: int = 16000, frame_rate: int = 250, pad_end: bool = True
) -> tf.Tensor:
    """Mean of the bins' A-weighted dB, [B, F] for audio_BN ([F] for [N]). A frame begins at its time stamp.

    Args:
      pad_end: Silence follows the audio, so that frames begin up to its end; otherwise they lie within it.
    """
    audio = tf_float32(audio)
    spectrum = tf.signal.stft(audio, LEGACY_FRAME_SIZE, sample_rate // frame_rate, pad_end=pad_end)
    decibels = 20.0 / np.log(10.0) * tf.math.log(tf.maximum(tf.abs(spectrum), _SMALLEST))
    weighted = tf.maximum(decibels + _offsets(sample_rate), -LEGACY_RANGE_DB)
    return tf.reduce_mean(weighted, -1)


@cache
def _offsets(sample_rate: int) -> Any:
    return (a_weighting_db(sample_rate, LEGACY_FRAME_SIZE) - _WHITE_NOISE_DB).astype(np.float32)


class LegacyF0LoudnessPreprocessor(F0LoudnessPreprocessor):
    """`F0LoudnessPreprocessor` of that time: [-120, 0] dB are [0, 1]. It always measures audio that there is.

    Args:
      time_steps: Number of control frames of each example; it must match the data set's length and frame rate.
      frame_rate: Frames a second of the loudness that is measured here.
      sample_rate: Sample rate of the audio in Hz; it must match the data set.
    """

    def __init__(
        self, time_steps: int = 1000, frame_rate: int = 250, sample_rate: int = 16000, name: str | None = None
    ) -> None:
        super().__init__(time_steps, frame_rate, sample_rate, name=name)

    def measure(self, audio_BN: tf.Tensor) -> tf.Tensor:
        return compute_legacy_loudness(audio_BN, self.sample_rate, self.frame_rate)

    def scale(self, loudness_db: tf.Tensor) -> tf.Tensor:
        return loudness_db / LEGACY_RANGE_DB + 1.0
