"""Reads and writes wav files. Apart from files.py, whose decoders take long to load: the window saves too."""

# C = channels, N = samples

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from ddsp_backend.arrays import Audio
from ddsp_backend.errors import AudioError
from ddsp_backend.files import written_whole
from ddsp_backend.storage import BucketPath

_BLOCK = 1 << 16
_LARGEST_WAV = (1 << 32) - (1 << 16)  # bytes; a longer one is written as RF64, its successor
_BYTES = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}


def write_wav(
    path: str | os.PathLike[str] | BucketPath,
    audio_N: npt.NDArray[np.floating],
    sample_rate: int,
    subtype: str = "PCM_16",
) -> None:
    """Writes mono audio as a wav file, whole or not at all.

    `subtype` is libsndfile's: "PCM_16" and "PCM_24" clip what lies beyond full scale, "FLOAT" keeps it.
    """
    content = io.BytesIO()  # libsndfile does not say that a disk is full; Python does
    kept_N = audio_N if subtype == "FLOAT" else np.clip(audio_N, -1, 1)
    soundfile.write(content, kept_N, sample_rate, subtype, format="WAV")
    with written_whole(path) as temporary:
        temporary.write_bytes(content.getbuffer())


@contextmanager
def wav_writer(path: Path, sample_rate: int, n_samples: int, subtype: str = "FLOAT") -> Iterator[Any]:
    """A soundfile for `n_samples`, so that a long wav is not held in memory. Written whole or not at all.

    Raises AudioError where the disk does not take it.
    """
    kind = "WAV" if _BYTES[subtype] * n_samples < _LARGEST_WAV else "RF64"
    try:
        with written_whole(path) as temporary:
            temporary.touch()  # Python says why a folder takes no file; libsndfile does not
            with soundfile.SoundFile(_name(temporary), "w", sample_rate, 1, subtype, format=kind) as file:
                yield file
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{path.name} cannot be written: {error}", "Check whether the disk is full.") from error


def wav_size(path: Path) -> tuple[int, int]:
    """Samples and sample rate in Hz of a file that a job wrote. Raises AudioError."""
    with _opened(path) as file:
        return file.frames, file.samplerate


def wav_blocks(path: Path) -> Iterator[Audio]:
    """A file that a job wrote as mono blocks: float32, the mean of the channels, finite numbers only.

    Raises AudioError where it cannot be read or holds nothing.
    """
    with _opened(path) as file:
        if not file.frames:
            raise AudioError(f"{path.name} holds no sound: it is 0 seconds long", "Render it again.")
        while len(block_NC := file.read(_BLOCK, dtype="float32", always_2d=True)):
            yield np.nan_to_num(block_NC.mean(axis=1, dtype=np.float32), posinf=1.0, neginf=-1.0)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with path.open("rb") as content, soundfile.SoundFile(content) as file:
            yield file
    except OSError as error:
        raise AudioError(
            f"{path.name} cannot be read: {error.strerror or error}", "Was it moved or deleted? Render it again."
        ) from error
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{path.name} is not a sound file: {error}", "Render it again.") from error


def _name(path: Path) -> bytes | str:
    return os.fsencode(path) if os.name == "posix" else str(path)
