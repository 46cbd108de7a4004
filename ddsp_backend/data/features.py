"""Loudness, power and pitch of a recording at 16 kHz, as the reference computes them, in numpy."""

# F = frames, K = frequency bins, N = samples at 16 kHz

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import Array
from ddsp_backend.pitch.tracker import SAMPLE_RATE, cut, frame_layout

LOUDNESS_FRAME_SIZE = 512
POWER_FRAME_SIZE = 1024  # that of the vst models, whose preprocessor computes it again when training
RANGE_DB = 80.0
_FRAMES_AT_ONCE = 4096


def compute_loudness(audio_N: Array, frame_rate: int, padding: str) -> Array:
    """A-weighted power per frame of 512 samples, in dB from -80, [F]."""
    return loudness_of_frames(audio_N, *_layout(len(audio_N), frame_rate, padding, LOUDNESS_FRAME_SIZE))


def compute_power(audio_N: Array, frame_rate: int, padding: str, frame_size: int = POWER_FRAME_SIZE) -> Array:
    """Mean square per frame, in dB of full scale from -80, [F]."""
    return power_of_frames(audio_N, *_layout(len(audio_N), frame_rate, padding, frame_size), frame_size)


def loudness_of_frames(audio_N: Array, start: int, hop: int, n_frames: int) -> Array:
    """Loudness of the frames audio_N[start + i * hop:][:512], [F]; beyond the audio is silence."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(LOUDNESS_FRAME_SIZE) / LOUDNESS_FRAME_SIZE)).astype(np.float32)
    weights_K = 10 ** (a_weighting(np.fft.rfftfreq(LOUDNESS_FRAME_SIZE, 1 / SAMPLE_RATE)) / 10)
    loudness = []
    for frames_FN in _frames(audio_N, start, hop, n_frames, LOUDNESS_FRAME_SIZE):
        spectrum_FK = np.fft.rfft(frames_FN * window, axis=1)
        power_FK = np.square(spectrum_FK.real) + np.square(spectrum_FK.imag)
        loudness.append(_to_db((power_FK @ weights_K) / len(weights_K)))
    return np.concatenate(loudness)


def power_of_frames(audio_N: Array, start: int, hop: int, n_frames: int, frame_size: int = POWER_FRAME_SIZE) -> Array:
    """Power of the frames audio_N[start + i * hop:][:frame_size], [F]; beyond the audio is silence."""
    frames = _frames(audio_N, start, hop, n_frames, frame_size)
    return np.concatenate([_to_db(np.mean(np.square(frames_FN), axis=1)) for frames_FN in frames])


def a_weighting(frequency_hz_K: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Sensitivity of hearing in dB, 0 at 1 kHz, not below -80 dB. Source: IEC 61672-1, annex E."""
    f2 = np.square(frequency_hz_K)
    f1, f_2, f3, f4 = (x**2 for x in (20.598997, 107.65265, 737.86223, 12194.217))
    with np.errstate(divide="ignore"):
        gain = 2.0 + 20 * np.log10(f4 * f2**2 / ((f2 + f1) * (f2 + f4) * np.sqrt((f2 + f_2) * (f2 + f3))))
    gain_K: npt.NDArray[np.float64] = np.maximum(gain, -80.0)
    return gain_K


def _layout(n_samples: int, frame_rate: int, padding: str, frame_size: int) -> tuple[int, int, int]:
    """As for the pitch; only the frames are shorter, and so begin later when centred."""
    start, hop, n_frames = frame_layout(n_samples, frame_rate, padding)
    return (start and -(frame_size // 2)), hop, n_frames


def _frames(
    audio_N: Array, start: int, hop: int, n_frames: int, frame_size: int
) -> Generator[npt.NDArray[np.float32], None, None]:
    for first in range(0, n_frames, _FRAMES_AT_ONCE):
        n_now = min(_FRAMES_AT_ONCE, n_frames - first)
        begin = start + first * hop
        stretch_N = cut(audio_N, begin, begin + (n_now - 1) * hop + frame_size)
        yield np.lib.stride_tricks.sliding_window_view(stretch_N, frame_size)[::hop]


def _to_db(power_F: npt.NDArray[np.floating]) -> Array:
    db_F: Array = (10 * np.log10(np.maximum(power_F, 10 ** (-RANGE_DB / 10)))).astype(np.float32)
    return np.maximum(db_F, -RANGE_DB)  # single precision lands a hair below
