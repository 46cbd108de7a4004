"""Convolutions of CREPE's layers 2 to 6 as one matrix product per frequency bin, exact.

A convolution with a kernel as long as its input is cheapest in the frequency domain. Everything here is a real matrix
product, which is what processors do best:

- the length is the shortest whose wrap-around stays outside the positions that are kept: 128 positions of 64 taps need
  160 points and not 191;
- a complex product is three real ones, (a + b) c, a (d - c) and b (c + d), and the transforms there and back are
  matrices that take from, and leave, those three forms at once;
- batch normalisation comes after the ReLU: its scale is folded into the next layer's kernel, its shift and the bias
  become a constant of the output.
"""

# B = frames in a batch, T = positions in time, K = frequency bins, I and O = input and output channels

import threading

import numpy as np

from ddsp_backend.arrays import Array

TAPS = 64
_TAPS_LEFT = 31  # "same" padding of an even kernel: 31 left, 32 right
_CACHE_LINE = 16  # numbers


class Workspace(threading.local):
    """Large arrays that a thread uses again and again: fresh ones cost more, in page faults, than what is done in them.

    What `take` returns is overwritten by the next `take` of the same name in the same thread.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, Array] = {}

    def take(self, name: str, *shape: int) -> Array:
        size = int(np.prod(shape))
        held = self._arrays.get(name)
        if held is None or len(held) < size:
            held = self._arrays[name] = np.empty(size, np.float32)
        return held[:size].reshape(shape)


class SpectralConvolution:
    """One "same" convolution of 64 taps over `n_positions`, with the batch normalisation before it folded in."""

    def __init__(
        self, kernel: Array, bias_O: Array, scale_I: Array, shift_I: Array, n_positions: int, n_points: int
    ) -> None:
        """`n_points` is at least `n_positions` plus the reach of taps that can meet data, and a multiple of four."""
        circular = np.zeros((n_points, *kernel.shape[1:]))
        constant_TO = np.tile(bias_O.astype(np.float64), (n_positions, 1))
        for tap in range(TAPS):
            delay = _TAPS_LEFT - tap
            if abs(delay) < n_positions:
                circular[delay % n_points] += kernel[tap]
                constant_TO[max(0, delay) : n_positions + min(0, delay)] += shift_I @ kernel[tap]
        self._constant_T1O = constant_TO.astype(np.float32)[:, None]
        kernel_KIO = np.fft.rfft(circular, axis=0) * scale_I[:, None]
        real, imag = kernel_KIO.real, kernel_KIO.imag
        self.n_bins = len(kernel_KIO)
        # three forms of all bins, one after the other
        self._kernels = np.concatenate([real, imag - real, real + imag]).astype(np.float32)
        self._forward, self._inverse = _forward_matrix(n_positions, n_points), _inverse_matrix(n_positions, n_points)

    def __call__(self, inputs_TBI: Array, workspace: Workspace) -> Array:
        """outputs_TBO, before the ReLU."""
        n_positions, n_frames, n_channels = inputs_TBI.shape
        spectrum = workspace.take("spectrum", 3 * self.n_bins, n_frames, n_channels)
        np.matmul(self._forward, inputs_TBI.reshape(n_positions, -1), out=spectrum.reshape(3 * self.n_bins, -1))
        outputs_TBO = self.multiply(spectrum, workspace)
        outputs_TBO += self._constant_T1O
        return outputs_TBO

    def multiply(self, spectrum: Array, workspace: Workspace) -> Array:
        """outputs_TBO without their constant, from the three forms [3 K, B, I]: real + imaginary, real, imaginary."""
        n_frames, n_outputs = spectrum.shape[1], self._kernels.shape[2]
        product = workspace.take("product", len(spectrum), n_frames, n_outputs)
        np.matmul(spectrum, self._kernels, out=product)
        outputs_TBO = workspace.take("output", len(self._inverse), n_frames, n_outputs)
        np.matmul(self._inverse, product.reshape(len(product), -1), out=outputs_TBO.reshape(len(outputs_TBO), -1))
        return outputs_TBO


class WideConvolution(SpectralConvolution):
    """The same for many input channels, given tile by tile: bins k and n / 2 - k share their transform's products."""

    def __init__(
        self, kernel: Array, bias_O: Array, scale_I: Array, shift_I: Array, n_positions: int, n_points: int
    ) -> None:
        super().__init__(kernel, bias_O, scale_I, shift_I, n_positions, n_points)
        self._n_inputs = kernel.shape[1]
        half = self.n_bins // 2 + 1
        rows = np.r_[self.n_bins : self.n_bins + half, 2 * self.n_bins : 2 * self.n_bins + half]
        # They differ by the sign of the odd positions' part.
        self._even, self._odd = (np.ascontiguousarray(self._forward[rows, parity::2]) for parity in (0, 1))

    def empty_spectrum(self, n_frames: int, workspace: Workspace) -> Array:
        # Rows a power of two apart would all fall into the same lines of the cache.
        padded = workspace.take("wide spectrum", 3 * self.n_bins, n_frames, self._n_inputs + _CACHE_LINE)
        return padded[..., : self._n_inputs]

    def transform(self, inputs_TBI: Array, spectrum: Array, tile: slice, workspace: Workspace) -> None:
        """Writes the spectrum of the channels `tile`, the even positions first in `inputs_TBI`, then the odd ones."""
        n_positions, n_frames, n_channels = inputs_TBI.shape
        n_rows = len(self._even)
        parts = inputs_TBI.reshape(2, n_positions // 2, -1)
        even, odd = (
            np.matmul(matrix, part, out=workspace.take(name, n_rows, n_frames * n_channels)).reshape(
                2, n_rows // 2, n_frames, n_channels
            )
            for matrix, part, name in ((self._even, parts[0], "even"), (self._odd, parts[1], "odd"))
        )
        half, last = n_rows // 2, n_rows // 2 - 1
        both, real, imag = (spectrum[form * self.n_bins :][: self.n_bins, :, tile] for form in range(3))
        np.add(even[0], odd[0], out=real[:half])
        np.subtract(even[0, :last][::-1], odd[0, :last][::-1], out=real[half:])
        np.add(even[1], odd[1], out=imag[:half])
        np.subtract(odd[1, :last][::-1], even[1, :last][::-1], out=imag[half:])
        np.add(real, imag, out=both)

    def finish(self, spectrum: Array, gains_B: Array, workspace: Workspace) -> Array:
        """outputs_TBO of inputs that were larger than they should be by 1 / gains."""
        outputs_TBO = self.multiply(spectrum, workspace)
        outputs_TBO *= gains_B[:, None]
        outputs_TBO += self._constant_T1O
        return outputs_TBO


def relu_pool(inputs_TBC: Array) -> Array:
    """The larger of each pair of positions, and of zero."""
    pooled: Array = np.maximum(inputs_TBC[0::2], inputs_TBC[1::2])
    return np.maximum(pooled, 0, out=pooled)


def _forward_matrix(n_positions: int, n_points: int) -> Array:
    """[3 K, T]: cosine - sine, cosine, - sine, which give the sum of real and imaginary part, and each alone."""
    angles_KT = 2 * np.pi * np.outer(np.arange(n_points // 2 + 1), np.arange(n_positions)) / n_points
    cosine, sine = np.cos(angles_KT), np.sin(angles_KT)
    return np.concatenate([cosine - sine, cosine, -sine]).astype(np.float32)


def _inverse_matrix(n_positions: int, n_points: int) -> Array:
    """[T, 3 K]: to samples from (a + b) c, a (d - c) and b (c + d), for an input a + i b and a kernel c + i d."""
    angles_KT = 2 * np.pi * np.outer(np.arange(n_points // 2 + 1), np.arange(n_positions)) / n_points
    weights_K1 = np.full((len(angles_KT), 1), 2 / n_points)
    weights_K1[[0, -1]] = 1 / n_points
    cosine, sine = weights_K1 * np.cos(angles_KT), weights_K1 * np.sin(angles_KT)
    # The real part of the product is the first minus the third, its imaginary part the first plus the second.
    return np.ascontiguousarray(np.concatenate([cosine - sine, -sine, -cosine]).T.astype(np.float32))
