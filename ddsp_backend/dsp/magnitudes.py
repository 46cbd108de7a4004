"""Distance of two magnitude spectrograms with its gradient by hand. B = batch, N = samples, F = frames, C = bins.

Under automatic differentiation each of some thirty operations a resolution passes over memory. Here one kernel before
the FFTs cuts and windows, one between them makes loss and gradient of both spectra, one after them overlaps and adds.
The gradient is made at once, so that no spectrum has to be kept for later.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.dsp.compiled import compiled
from ddsp_backend.dsp.core import safe_log
from ddsp_backend.dsp.tensors import tf_float32

FRAMES_PER_SIZE = 4  # frames that overlap at any sample


def magnitude_distance(
    target_BN: tf.Tensor, audio_BN: tf.Tensor, size: int, mag_weight: float, logmag_weight: float
) -> tf.Tensor:
    """Mean absolute difference of magnitudes, and of their logarithms, each times its weight: one number.

    Frames of `size` samples, a power of two, advance by a quarter; the last ones are padded with zeros.
    """

    @tf.custom_gradient
    def distance(target_BN: tf.Tensor, audio_BN: tf.Tensor) -> tuple[tf.Tensor, object]:
        n_samples = audio_BN.shape[1]
        target_BFC = tf.signal.rfft(_windowed_frames(target_BN, size))
        audio_BFC = tf.signal.rfft(_windowed_frames(audio_BN, size))
        loss, d_audio_BFC = _compare(target_BFC, audio_BFC, mag_weight, logmag_weight)
        d_audio_BN = _overlap_and_add(tf.signal.irfft(d_audio_BFC), n_samples)

        def gradient(d_loss: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            # Only a graph that asks for the target's gradient runs this part.
            _, d_target_BFC = _compare(audio_BFC, target_BFC, mag_weight, logmag_weight)
            d_target_BN = _overlap_and_add(tf.signal.irfft(d_target_BFC), n_samples)
            return d_loss * d_target_BN, d_loss * d_audio_BN

        return loss, gradient

    return distance(tf_float32(target_BN), tf_float32(audio_BN))


@compiled
def _windowed_frames(audio_BN: tf.Tensor, size: int) -> tf.Tensor:
    hop = size // FRAMES_PER_SIZE
    n_samples = audio_BN.shape[1]
    n_frames = -(-n_samples // hop)
    n_hops = n_frames + FRAMES_PER_SIZE - 1
    hops_BFH = tf.reshape(tf.pad(audio_BN, [[0, 0], [0, n_hops * hop - n_samples]]), [-1, n_hops, hop])
    frames_BFS = tf.concat([hops_BFH[:, i : i + n_frames] for i in range(FRAMES_PER_SIZE)], -1)
    return frames_BFS * tf.signal.hann_window(size)


@compiled
def _compare(
    target_BFC: tf.Tensor, audio_BFC: tf.Tensor, mag_weight: float, logmag_weight: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """The loss, and the spectrum whose inverse FFT is its gradient for the audio's frames."""
    target, value = tf.abs(target_BFC), tf.abs(audio_BFC)
    difference, log_difference = value - target, safe_log(value) - safe_log(target)
    scale = 1.0 / tf.cast(tf.size(value), tf.float32)
    loss = scale * tf.reduce_sum(mag_weight * tf.abs(difference) + logmag_weight * tf.abs(log_difference))
    positive = tf.where(value > 0.0, value, 1.0)
    slope = mag_weight * tf.sign(difference) + logmag_weight * tf.sign(log_difference) / positive
    slope = tf.where(value > 0.0, slope / positive, 0.0) * (scale * _bin_weights(audio_BFC.shape[-1]))
    return loss, tf.complex(slope * tf.math.real(audio_BFC), slope * tf.math.imag(audio_BFC))


def _bin_weights(n_bins: int) -> Any:
    """The inverse FFT divides by its length, and takes each bin but the first and last twice."""
    size = 2 * (n_bins - 1)
    weights = np.full(n_bins, size / 2, np.float32)
    weights[[0, -1]] = size
    return weights


@compiled
def _overlap_and_add(frames_BFS: tf.Tensor, n_samples: int) -> tf.Tensor:
    _, n_frames, size = frames_BFS.shape
    hop = size // FRAMES_PER_SIZE
    quarters = tf.split(frames_BFS * tf.signal.hann_window(size), FRAMES_PER_SIZE, -1)
    last = FRAMES_PER_SIZE - 1
    hops_BFH = tf.add_n([tf.pad(part, [[0, 0], [i, last - i], [0, 0]]) for i, part in enumerate(quarters)])
    return tf.reshape(hops_BFH, [-1, (n_frames + last) * hop])[:, :n_samples]
