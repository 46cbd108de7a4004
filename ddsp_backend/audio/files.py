"""Finds, reads and writes recordings: float32, mono, full scale 1, at the rate that is asked for."""

# C = channels, N = samples

import math
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import Audio
from ddsp_backend.audio.decoding import OpenRecording, RecordingInfo, open_recording
from ddsp_backend.audio.resampling import RESAMPLING, resampled_blocks, resampled_length
from ddsp_backend.audio.search import find_recordings
from ddsp_backend.audio.wav import write_wav
from ddsp_backend.errors import AudioError

LOUDEST_SAMPLE = 1000.0  # of full scale; float files may go beyond 1, but what is far beyond is damage, not sound

__all__ = [
    "LOUDEST_SAMPLE",
    "RESAMPLING",
    "find_recordings",
    "iterate_blocks",
    "nonsense",
    "read_audio",
    "read_info",
    "resampled_length",
    "to_mono",
    "write_wav",
]


def read_info(path: str | os.PathLike[str]) -> RecordingInfo:
    """Rate, channels and length of a recording, from its header. Raises AudioError."""
    with open_recording(path) as recording:
        return recording.info


def iterate_blocks(path: str | os.PathLike[str], sample_rate: int) -> Iterator[Audio]:
    """Decodes, mixes to mono and resamples block by block, so that memory does not grow with the recording.

    The blocks joined are what `read_audio` returns. Mono is the mean of all channels; resampling is soxr's.

    Yields: audio_N, float32, blocks of about a second or two.
    Raises:
      AudioError: the recording cannot be read, or holds samples that are no numbers, or absurdly large.
    """
    with open_recording(path) as recording:
        rate = recording.info.sample_rate
        yield from resampled_blocks(_mono_blocks(path, recording), rate, sample_rate)


def _mono_blocks(path: str | os.PathLike[str], recording: OpenRecording) -> Iterator[Audio]:
    n_read = 0
    for block_NC in recording.blocks():
        mono_N = to_mono(block_NC)
        _refuse_nonsense(mono_N, path, n_read, recording.info.sample_rate)
        n_read += len(mono_N)
        yield mono_N


def read_audio(path: str | os.PathLike[str], sample_rate: int) -> Audio:
    """A whole recording as audio_N. Raises AudioError. For long recordings see `iterate_blocks`."""
    blocks = list(iterate_blocks(path, sample_rate))
    if not blocks:
        raise AudioError("this file contains no samples", "Record or export it again.", file=Path(path).name)
    return np.concatenate(blocks)


def to_mono(block_NC: npt.NDArray[np.float32]) -> Audio:
    """The mean of all channels."""
    return block_NC[:, 0] if block_NC.shape[1] == 1 else block_NC.mean(axis=1, dtype=np.float32)


def _refuse_nonsense(mono_N: Audio, path: str | os.PathLike[str], n_before: int, rate: int) -> None:
    sensible_N = np.abs(mono_N) <= LOUDEST_SAMPLE  # which NaN is not
    if not sensible_N.all():
        first = int(np.argmin(sensible_N))
        raise AudioError(
            f"the sample at {(n_before + first) / rate:.3f} s {nonsense(float(mono_N[first]))}",
            "Export the recording again, or leave it out.",
            file=Path(path).name,
        )


def nonsense(value: float) -> str:
    """What is wrong with a sample that is louder than anything can be, as the end of a sentence."""
    if not math.isfinite(value):
        return "is not a number (NaN or infinity)"
    return f"is {abs(value):.3g} times full scale; up to {LOUDEST_SAMPLE:g} can be used"
