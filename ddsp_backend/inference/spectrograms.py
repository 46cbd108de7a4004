"""Spectrograms to look at: small, in decibels, on a mel scale. N = samples, F = frames, K = mel bands."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

N_BANDS = 128
FLOOR_DB = -100.0
_FRAME_SECS = 0.064  # long enough to part the harmonics of a low note
_HOP_SECS = 0.016


def mel_spectrogram(
    audio_N: npt.NDArray[np.floating], sample_rate: int, n_bands: int = N_BANDS
) -> npt.NDArray[np.uint8]:
    """Levels_KF, low bands first: 0 is -100 dB or less, 255 the level of a sine at full scale, or more.

    Args:
      audio_N: Full scale 1; at least one sample.
    """
    n_fft = 2 ** round(np.log2(_FRAME_SECS * sample_rate))
    hop = max(1, round(_HOP_SECS * sample_rate))
    window = np.hanning(n_fft + 1)[:-1].astype(np.float32)
    padded = np.pad(np.asarray(audio_N, np.float32), (n_fft // 2, n_fft // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    # What a sine at full scale spreads over its bins adds up to 1.
    power = np.square(np.abs(np.fft.rfft(frames * window, axis=1))) / (n_fft * np.sum(np.square(window)) / 4)
    levels_db = 10 * np.log10(np.maximum(power @ _filters(n_fft, sample_rate, n_bands).T, 10 ** (FLOOR_DB / 10)))
    levels_KF: npt.NDArray[np.uint8] = np.clip(np.round((1 - levels_db.T / FLOOR_DB) * 255), 0, 255).astype(np.uint8)
    return levels_KF


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
