"""How loud a recording sounds, so that two of them can be compared at the same level.

N = samples, F = frames, K = frequencies.
"""

import numpy as np
import numpy.typing as npt

_FRAME_SECONDS = 0.05
_QUIETEST_DB = -70.0
# Frames this far below the mean are pauses and tails: they must not make a recording with long rests look quiet.
_GATE_DB = 10.0
_FRAMES_AT_ONCE = 4096
MOST_GAIN_DB = 24.0


def loudness_db(audio_N: npt.NDArray[np.float32], sample_rate: int) -> float:
    """A-weighted level of the frames in which something sounds, in dB; a full-scale sine at 1 kHz has -3.

    Returns minus infinity for silence. The gates are those of EBU R128: absolute at -70 dB, then 10 dB below the mean.
    """
    n_frame = min(max(int(_FRAME_SECONDS * sample_rate), 16), max(len(audio_N), 1))
    n_frames = max(len(audio_N) // n_frame, 1)
    window = np.hanning(n_frame + 2)[1:-1]
    # Parseval, one-sided: the power of a frame is the sum of its bins' power over n; the window's own power goes out.
    weights_K = a_weighting(np.fft.rfftfreq(n_frame, 1 / sample_rate)) ** 2 * 2 / (n_frame * np.sum(window**2))
    power_F = np.zeros(n_frames)
    for first in range(0, n_frames, _FRAMES_AT_ONCE):
        last = min(first + _FRAMES_AT_ONCE, n_frames)
        frames = np.zeros((last - first, n_frame))
        part = audio_N[first * n_frame : last * n_frame]
        frames.reshape(-1)[: len(part)] = np.nan_to_num(part)
        power_F[first:last] = np.abs(np.fft.rfft(frames * window)) ** 2 @ weights_K
    loud = power_F[power_F > 10 ** (_QUIETEST_DB / 10)]
    if not len(loud):
        return float("-inf")
    loud = loud[loud > loud.mean() * 10 ** (-_GATE_DB / 10)]
    return float(10 * np.log10(loud.mean()))


def matching_gain(own_db: float, wanted_db: float) -> float:
    """The factor that brings one level to another; 1 where either is silent, never more than 24 dB up or down."""
    if not (np.isfinite(own_db) and np.isfinite(wanted_db)):
        return 1.0
    return float(10 ** (np.clip(wanted_db - own_db, -MOST_GAIN_DB, MOST_GAIN_DB) / 20))


def a_weighting(frequencies_hz_K: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Amplitude factors of the A curve, 1 at 1 kHz. Source: IEC 61672-1, annex E."""
    square = np.square(frequencies_hz_K)
    numerator = 12194.217**2 * square**2
    denominator = (
        (square + 20.598997**2) * np.sqrt((square + 107.65265**2) * (square + 737.86223**2)) * (square + 12194.217**2)
    )
    weights: npt.NDArray[np.float64] = numerator / denominator * 10 ** (2.0 / 20)
    return weights
