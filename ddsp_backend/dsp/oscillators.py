"""Oscillators that hand on their phase, and sets of sinusoids turned into harmonics. B = batch, F = control frames,
N = audio samples, K = harmonics, S = sinusoids.
"""

import math
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.harmonic import (
    angular_cumsum,
    get_harmonic_frequencies,
)
from ddsp_backend.dsp.tensors import require_same, tf_float32


def harmonic_oscillator_bank(
    frequency: Any,
    amplitude_envelopes: Any,
    initial_phase: Any = None,
    sample_rate: int = 16000,
    use_angular_cumsum: bool = True,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Harmonics of one oscillator, which continue from a phase. Harmonics above Nyquist are the caller's to silence.

    Args:
      frequency: Fundamental in Hz at every sample, [B, N, 1].
      amplitude_envelopes: Linear, [B, N, K].
      initial_phase: Of the fundamental before the first sample, in radians, [B, 1, 1]; None is zero.
      sample_rate: Hz.
      use_angular_cumsum: Accumulate phase without drift.

    Returns: audio_BN, and the fundamental's phase at the last sample, [B, 1, 1].
    Raises:
      ConfigError: Frequency and amplitudes have different numbers of samples.
    """
    frequency, amplitude_envelopes = tf_float32(frequency), tf_float32(amplitude_envelopes)
    sizes = {"harmonic_oscillator_bank's frequency": frequency.shape[1], "its amplitudes": amplitude_envelopes.shape[1]}
    require_same(sizes, "Both are counted in samples: resample them to the same n_samples.")
    if use_angular_cumsum:
        phase_BN1 = angular_cumsum(tf.cast(frequency, tf.float64) * (2.0 * math.pi / sample_rate))
    else:
        phase_BN1 = tf.cumsum(frequency * (2.0 * math.pi) / float(sample_rate), 1)
    if initial_phase is not None:
        phase_BN1 += tf_float32(initial_phase)
    sines_BNK = tf.sin(get_harmonic_frequencies(phase_BN1, amplitude_envelopes.shape[-1]))
    return tf.reduce_sum(amplitude_envelopes * sines_BNK, -1), phase_BN1[:, -1:]
