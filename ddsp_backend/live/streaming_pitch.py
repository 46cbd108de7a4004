"""The pitch of the last few hundredths of a second, at once: for a microphone.

swift-f0's stream answers 176 ms behind the sound, and without what follows it takes 6 ms a frame. This looks at 40 ms,
so it hears a new pitch some 25 ms after it began, and takes a tenth of a millisecond.

W = samples of the window, L = lags.
"""

from dataclasses import dataclass

import numpy as np

from ddsp_backend.arrays import Array, DoubleArray

_WINDOW_SECONDS = 0.04
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 2000.0
_FIRST_PEAK = 0.9  # of the highest: the first peak that is nearly as high is the period, not a multiple of it


@dataclass(frozen=True, slots=True)
class Heard:
    """`clarity` is 1 for a periodic sound and near 0 for noise; `level_db` is the power, full scale is 0 dB."""

    f0_hz: float
    clarity: float
    level_db: float


class StreamingPitch:
    """Reads windows of one sample rate.

    Source: McLeod and Wyvill, "A smarter way to find pitch", ICMC 2005.
    """

    def __init__(self, sample_rate: int) -> None:
        self.n_window = round(_WINDOW_SECONDS * sample_rate)
        self._rate = sample_rate
        self._longest = min(self.n_window // 2, int(sample_rate / _LOWEST_HZ) + 2)
        self._shortest = max(2, int(sample_rate / _HIGHEST_HZ))
        self._size = 1 << (self.n_window + self._longest).bit_length()

    def hear(self, window_W: Array) -> Heard:
        """What the window holds, [n_window]."""
        sound_W = window_W.astype(np.float64)
        power = float(np.mean(np.square(sound_W)))
        level_db = 10 * np.log10(power) if power > 1e-12 else -120.0
        if power <= 1e-12:
            return Heard(0.0, 0.0, level_db)
        similarity_L = self._similarity(sound_W - sound_W.mean())
        lag, clarity = _first_peak(similarity_L, self._shortest)
        return Heard(self._rate / lag if lag else 0.0, max(0.0, clarity), level_db)

    def _similarity(self, sound_W: DoubleArray) -> DoubleArray:
        """How much the sound is like itself a lag later, -1 to 1, for lags from 0."""
        spectrum = np.fft.rfft(sound_W, self._size)
        products_L = np.fft.irfft(spectrum * spectrum.conj(), self._size)[: self._longest]
        energy = np.concatenate([[0.0], np.cumsum(np.square(sound_W))])
        lags_L = np.arange(self._longest)
        both_L = energy[self.n_window - lags_L] + energy[-1] - energy[lags_L]
        similarity_L: DoubleArray = 2 * products_L / np.maximum(both_L, 1e-20)
        return similarity_L


def _first_peak(similarity_L: DoubleArray, shortest: int) -> tuple[float, float]:
    """Lag between samples, and height; 0 where there is no peak."""
    below = np.flatnonzero(similarity_L < 0)
    begin = max(shortest, int(below[0]) if len(below) else len(similarity_L))
    middle = similarity_L[1:-1]
    is_peak = (middle > similarity_L[:-2]) & (middle >= similarity_L[2:]) & (middle > 0)
    peaks = np.flatnonzero(is_peak) + 1
    peaks = peaks[peaks >= begin]
    if not len(peaks):
        return 0.0, 0.0
    heights = similarity_L[peaks]
    chosen = int(peaks[np.argmax(heights >= _FIRST_PEAK * heights.max())])
    before, here, after = similarity_L[chosen - 1 : chosen + 2]
    bend = before - 2 * here + after
    shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return chosen + shift, float(here - 0.25 * (before - after) * shift)
