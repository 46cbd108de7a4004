"""Takes a pitch that was read an octave, a twelfth or more too high or too low to where the spectrum has it.

A network that has learned how instruments sound reads some sustained notes by their second harmonic, and notes beyond
its own range by whatever lies in it. The spectrum decides: a tone has energy at the multiples of its pitch, and none
between them. Energy halfway between the multiples of what was read, as strong peaks, means that the pitch is half of
it; at the thirds, a third; and if the odd multiples are missing, twice.
"""

# F = frames, K = multiples, N = samples at 16 kHz

from typing import cast

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import Array
from ddsp_backend.pitch.tracker import SAMPLE_RATE

_Numbers = npt.NDArray[np.float64]

LOWEST_HZ, HIGHEST_HZ = 26.0, 4200.0  # A0 and C8, a piano's ends, and a little
# All in dB. Measured on 200,000 frames of 39 instruments whose notes are known: of those that were read right, 3 in
# 10,000 are moved; of those that were read a whole interval too high, nineteen in twenty.
_HALVES = -12.0  # of the energy at the halves against that at the multiples
_THIRDS = -8.0
_PEAK = 22.0  # of the strongest of them above the valleys beside: noise has no peaks
_ODD = -18.0  # of the odd multiples against the even ones
_RAISED_ABOVE_HZ = 180.0  # a plucked low string may do without odd multiples for a while
_LOW_HZ = 160.0  # below, a longer window keeps the multiples of a third apart
_SHORT, _LONG = 2048, 4096
_ROUNDS = 3  # what lies above the network's range is read up to three octaves below
_NOTHING = 1e-12

_STRONG = 4  # multiples that the energy between them is measured against
_WHOLE, _HALF, _THIRD, _BESIDE_HALF, _CLOSE_TO_HALF, _BESIDE_THIRD = (
    np.arange(1.0, 17.0),
    np.array([0.5, 1.5, 2.5]),
    np.array([1, 2, 4, 5]) / 3,
    np.array([1, 3, 5, 7]) / 4,
    np.array([3, 5, 11, 13]) / 8,  # for what was read two octaves too high: its multiples lie at the quarters
    np.array([1, 3, 5, 7]) / 6,
)
_ALL_K = np.concatenate([_WHOLE, _HALF, _THIRD, _BESIDE_HALF, _CLOSE_TO_HALF, _BESIDE_THIRD])
_ENDS = np.cumsum([len(part) for part in (_WHOLE, _HALF, _THIRD, _BESIDE_HALF, _CLOSE_TO_HALF)])


def moved_to_the_spectrum(f0_hz_F: Array, audio_N: Array, centers_F: npt.NDArray[np.int64]) -> Array:
    """`f0_hz_F` times 1/2, 1/3, 2 and their powers where the spectrum around each of `centers_F` says so."""
    found_F = f0_hz_F.astype(np.float64)
    for window, is_its_F in ((_SHORT, f0_hz_F >= _LOW_HZ), (_LONG, f0_hz_F < _LOW_HZ)):
        frames = np.flatnonzero(is_its_F)
        if len(frames):
            found_F[frames] = _moved(found_F[frames], _power(audio_N, centers_F[frames], window))
    return found_F.astype(np.float32)


def _power(audio_N: Array, centers_F: npt.NDArray[np.int64], window: int) -> Array:
    """The power spectrum around each centre, of every three bins the highest."""
    padded_N = np.pad(audio_N, window // 2)  # which moves what was centred to the window's beginning
    frames_FN = np.lib.stride_tricks.sliding_window_view(padded_N, window)[np.clip(centers_F, 0, len(audio_N))]
    spectrum = np.fft.rfft(frames_FN * np.blackman(window).astype(np.float32), axis=1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    highest = np.maximum(power[:, 1:], power[:, :-1])
    return cast(Array, np.maximum(highest[:, 1:], highest[:, :-1]))  # bin k lies at k - 1


def _moved(f0_hz_F: _Numbers, power: Array) -> _Numbers:
    found_F = f0_hz_F.copy()
    frames = np.arange(len(f0_hz_F))
    direction_F = np.zeros(len(f0_hz_F))
    for _ in range(_ROUNDS):
        factor_F = _factors(found_F[frames], power if len(frames) == len(power) else power[frames])
        step_F = np.sign(np.log2(factor_F))
        goes_on_F = (step_F != 0) & (step_F * direction_F[frames] >= 0)  # never back
        frames, factor_F = frames[goes_on_F], factor_F[goes_on_F]
        direction_F[frames] = step_F[goes_on_F]
        found_F[frames] *= factor_F
        if not len(frames):
            break
    return found_F


def _factors(f0_hz_F: _Numbers, power: Array) -> _Numbers:
    whole, half, third, beside_half, close_to_half, beside_third = np.split(_peaks(power, f0_hz_F), _ENDS, axis=1)
    strong_F = whole[:, :_STRONG].sum(axis=1)
    halves_F, thirds_F = (_decibels(between.sum(axis=1), strong_F) for between in (half, third))
    half_valley_F = np.minimum(beside_half.mean(axis=1), close_to_half.mean(axis=1))
    half_peak_F = _decibels(half.max(axis=1), half_valley_F)
    third_peak_F = _decibels(third.max(axis=1), beside_third.mean(axis=1))
    odd_F = _decibels(whole[:, ::2].sum(axis=1), whole[:, 1::2].sum(axis=1))
    is_half_F = (halves_F > _HALVES) & (half_peak_F > _PEAK) & (f0_hz_F / 2 >= LOWEST_HZ)
    is_third_F = (thirds_F > np.maximum(_THIRDS, halves_F)) & (third_peak_F > _PEAK) & (f0_hz_F / 3 >= LOWEST_HZ)
    is_double_F = (odd_F < _ODD) & (f0_hz_F > _RAISED_ABOVE_HZ) & (2 * f0_hz_F <= HIGHEST_HZ)
    return np.select([is_third_F, is_half_F, is_double_F], [1 / 3, 1 / 2, 2.0], 1.0)


def _peaks(power: Array, f0_hz_F: _Numbers) -> Array:
    """The power at each of _ALL_K, 0 beyond the spectrum's end."""
    n_bins = power.shape[1]
    bins_FK = np.rint(f0_hz_F[:, None] * (_ALL_K * 2 * (n_bins + 1) / SAMPLE_RATE)).astype(np.int64) - 1
    peaks_FK = np.take_along_axis(power, np.clip(bins_FK, 0, n_bins - 1), axis=1)
    peaks_FK[bins_FK >= n_bins] = 0
    return peaks_FK


def _decibels(part_F: Array, whole_F: Array) -> _Numbers:
    return 10 * np.log10((part_F.astype(np.float64) + _NOTHING) / (whole_F + _NOTHING))
