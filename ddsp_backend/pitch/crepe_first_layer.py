"""CREPE's first convolution (512 taps, stride 4) over a stretch of frames, in two ways with the same numbers.

`SharedFirstLayer` is for frames 64 samples apart, as at 250 frames a second: sixteen neighbours see the same samples,
so what each block of 64 samples gives to the positions around it is computed once. Near its ends a frame sees only
blocks of its own; these sums differ from their neighbours' by one block each. That every frame has its mean subtracted
and is divided by its deviation is made up for after the sums, where both are affine.

`SpectralFirstLayer` is for any other distance: it splits each frame in the stride's four phases, whose kernel in the
frequency domain is 8 by 2 C real numbers.

Both yield, tile by tile of channels, the pooled ReLU of the output, as large as gain times what the network wants.
"""

# B = frames, Q = blocks of samples, D = blocks around a position, J = positions per block, T = positions, C = channels

from collections.abc import Iterator
from typing import Protocol, cast

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.pitch.crepe_layers import Workspace

FRAME_SIZE = 1024
_TILE = 64
_TAPS, _STRIDE = 512, 4
_PADDING = 254  # "same"
_POSITIONS = FRAME_SIZE // _STRIDE
_BLOCK = 64
_PER_BLOCK = _BLOCK // _STRIDE
_REACH = 4  # blocks on each side that a position's taps touch
_PER_FRAME = FRAME_SIZE // _BLOCK
_POINTS = 320


class FirstLayer(Protocol):
    def steps(
        self, frames_BN: Array, mean_B: Array, deviation_B: Array, workspace: Workspace
    ) -> Iterator[tuple[slice, Array]]:
        """Yields (channels, pooled_TBC): the 64 even positions, then the odd ones, times each frame's deviation."""
        ...


class SharedFirstLayer:
    """For frames that are 64 samples apart."""

    hop = _BLOCK

    def __init__(self, kernel_NC: Array, bias_C: Array) -> None:
        padded = np.pad(kernel_NC, ((_BLOCK + _PER_BLOCK * _STRIDE,) * 2, (0, 0)))
        kernels_DJNC = np.empty((2 * _REACH + 1, _PER_BLOCK, _BLOCK, kernel_NC.shape[1]), np.float32)
        for block in range(2 * _REACH + 1):
            for position in range(_PER_BLOCK):
                first_tap = (block - _REACH) * _BLOCK - position * _STRIDE + _PADDING
                start = min(max(first_tap, -_BLOCK), _TAPS) + _BLOCK + _PER_BLOCK * _STRIDE
                kernels_DJNC[block, position] = padded[start : start + _BLOCK]
        self._tiles = [slice(start, start + _TILE) for start in range(0, kernel_NC.shape[1], _TILE)]
        self._kernels = [np.ascontiguousarray(kernels_DJNC[..., tile]) for tile in self._tiles]
        self._sums_DJ1C = kernels_DJNC.sum(axis=2, dtype=np.float64, keepdims=True).astype(np.float32)
        self._bias_C = bias_C

    def steps(
        self, frames_BN: Array, mean_B: Array, deviation_B: Array, workspace: Workspace
    ) -> Iterator[tuple[slice, Array]]:
        """See `FirstLayer`."""
        # Without the common part of their means the frames differ little in size from their deviation.
        level = np.float32(mean_B.mean())
        blocks_QN = np.concatenate([frames_BN[:, :_BLOCK], frames_BN[-1, _BLOCK:].reshape(-1, _BLOCK)]) - level
        mean_B1 = (mean_B - level)[:, None]
        for tile, kernels_DJNC in zip(self._tiles, self._kernels, strict=True):
            pooled = _SharedTile(blocks_QN, kernels_DJNC, self._sums_DJ1C[..., tile], mean_B1, workspace).pooled
            pooled += deviation_B[:, None] * self._bias_C[tile]
            yield tile, np.maximum(pooled, 0, out=pooled)


