"""Windows and sinc filters. B = batch, F = filter frames, N = audio samples."""

from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.dsp.tensors import tf_float32


def sinc(x: Any, threshold: float = 1e-20) -> tf.Tensor:
    """sin(pi x) / (pi x), 1 where `x` is within `threshold` of 0."""
    x = tf_float32(x)
    x = np.pi * tf.where(tf.abs(x) < threshold, threshold, x)
    return tf.sin(x) / x


def sinc_impulse_response(
    cutoff_frequency: Any, window_size: int = 512, sample_rate: int | None = None, high_pass: bool = False
) -> tf.Tensor:
    """Linear-phase low-pass or high-pass filters: the ideal one's response under a Hamming window.

    Args:
      cutoff_frequency: [B, F, 1], or one number for all, in Hz, or without `sample_rate` as a share of Nyquist, 0 to 1.
      window_size: Taps, less one if even.
      sample_rate: Hz.
      high_pass: Let pass what lies above, and not what lies below.

    Returns: [B or 1, F or 1, 2 (window_size // 2) + 1], the peak in the middle, with a gain of 1 at 0 Hz before any
      inversion.
    Source: J. O. Smith, "Spectral Audio Signal Processing", window method of FIR design.
    """
    cutoff_frequency = tf_float32(cutoff_frequency)
    if sample_rate is not None:
        cutoff_frequency *= 2.0 / sample_rate
    half = window_size // 2
    responses = sinc(cutoff_frequency * tf.range(-half, half + 1, dtype=tf.float32)[None, None])
    responses *= tf.signal.hamming_window(2 * half + 1)
    responses /= tf.abs(tf.reduce_sum(responses, -1, keepdims=True))
    return tf.one_hot(half, 2 * half + 1) - responses if high_pass else responses
