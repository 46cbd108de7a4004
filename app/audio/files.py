"""Reads the wav files that jobs write, and hands out copies of them."""

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from app.audio.tracks import resample
from app.state.sound_format import Depth, SoundFormat
from ddsp_backend.audio.wav import write_wav
from ddsp_backend.errors import AudioError

_SUBTYPES = {Depth.INT_16: "PCM_16", Depth.INT_24: "PCM_24", Depth.FLOAT_32: "FLOAT"}
_LARGEST = 0.9999  # of full scale


def read_sound(path: Path, sample_rate: int | None = None) -> tuple[npt.NDArray[np.float32], int]:
    """Reads a file as mono float32 [N], at `sample_rate` Hz or its own. Raises AudioError."""
    try:
        with path.open("rb") as file:
            sound_NC, own_rate = soundfile.read(file, dtype="float32", always_2d=True)
    except OSError as error:
        raise AudioError(
            f"{path.name} cannot be read: {error.strerror or error}", "Was it moved or deleted? Render it again."
        ) from error
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{path.name} is not a sound file: {error}", "Render it again.") from error
    sound_N = np.ascontiguousarray(np.nan_to_num(sound_NC.mean(axis=1), posinf=1.0, neginf=-1.0), dtype=np.float32)
    if not len(sound_N):
        raise AudioError(f"{path.name} holds no sound: it is 0 seconds long", "Render it again.")
    if sample_rate is None:
        return sound_N, own_rate
    return resample(sound_N, own_rate, sample_rate), sample_rate


def copy_sound(path: Path, target: Path, sound_format: SoundFormat) -> float:
    """Writes a sound as a wav file of that form, whole or not at all.

    Returns: By how many dB it was turned down, because whole numbers hold nothing beyond full scale.

    Raises AudioError.
    """
    sound_N, rate = read_sound(path, sound_format.rate or None)
    peak, lowered_db = float(np.abs(sound_N).max()), 0.0
    if sound_format.depth is not Depth.FLOAT_32 and peak > _LARGEST:
        lowered_db = 20 * math.log10(peak / _LARGEST)
        sound_N = sound_N * np.float32(_LARGEST / peak)
    try:
        write_wav(target, sound_N, rate, _SUBTYPES[sound_format.depth])
    except OSError as error:
        raise AudioError(
            f"{target.name} cannot be written: {error.strerror or error}",
            "Choose another folder, or free some space on the disk.",
        ) from error
    return lowered_db


def read_spectrogram(path: Path) -> npt.NDArray[np.uint8]:
    """Reads a picture of a sound as uint8 [bands, frames]. Raises AudioError."""
    try:
        spectrogram = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise AudioError(f"{path.name} cannot be read: {error}", "Render it again.") from error
    if not isinstance(spectrogram, np.ndarray) or spectrogram.ndim != 2 or spectrogram.dtype != np.uint8:
        raise AudioError(f"{path.name} is not a spectrogram of Timbre Studio", "Render it again.")
    return spectrogram
