"""How loud a sound is by ITU-R BS.1770-5, measured while it comes: the LUFS of broadcasters and of DAWs.

N = samples, K = frequencies, H = hops of a tenth of a second.
"""

import math

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import Audio, DoubleArray, FloatArray

SILENT = float("-inf")
_HOPS_IN_BLOCK = 4  # 400 ms, of which three quarters overlap
_HOPS_AT_ONCE = 20
# The weighting rings for far less than this: what came before, so that a piece is filtered as within the whole.
_HOPS_BEFORE = 5
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0  # LUFS, LU
_OFFSET = -0.691  # so that a full-scale sine at 997 Hz in one channel has -3.01 LUFS

# The two filters that BS.1770 gives at 48 kHz, as the analogue ones that they were made of; so they serve any rate.
_SHELF_HZ, _SHELF_Q, _SHELF_DB = 1681.974450955533, 0.7071752369554196, 3.999843853973347
_SHELF_MIDDLE = 0.4996667741545416  # share of the decibels at its own frequency
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773


class LoudnessMeter:
    """Takes a mono sound in pieces of any length; its memory grows by 80 bytes a second."""

    def __init__(self, sample_rate: int) -> None:
        self._hop = round(sample_rate / 10)
        n_fft = (_HOPS_BEFORE + _HOPS_AT_ONCE) * self._hop
        self._weights_K = _k_weighting(np.fft.rfftfreq(n_fft, 1 / sample_rate), sample_rate)
        self._before_N = np.zeros(_HOPS_BEFORE * self._hop, np.float32)
        self._waiting: list[Audio] = []
        self._n_waiting = 0
        self._powers: list[DoubleArray] = []

    def add(self, audio_N: Audio) -> None:
        """Samples with a full scale of 1."""
        self._waiting.append(audio_N)
        self._n_waiting += len(audio_N)
        n_piece = _HOPS_AT_ONCE * self._hop
        if self._n_waiting < n_piece:
            return
        waiting_N = np.concatenate(self._waiting)
        while len(waiting_N) >= n_piece:
            self._powers.append(self._filtered_powers(waiting_N[:n_piece]))
            self._before_N = waiting_N[n_piece - len(self._before_N) : n_piece]
            waiting_N = waiting_N[n_piece:]
        self._waiting, self._n_waiting = [waiting_N], len(waiting_N)

    def lufs(self) -> float:
        """The integrated loudness of all that was added; minus infinity where nothing is louder than -70 LUFS.

        What is shorter than a block of 400 ms is measured as if silence followed.
        """
        rest_N = np.concatenate([np.zeros(0, np.float32), *self._waiting])
        n_whole = len(rest_N) // self._hop
        padded_N = np.pad(rest_N, (0, _HOPS_AT_ONCE * self._hop - len(rest_N)))
        power_H = np.concatenate([*self._powers, self._filtered_powers(padded_N)[:_HOPS_AT_ONCE]])
        n_hops = _HOPS_AT_ONCE * len(self._powers) + n_whole
        power_H = power_H[: max(n_hops, _HOPS_IN_BLOCK)]
        block_H = np.convolve(power_H, np.full(_HOPS_IN_BLOCK, 1 / _HOPS_IN_BLOCK), "valid")
        loud_H = block_H[block_H > _power(_ABSOLUTE_GATE)]
        if not len(loud_H):
            return SILENT
        loud_H = loud_H[loud_H > loud_H.mean() * 10 ** (_RELATIVE_GATE / 10)]
        return float(_OFFSET + 10 * np.log10(loud_H.mean()))

    def _filtered_powers(self, piece_N: Audio) -> DoubleArray:
        """Mean squares of the hops of one piece. The sound before it keeps the circular convolution from wrapping."""
        spectrum_K = np.fft.rfft(np.concatenate([self._before_N, piece_N])) * self._weights_K
        n_all = len(self._before_N) + len(piece_N)
        filtered_N = np.fft.irfft(spectrum_K, n_all)[len(self._before_N) :]
        power_H: DoubleArray = np.square(filtered_N).reshape(_HOPS_AT_ONCE, self._hop).mean(axis=1)
        return power_H


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET) / 10))


def _k_weighting(frequencies_hz_K: FloatArray, sample_rate: int) -> npt.NDArray[np.complex128]:
    """The response of the shelf and the high pass, each made digital by the bilinear transform."""
    delay_K = np.exp(-2j * np.pi * frequencies_hz_K / sample_rate)
    high = 10 ** (_SHELF_DB / 20)
    gains = (1.0, high**_SHELF_MIDDLE, high)
    shelf_K = _biquad(delay_K, math.tan(math.pi * _SHELF_HZ / sample_rate), _SHELF_Q, gains)
    warped = math.tan(math.pi * _HIGH_PASS_HZ / sample_rate)
    high_pass_K = _biquad(delay_K, warped, _HIGH_PASS_Q, (0.0, 0.0, 1.0))
    return shelf_K * high_pass_K * (1 + warped / _HIGH_PASS_Q + warped**2)  # BS.1770 has its numerator unscaled


def _biquad(
    delay_K: npt.NDArray[np.complex128], warped: float, q: float, gains: tuple[float, float, float]
) -> npt.NDArray[np.complex128]:
    """A filter of second order. Args: gains: Of the lowest frequencies, of those at its own, of the highest."""
    # s = (1 - z^-1) / (1 + z^-1) / warped, multiplied out by (1 + z^-1)^2 * warped^2
    up_K, down_K = 1 - delay_K, warped * (1 + delay_K)
    low, middle, high = gains
    response: npt.NDArray[np.complex128] = (high * up_K**2 + middle / q * up_K * down_K + low * down_K**2) / (
        up_K**2 + up_K * down_K / q + down_K**2
    )
    return response
