"""Spectrograms to look at: small, in decibels, on a mel scale. N = samples, F = frames, K = mel bands."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

N_BANDS = 128
FLOOR_DB = -100.0
_FRAME_SECS = 0.064  # long enough to part the harmonics of a low note
_HOP_SECS = 0.016
_FRAMES_AT_ONCE = 1024  # what an hour of audio needs at a time
_LOUDEST = 1e6  # beyond it float32 has no room for the square


def mel_spectrogram(
    audio_N: npt.NDArray[np.floating], sample_rate: int, n_bands: int = N_BANDS
) -> npt.NDArray[np.uint8]:
    """Levels_KF, low bands first: 0 is -100 dB or less, 255 the level of a sine at full scale, or more.

    Args:
      audio_N: Full scale 1; at least one sample.
    """
    growing = GrowingSpectrogram(sample_rate, n_bands)
    levels_KF: npt.NDArray[np.uint8] = np.concatenate([growing.add(audio_N), growing.end()], axis=1)
    return levels_KF


class GrowingSpectrogram:
    """The mel spectrogram of audio that comes in pieces; the columns joined are `mel_spectrogram` of the whole."""

    def __init__(self, sample_rate: int, n_bands: int = N_BANDS) -> None:
        self._n_fft = 2 ** round(np.log2(_FRAME_SECS * sample_rate))
        self._hop = max(1, round(_HOP_SECS * sample_rate))
        self._window = np.hanning(self._n_fft + 1)[:-1].astype(np.float32)
        # What a sine at full scale spreads over its bins adds up to 1.
        scale = self._n_fft * np.sum(np.square(self._window)) / 4
        self._filters = _filters(self._n_fft, sample_rate, n_bands).T / np.float32(scale)
        self._waiting = np.zeros(self._n_fft // 2, np.float32)

    def n_frames(self, n_samples: int) -> int:
        """Columns that so many samples make."""
        return n_samples // self._hop + 1

    def add(self, audio_N: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
        """The columns that are now complete, [K, any]."""
        # A model that has gone astray plays anything; NaN is drawn as silence.
        drawn_N = np.clip(np.nan_to_num(np.asarray(audio_N, np.float32)), -_LOUDEST, _LOUDEST)
        self._waiting = np.concatenate([self._waiting, drawn_N])
        n_frames = max(0, (len(self._waiting) - self._n_fft) // self._hop + 1)
        blocks = [
            self._levels(first, min(_FRAMES_AT_ONCE, n_frames - first)) for first in range(0, n_frames, _FRAMES_AT_ONCE)
        ]
        self._waiting = self._waiting[n_frames * self._hop :]
        return np.concatenate([np.zeros((self._filters.shape[1], 0), np.uint8), *blocks], axis=1)

    def end(self) -> npt.NDArray[np.uint8]:
        """The columns that reach beyond the end."""
        return self.add(np.zeros(self._n_fft // 2, np.float32))

    def _levels(self, first: int, n_frames: int) -> npt.NDArray[np.uint8]:
        stretch_N = self._waiting[first * self._hop :][: (n_frames - 1) * self._hop + self._n_fft]
        frames = np.lib.stride_tricks.sliding_window_view(stretch_N, self._n_fft)[:: self._hop]
        spectrum = np.fft.rfft(frames * self._window, axis=1)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        levels_db = 10 * np.log10(np.maximum(power @ self._filters, 10 ** (FLOOR_DB / 10)))
        scaled_KF = np.clip(np.round((1 - levels_db.T / FLOOR_DB) * 255), 0, 255)
        return np.asarray(scaled_KF, np.uint8)


@lru_cache(maxsize=4)
def _filters(n_fft: int, sample_rate: int, n_bands: int) -> npt.NDArray[np.float32]:
    """Triangles [K, bins] with their peak at 1, evenly spaced in mel. Source: O'Shaughnessy, 1987."""
    nyquist = sample_rate / 2
    edges_mel = np.linspace(0, 2595 * np.log10(1 + nyquist / 700), n_bands + 2)
    edges = 700 * (10 ** (edges_mel / 2595) - 1)
    lower, centre, upper = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    # Low bands lie closer than bins: widened to a bin on either side, so that none of them stays dark.
    bin_hz = sample_rate / n_fft
    lower, upper = np.minimum(lower, centre - bin_hz), np.maximum(upper, centre + bin_hz)
    bins = np.arange(n_fft // 2 + 1)[None] * bin_hz
    rising, falling = (bins - lower) / (centre - lower), (upper - bins) / (upper - centre)
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
