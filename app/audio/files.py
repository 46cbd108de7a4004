"""Reads the wav files that jobs write, and hands out copies of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.audio.tracks import resample
from ddsp_backend.audio.rewriting import rewrite
from ddsp_backend.audio.wav import wav_blocks, wav_size
from ddsp_backend.errors import AudioError, Cancelled
from ddsp_backend.jobs.sound_form import SoundForm
from ddsp_backend.jobs.steps import Steps


def read_sound(path: Path, sample_rate: int | None = None) -> tuple[npt.NDArray[np.float32], int]:
    """Reads a file as mono float32 [N], at `sample_rate` Hz or its own. Raises AudioError."""
    _, own_rate = wav_size(path)
    sound_N = np.concatenate(list(wav_blocks(path)))
    if sample_rate is None:
        return sound_N, own_rate
    return resample(sound_N, own_rate, sample_rate), sample_rate


def copy_sound(
    path: Path, target: Path, form: SoundForm, is_stop_requested: Callable[[], bool] = lambda: False
) -> float:
    """Writes a sound as a wav file of that form, whole or not at all.

    Returns: By how many dB it was turned down, because whole numbers hold nothing beyond full scale.

    Raises: AudioError; Cancelled where a stop is asked for meanwhile.
    """
    try:
        with Steps(rewrite([(path, target)], form)) as steps:
            for _ in steps:
                if is_stop_requested():
                    raise Cancelled
    except OSError as error:
        raise AudioError(
            f"{target.name} cannot be written: {error.strerror or error}",
            "Choose another folder, or free some space on the disk.",
        ) from error
    return steps.result.lowered_db


def read_spectrogram(path: Path) -> npt.NDArray[np.uint8]:
    """Reads a picture of a sound as uint8 [bands, frames]. Raises AudioError."""
    try:
        spectrogram = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise AudioError(f"{path.name} cannot be read: {error}", "Render it again.") from error
    if not isinstance(spectrogram, np.ndarray) or spectrogram.ndim != 2 or spectrogram.dtype != np.uint8:
        raise AudioError(f"{path.name} is not a spectrogram of Timbre Studio", "Render it again.")
    return spectrogram
