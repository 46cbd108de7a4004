"""Writes wav files. Apart from files.py, whose decoders take long to load: the window saves sounds as well."""

# N = samples

import io
import os

import numpy as np
import numpy.typing as npt
import soundfile

from ddsp_backend.files import written_whole
from ddsp_backend.storage import BucketPath


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
