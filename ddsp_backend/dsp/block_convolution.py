"""Long convolutions through short transforms, for a TPU. B = batch, F = filter frames, N = samples, T = taps.

Each block of one factor meets each block of the other as a product of their spectra. Those that fall on the same place
are added up as spectra, and where blocks of the result overlap, these are added up too.
"""

from collections.abc import Callable

import tensorflow as tf

from ddsp_backend.dsp.target import current_target

_BLOCK = 2048


def wants_blocks(fft_size: int) -> bool:
    """A TPU's transforms are products with matrices. That of a whole reverb would take 30 GB."""
    return current_target().is_tpu and fft_size > 2 * _BLOCK


@tf.custom_gradient  # type: ignore[untyped-decorator]
def convolve_in_blocks(
    x_BFN: tf.Tensor, response_BFT: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]]:
    """The whole convolution along the last axis, [B, F, N + T - 1]; a batch of one response serves all.

    The gradient is a correlation: the convolution with the other factor, reversed.
    """
    n_samples, n_taps = x_BFN.shape[-1], response_BFT.shape[-1]

    def gradient(d_BFN: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        d_x_BFN = _convolve(d_BFN, response_BFT[..., ::-1])[..., n_taps - 1 : n_taps - 1 + n_samples]
        d_response_BFT = _convolve(d_BFN, x_BFN[..., ::-1])[..., n_samples - 1 : n_samples - 1 + n_taps]
        if response_BFT.shape[0] == 1:
            d_response_BFT = tf.reduce_sum(d_response_BFT, 0, keepdims=True)
        return d_x_BFN, d_response_BFT

    return _convolve(x_BFN, response_BFT), gradient


def _convolve(a_BFN: tf.Tensor, b_BFN: tf.Tensor) -> tf.Tensor:
    length = a_BFN.shape[-1] + b_BFN.shape[-1] - 1
    long, short = sorted((_spectra(a_BFN), _spectra(b_BFN)), key=lambda spectra: -spectra.shape[-2])
    last = short.shape[-2] - 1
    products = [
        tf.pad(long * short[..., place : place + 1, :], [[0, 0], [0, 0], [place, last - place], [0, 0]])
        for place in range(last + 1)
    ]
    blocks = tf.signal.irfft(tf.add_n(products), [2 * _BLOCK])
    return tf.signal.overlap_and_add(blocks, _BLOCK)[..., :length]


def _spectra(x_BFN: tf.Tensor) -> tf.Tensor:
    """Of each block, twice as long as it is: [B, F, blocks, bins]. The last one is filled up with zeros."""
    n_batch, n_frames, n_samples = x_BFN.shape
    n_blocks = -(-n_samples // _BLOCK)
    padded = tf.pad(x_BFN, [[0, 0], [0, 0], [0, n_blocks * _BLOCK - n_samples]])
    blocks = tf.reshape(padded, [-1 if n_batch is None else n_batch, n_frames, n_blocks, _BLOCK])
    return tf.signal.rfft(blocks, [2 * _BLOCK])
