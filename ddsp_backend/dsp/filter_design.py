"""Windows and sinc filters. B = batch, F = filter frames, N = audio samples."""

from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.dsp.filters import fft_convolve
from ddsp_backend.dsp.tensors import tf_float32


def apply_window_to_impulse_response(impulse_response: Any, window_size: int = 0, causal: bool = False) -> tf.Tensor:
    """A Hann window on impulse responses, and their peak put in the middle.

    Args:
      impulse_response: [..., taps].
      window_size: Samples of the window; below 1, or above the number of taps, all of them.
      causal: The peak is in the middle already, and not at the first sample.

    Returns: [..., window size].
    """
    impulse_response = tf_float32(impulse_response)
    n_taps = impulse_response.shape[-1]
    if causal:
        impulse_response = tf.signal.fftshift(impulse_response, -1)
    if window_size <= 0 or window_size > n_taps:
        window_size = n_taps
    window = tf.signal.hann_window(window_size)
    if window_size == n_taps:
        return tf.signal.fftshift(tf.signal.fftshift(window) * impulse_response, -1)
    half = (window_size + 1) // 2
    zero_phase = tf.concat([window[half:], tf.zeros([n_taps - window_size]), window[:half]], 0) * impulse_response
    return tf.concat([zero_phase[..., n_taps - half + 2 :], zero_phase[..., : half + 1]], -1)


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
      cutoff_frequency: [B, F, 1], in Hz, or without `sample_rate` as a share of Nyquist, 0 to 1.
      window_size: Taps, less one if even.
      sample_rate: Hz.
      high_pass: Let pass what lies above, and not what lies below.

    Returns: [B, F, 2 (window_size // 2) + 1], the peak in the middle, with a gain of 1 at 0 Hz before any inversion.
    Source: J. O. Smith, "Spectral Audio Signal Processing", window method of FIR design.
    """
    cutoff_frequency = tf_float32(cutoff_frequency)
    if sample_rate is not None:
        cutoff_frequency *= 2.0 / sample_rate
    half = window_size // 2
    responses = sinc(cutoff_frequency * tf.range(-half, half + 1, dtype=tf.float32))
    responses *= tf.signal.hamming_window(2 * half + 1)
    responses /= tf.abs(tf.reduce_sum(responses, -1, keepdims=True))
    return tf.one_hot(half, 2 * half + 1) - responses if high_pass else responses


def sinc_filter(
    audio: Any,
    cutoff_frequency: Any,
    window_size: int = 512,
    sample_rate: int | None = None,
    padding: str = "same",
    high_pass: bool = False,
) -> tf.Tensor:
    """Filters audio [B, N] with `sinc_impulse_response`; the cutoff may change from frame to frame, [B, F, 1]."""
    responses = sinc_impulse_response(cutoff_frequency, window_size, sample_rate, high_pass)
    return fft_convolve(audio, responses, padding=padding)