class _SharedTile:
    """One tile of channels: `pooled` [T, B, C] before bias and ReLU."""

    def __init__(
        self, blocks_QN: Array, kernels_DJNC: Array, sums_DJ1C: Array, mean_B1: Array, workspace: Workspace
    ) -> None:
        n_blocks, n_channels = len(blocks_QN), kernels_DJNC.shape[-1]
        n_frames = len(mean_B1)
        self._mean_B1, self._sums_DJ1C = mean_B1, sums_DJ1C
        self.pooled = workspace.take("pooled", _POSITIONS // 2, n_frames, n_channels)
        self._halves = self.pooled.reshape(2, _PER_FRAME, _PER_BLOCK // 4, n_frames, n_channels)
        self._edge = workspace.take("edge", _PER_BLOCK, n_frames, n_channels)
        given = workspace.take("given", 2 * _REACH + 1, _PER_BLOCK, n_blocks, n_channels)
        for index in range(2 * _REACH + 1):  # what block q + index - reach gives to the positions of block q
            shift = index - _REACH
            first, last = max(0, -shift), n_blocks - max(0, shift)
            np.matmul(blocks_QN[first + shift : last + shift], kernels_DJNC[index], out=given[index, :, first:last])
        sums = workspace.take("sums", _PER_BLOCK, n_blocks, n_channels)

        # From a frame's beginning on: first its own blocks alone, then one more to the left at each further block.
        here = sums[:, : n_blocks - _REACH]
        np.add(given[_REACH, :, : n_blocks - _REACH], given[_REACH + 1, :, : n_blocks - _REACH], out=here)
        for index in range(_REACH + 2, 2 * _REACH + 1):
            here += given[index, :, : n_blocks - _REACH]
        for block in range(_REACH):
            self._finish_edge(block, sums)
            here[:, block + 1 :] += given[_REACH - 1 - block, :, block + 1 : n_blocks - _REACH]
        self._finish_middle(here[:, _REACH:], workspace)

        # The same from the end.
        here = sums[:, _REACH:]
        np.add(given[_REACH, :, _REACH:], given[_REACH - 1, :, _REACH:], out=here)
        for index in range(_REACH - 1):
            here += given[index, :, _REACH:]
        for block in range(_REACH):
            if block:
                here[:, : n_blocks - _REACH - block] += given[_REACH + block, :, _REACH : n_blocks - block]
            self._finish_edge(_PER_FRAME - 1 - block, sums)

    def _finish_edge(self, block: int, sums: Array) -> None:
        n_frames = len(self._mean_B1)
        inside = slice(max(0, _REACH - block), _REACH + _PER_FRAME - block)
        weight_J1C = self._sums_DJ1C[inside].sum(axis=0)
        np.multiply(weight_J1C, -self._mean_B1, out=self._edge)
        self._edge += sums[:, block : block + n_frames]
        for parity in (0, 1):
            first, second = self._edge[2 * parity :: 4], self._edge[2 * parity + 1 :: 4]
            np.maximum(first, second, out=self._halves[parity, block])

    def _finish_middle(self, sums: Array, workspace: Workspace) -> None:
        n_frames = len(self._mean_B1)
        larger = workspace.take("larger", 2, _PER_BLOCK // 4, *sums.shape[1:])
        for parity in (0, 1):
            np.maximum(sums[2 * parity :: 4], sums[2 * parity + 1 :: 4], out=larger[parity])
        weight_BC = self._mean_B1 * self._sums_DJ1C[:, 0, 0].sum(axis=0)
        for block in range(_REACH, _PER_FRAME - _REACH):
            start = block - _REACH
            np.subtract(larger[:, :, start : start + n_frames], weight_BC, out=self._halves[:, block])


class SpectralFirstLayer:
    """For frames at any distance."""

    def __init__(self, kernel_NC: Array, bias_C: Array) -> None:
        self._kernel = _spectrum_of_phases(kernel_NC)
        self._bias_C = (_POINTS * bias_C).astype(np.float32)

    def steps(
        self, frames_BN: Array, mean_B: Array, deviation_B: Array, workspace: Workspace
    ) -> Iterator[tuple[slice, Array]]:
        """See `FirstLayer`."""
        n_frames, n_channels = len(frames_BN), len(self._bias_C)
        phases_TBP = (frames_BN - mean_B[:, None]).reshape(n_frames, _POSITIONS, _STRIDE).transpose(1, 0, 2)
        spectrum_KBP = np.fft.rfft(phases_TBP, _POINTS, axis=0)
        spectrum_KBP = np.concatenate([spectrum_KBP.real, spectrum_KBP.imag], axis=2).astype(np.float32, copy=False)
        for start in range(0, n_channels, _TILE):
            tile = slice(start, min(start + _TILE, n_channels))
            product_KBC = np.matmul(spectrum_KBP, self._kernel[:, :, 2 * tile.start : 2 * tile.stop])
            product_KBC[0, :, 0::2] += deviation_B[:, None] * self._bias_C[tile]
            outputs_TBC = cast(Array, np.fft.irfft(product_KBC.view(np.complex64), _POINTS, axis=0))
            pooled = workspace.take("pooled", _POSITIONS // 2, n_frames, tile.stop - tile.start)
            for parity, half in enumerate(pooled.reshape(2, _POSITIONS // 4, *pooled.shape[1:])):
                first, second = (outputs_TBC[2 * parity + one : _POSITIONS : 4] for one in (0, 1))
                np.maximum(first, second, out=half)
            yield tile, np.maximum(pooled, 0, out=pooled)


def _spectrum_of_phases(kernel_NC: Array) -> Array:
    """kernel[K, 2 x 4, 2 x C]: real and imaginary input phases to interleaved complex outputs."""
    n_taps, n_channels = kernel_NC.shape
    lead = -_PADDING % _STRIDE  # the kernel starts this many samples into a group of four
    padded = np.zeros((-(-(n_taps + lead) // _STRIDE) * _STRIDE, n_channels))
    padded[lead : lead + n_taps] = kernel_NC
    phases_TPC = padded.reshape(-1, _STRIDE, n_channels)
    spectrum_KPC = np.conj(np.fft.rfft(phases_TPC, _POINTS, axis=0))
    shift = (_PADDING + lead) // _STRIDE
    spectrum_KPC *= np.exp(-2j * np.pi * np.arange(_POINTS // 2 + 1) * shift / _POINTS)[:, None, None]
    real, imag = spectrum_KPC.real, spectrum_KPC.imag
    rows = [np.stack(pair, axis=-1).reshape(*real.shape[:2], -1) for pair in ((real, imag), (-imag, real))]
    kernel_KPC: Array = np.concatenate(rows, axis=1).astype(np.float32)
    return kernel_KPC
