"""Reads the wav files that jobs write, and hands out copies of them."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from app.audio.tracks import resample
from ddsp_backend.errors import AudioError
from ddsp_backend.files import written_whole


def read_sound(path: Path, sample_rate: int | None = None) -> tuple[npt.NDArray[np.float32], int]:
    """Reads a file as mono float32 [N], at `sample_rate` Hz or its own. Raises AudioError."""
    try:
        with path.open("rb") as file:
            sound_NC, own_rate = soundfile.read(file, dtype="float32", always_2d=True)
    except OSError as error:
        raise AudioError(
            f"{path.name} cannot be read: {error.strerror or error}", "Was it moved or deleted? Render it once more."
        ) from error
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{path.name} is not a sound file: {error}", "Render it once more.") from error
    sound_N = np.ascontiguousarray(np.nan_to_num(sound_NC.mean(axis=1), posinf=1.0, neginf=-1.0), dtype=np.float32)
    if not len(sound_N):
        raise AudioError(f"{path.name} holds no sound: it is 0 seconds long", "Render it once more.")
    if sample_rate is None:
        return sound_N, own_rate
    return resample(sound_N, own_rate, sample_rate), sample_rate


def copy_sound(path: Path, target: Path) -> None:
    """Copies a file under another name, whole or not at all. Raises AudioError."""
    try:
        with written_whole(target) as temporary:
            temporary.write_bytes(path.read_bytes())
    except OSError as error:
        raise AudioError(
            f"{target.name} cannot be written: {error.strerror or error}",
            "Choose another folder, or free some space on the disk.",
        ) from error


def read_spectrogram(path: Path) -> npt.NDArray[np.uint8]:
    """Reads a picture of a sound as uint8 [bands, frames]. Raises AudioError."""
    try:
        spectrogram = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise AudioError(f"{path.name} cannot be read: {error}", "Render it once more.") from error
    if not isinstance(spectrogram, np.ndarray) or spectrogram.ndim != 2 or spectrogram.dtype != np.uint8:
        raise AudioError(f"{path.name} is not a spectrogram of this program", "Render it once more.")
    return spectrogram
