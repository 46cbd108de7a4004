"""Filters given by their frequency response or impulse response. B = batch, F = filter frames, N = samples."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.dsp.block_convolution import convolve_in_blocks, wants_blocks
from ddsp_backend.dsp.target import current_target
from ddsp_backend.dsp.tensors import between, require_same, tf_float32
from ddsp_backend.errors import ConfigError

Gradient = Callable[..., tuple[tf.Tensor, tf.Tensor]]


def get_fft_size(frame_size: int, ir_size: int, power_of_2: bool = True) -> int:
    """The power of two that holds the convolution of a frame with an impulse response.

    Or, without `power_of_2`, the smallest number with no prime factor above 5: it can be much smaller.
    """
    size = ir_size + frame_size - 1
    power = 1 << max(0, math.ceil(math.log2(size)))
    if power_of_2:
        return power
    threes_and_fives: list[int] = [3**i * 5**j for i in range(40) for j in range(30) if 3**i * 5**j <= power]
    return min(factor << max(0, math.ceil(math.log2(size / factor))) for factor in threes_and_fives)


def frequency_impulse_response(magnitudes: tf.Tensor, window_size: int = 0) -> tf.Tensor:
    """Linear-phase impulse responses with these magnitudes, windowed by a Hann window.

    Args:
      magnitudes: [..., n_frequencies], from 0 Hz to Nyquist in even steps.
      window_size: Samples of the window; below 1, or above the full size 2 (n_frequencies - 1), the full size.

    Returns: [..., window size], the peak in the middle.
    Source: J. O. Smith, "Spectral Audio Signal Processing", the window method of FIR design.
    """
    magnitudes = tf_float32(magnitudes)
    n_frequencies = magnitudes.shape[-1]
    # Inverse transform, shift and window are linear: one small matrix does all three, and is faster than an FFT.
    matrix = tf.constant(_design_matrix(n_frequencies, window_size))
    flat = tf.matmul(tf.reshape(magnitudes, [-1, n_frequencies]), matrix)
    shape = [-1 if size is None else size for size in magnitudes.shape[:-1]]
    return tf.reshape(flat, [*shape, matrix.shape[1]])


@cache
def _design_matrix(n_frequencies: int, window_size: int) -> Any:
    ir_size = 2 * (n_frequencies - 1)
    responses = np.fft.irfft(np.eye(n_frequencies), axis=-1)  # zero phase, one row a frequency
    if window_size <= 0 or window_size > ir_size:
        window_size = ir_size
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window_size) / (window_size - window_size % 2))
    if window_size == ir_size:
        causal = np.fft.fftshift(np.fft.fftshift(window) * responses, axes=-1)
    else:
        half = (window_size + 1) // 2
        padded = np.concatenate([window[half:], np.zeros(ir_size - window_size), window[:half]])
        windowed = padded * responses
        causal = np.concatenate([windowed[:, ir_size - half + 2 :], windowed[:, : half + 1]], axis=-1)
    return causal.astype(np.float32)


def fft_convolve(
    audio: tf.Tensor, impulse_response: tf.Tensor, padding: str = "same", delay_compensation: int = -1
) -> tf.Tensor:
    """Filters audio with one impulse response, or with one per frame of audio.

    Args:
      audio: [B, N].
      impulse_response: [B or 1, taps], or [B or 1, F, taps]: the audio is cut into F equal frames.
      padding: "same" keeps N samples, "valid" makes N + taps - 1 of them: the tail, and silence where it has ended.
      delay_compensation: Samples dropped at the start; below 0, the delay of a linear-phase filter.

    Raises:
      ConfigError: The audio cannot be cut into F equal frames, or there is neither one response nor B.
    """
    audio_BN = tf_float32(audio)
    impulse_response = tf_float32(impulse_response)
    if impulse_response.shape.rank == 2:
        impulse_response = impulse_response[:, None]
    n_batch, n_samples = audio_BN.shape
    n_responses, n_frames, n_taps = impulse_response.shape
    if n_responses != 1:
        require_same({"The batch of audio": n_batch, "that of impulse responses": n_responses}, "Give one, or as many.")
    frame_size = math.ceil(n_samples / n_frames)
    if math.ceil(n_samples / frame_size) != n_frames:
        raise ConfigError(
            f"{n_samples} samples of audio cannot be cut into {n_frames} frames of equal length, one for each filter",
            "Choose n_samples as a multiple of the number of control frames.",
        )
    if frame_size * n_frames != n_samples:
        audio_BN = tf.pad(audio_BN, [[0, 0], [0, frame_size * n_frames - n_samples]])
    frames_BFN = tf.reshape(audio_BN, [-1, n_frames, frame_size])
    convolve = convolve_in_blocks if wants_blocks(get_fft_size(frame_size, n_taps)) else _convolve_frames
    filtered_BFN = convolve(frames_BFN, impulse_response)
    filtered_BN = tf.squeeze(filtered_BFN, 1) if n_frames == 1 else _overlap_and_add(filtered_BFN, frame_size)
    return crop_and_compensate_delay(filtered_BN, n_samples, n_taps, padding, delay_compensation)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _convolve_frames(frames_BFN: tf.Tensor, responses_BFT: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
    """Each frame with its response: [B, F, N + T - 1 or a little more].

    The gradient of a convolution is a correlation. By hand it needs half the FFTs of automatic differentiation, which
    knows nothing of the symmetry of real signals' spectra.
    """
    frame_size, n_taps = frames_BFN.shape[-1], responses_BFT.shape[-1]
    fft_size = [get_fft_size(frame_size, n_taps, power_of_2=current_target().is_tpu)]
    frames, responses = tf.signal.rfft(frames_BFN, fft_size), tf.signal.rfft(responses_BFT, fft_size)

    def gradient(d_filtered_BFN: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        d_filtered = tf.signal.rfft(d_filtered_BFN, fft_size)
        d_frames_BFN = tf.signal.irfft(d_filtered * tf.math.conj(responses), fft_size)[..., :frame_size]
        d_responses = d_filtered * tf.math.conj(frames)
        if responses_BFT.shape[0] == 1:
            d_responses = tf.reduce_sum(d_responses, 0, keepdims=True)
        return d_frames_BFN, tf.signal.irfft(d_responses, fft_size)[..., :n_taps]

    return tf.signal.irfft(frames * responses, fft_size), gradient


def _overlap_and_add(frames_BFN: tf.Tensor, hop: int) -> tf.Tensor:
    """[B, (F - 1) hop + N]. By hand, its gradient is some copies; under automatic differentiation, ten passes."""
    n_frames, size = frames_BFN.shape[1:]
    n_parts = math.ceil(size / hop)
    n_hops = n_frames - 1 + n_parts

    @tf.custom_gradient
    def add(frames_BFN: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        def gradient(d_audio_BN: tf.Tensor) -> tf.Tensor:
            d_audio_BN = tf.pad(d_audio_BN, [[0, 0], [0, n_hops * hop - d_audio_BN.shape[1]]])
            d_hops_BFH = tf.reshape(d_audio_BN, [-1, n_hops, hop])
            return tf.concat([d_hops_BFH[:, i : i + n_frames] for i in range(n_parts)], -1)[..., :size]

        return tf.signal.overlap_and_add(frames_BFN, hop), gradient

    return add(frames_BFN)


def crop_and_compensate_delay(
    audio: tf.Tensor, audio_size: int, ir_size: int, padding: str, delay_compensation: int
) -> tf.Tensor:
    """Cuts what a convolution added, and its delay.

    Args:
      audio: [B, any length] after the convolution.
      audio_size: Samples before it.
      ir_size: Samples of the impulse response.
      padding: "same" keeps `audio_size` samples, "valid" makes `audio_size + ir_size - 1`, silent after the tail's end.
      delay_compensation: Samples dropped at the start; below 0, the delay of a linear-phase filter.

    Raises:
      ConfigError: The padding is unknown.
    """
    start = max(0, (ir_size - 1) // 2 - 1) if delay_compensation < 0 else delay_compensation
    if padding == "same":
        length = audio_size
    elif padding == "valid":
        length = audio_size + ir_size - 1
        missing = start + length - audio.shape[1]
        audio = tf.pad(audio, [[0, 0], [0, missing]]) if missing > 0 else audio
    else:
        raise ConfigError(f"fft_convolve: padding={padding!r} is unknown", "Use 'same' or 'valid'.")
    return between(audio, start, start + length)


def frequency_filter(audio: tf.Tensor, magnitudes: tf.Tensor, window_size: int = 0, padding: str = "same") -> tf.Tensor:
    """Filters audio [B, N] with magnitudes [B, F, n_frequencies] (or [B, n_frequencies]) that change with the frame."""
    return fft_convolve(audio, frequency_impulse_response(magnitudes, window_size), padding)
