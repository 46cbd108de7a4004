"""Spectra, loudness and power of audio. B = batch, N = samples, F = frames."""

from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.dsp.core import DB_RANGE, amplitude_to_db, power_to_db, safe_log
from ddsp_backend.dsp.tensors import pad_axis, tf_float32
from ddsp_backend.errors import ConfigError

F0_RANGE = 127.0  # MIDI notes


def get_framed_lengths(input_length: int, frame_size: int, hop_size: int, padding: str = "center") -> tuple[int, int]:
    """Number of frames, and length after padding, of a signal cut into overlapping frames.

    Args:
      padding: "valid" pads nothing; "same" pads the end, for one frame per hop; "center" pads both ends by half a
        frame, so that frames are centred on their time stamps, for one frame more.
    """
    if padding == "valid":
        return (input_length - frame_size) // hop_size + 1, input_length
    if padding == "center":
        return input_length // hop_size + 1, input_length + frame_size
    if padding == "same":
        n_frames = -(-input_length // hop_size)
        return n_frames, (n_frames - 1) * hop_size + frame_size
    raise ConfigError(f"padding={padding!r} is unknown", "Use 'valid', 'same' or 'center'.")


def pad(
    x: tf.Tensor,
    frame_size: int,
    hop_size: int,
    padding: str = "center",
    axis: int = -1,
    mode: str = "CONSTANT",
    constant_values: float = 0,
) -> tf.Tensor:
    """Pads audio [..., N], or another axis, as `get_framed_lengths` counts; with zeros, or as `tf.pad` has it."""
    if padding == "valid":
        return x
    if hop_size > frame_size:
        raise ConfigError(f"Frames of {frame_size} samples leave gaps at a hop of {hop_size}", "Use longer frames.")
    length = x.shape[axis]
    _, padded_length = get_framed_lengths(length, frame_size, hop_size, padding)
    ends = (frame_size // 2, frame_size // 2) if padding == "center" else (0, padded_length - length)
    return pad_axis(x, ends, axis, mode=mode, constant_values=constant_values)


def stft(audio: tf.Tensor, frame_size: int = 2048, overlap: float = 0.75, pad_end: bool = True) -> tf.Tensor:
    """Complex short-time spectra [..., F, bins] of audio [..., N] (or [..., N, 1]), Hann window."""
    audio = tf_float32(audio)
    if audio.shape.rank == 3:
        audio = audio[..., 0]
    return tf.signal.stft(audio, frame_size, int(frame_size * (1.0 - overlap)), pad_end=pad_end)


def compute_mag(audio: tf.Tensor, size: int = 2048, overlap: float = 0.75, pad_end: bool = True) -> tf.Tensor:
    """Magnitudes of `stft`."""
    return tf.abs(stft(audio, size, overlap, pad_end))


def compute_logmag(audio: tf.Tensor, size: int = 2048, overlap: float = 0.75, pad_end: bool = True) -> tf.Tensor:
    """Natural logarithm of `compute_mag`."""
    return safe_log(compute_mag(audio, size, overlap, pad_end))


def compute_loudness(
    audio: tf.Tensor,
    sample_rate: int = 16000,
    frame_rate: int = 250,
    n_fft: int = 512,
    range_db: float = DB_RANGE,
    ref_db: float = 0.0,
    padding: str = "center",
) -> tf.Tensor:
    """A-weighted power in dB, [B, F] for audio_BN ([F] for [N])."""
    audio = tf_float32(audio)
    hop = sample_rate // frame_rate
    spectrum = tf.signal.stft(pad(audio, n_fft, hop, padding), n_fft, hop)
    power = tf.square(tf.math.real(spectrum)) + tf.square(tf.math.imag(spectrum))
    weighted = tf.linalg.matvec(power, tf.constant(_a_weights(sample_rate, n_fft)))
    return power_to_db(weighted, ref_db, range_db)


def a_weighting_db(sample_rate: int, n_fft: int) -> Any:
    """Weight of each bin in dB, -80 at least. Source: IEC 61672-1, A-weighting, 0 dB at 1 kHz."""
    square = np.fft.rfftfreq(n_fft, 1 / sample_rate) ** 2
    with np.errstate(divide="ignore"):
        decibels = 2.0 + 20 * (
            2 * np.log10(12194.217)
            + 2 * np.log10(square)
            - np.log10(square + 12194.217**2)
            - np.log10(square + 20.598997**2)
            - 0.5 * np.log10(square + 107.65265**2)
            - 0.5 * np.log10(square + 737.86223**2)
        )
    return np.maximum(decibels, -80.0)


@cache
def _a_weights(sample_rate: int, n_fft: int) -> Any:
    """Weight of each bin's power in the mean over bins."""
    weights = 10 ** (a_weighting_db(sample_rate, n_fft) / 10)
    return (weights / len(weights)).astype(np.float32)


def compute_rms_energy(
    audio: tf.Tensor, sample_rate: int = 16000, frame_rate: int = 250, frame_size: int = 512, padding: str = "center"
) -> tf.Tensor:
    """Root of the mean square of each frame, [..., F]."""
    audio = tf_float32(audio)
    hop = sample_rate // frame_rate
    frames = tf.signal.frame(pad(audio, frame_size, hop, padding), frame_size, hop)
    return tf.sqrt(tf.reduce_mean(tf.square(frames), -1))


def compute_power(
    audio: tf.Tensor,
    sample_rate: int = 16000,
    frame_rate: int = 250,
    frame_size: int = 512,
    ref_db: float = 0.0,
    range_db: float = DB_RANGE,
    padding: str = "center",
) -> tf.Tensor:
    """Power of each frame in dB, [..., F]."""
    rms = compute_rms_energy(audio, sample_rate, frame_rate, frame_size, padding)
    return amplitude_to_db(rms, ref_db, range_db)
