"""How far one sound's spectrum is from another's, in decibels. N = samples, F = frames, C = bins."""

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import Array

SIZES = (2048, 1024, 512, 256, 128, 64)
"""Samples of a frame, with an overlap of three quarters: long ones part harmonics, short ones follow attacks."""
FLOOR_DB = -80.0
"""What is quieter counts as this: nobody hears in which of two silences there is less."""


def spectral_distance_db(target_N: Array, output_N: Array) -> float:
    """Mean absolute difference of level, over all bins and frames of each resolution, then over the resolutions, in dB.

    A sine at full scale has 0 dB in its bin. Two draws of one noise are some 6 dB apart: a breathy sound is never at 0.

    Args:
      target_N: At least one sample.
      output_N: Of the same length.
    """
    return float(np.mean([np.mean(np.abs(_levels(target_N, n) - _levels(output_N, n))) for n in SIZES]))


def _levels(audio_N: Array, size: int) -> npt.NDArray[np.float32]:
    """Levels_FC in dB; half a frame of silence lies before and behind."""
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    padded_N = np.pad(np.asarray(audio_N, np.float32), size // 2)
    missing = max(0, size - len(padded_N))
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(padded_N, (0, missing)), size)[:: size // 4]
    spectrum_FC = np.fft.rfft(frames * window, axis=1)
    power_FC = (np.square(spectrum_FC.real) + np.square(spectrum_FC.imag)) * (2.0 / window.sum()) ** 2
    levels_FC: npt.NDArray[np.float32] = 10.0 * np.log10(np.maximum(power_FC, 10 ** (FLOOR_DB / 10)))
    return levels_FC
