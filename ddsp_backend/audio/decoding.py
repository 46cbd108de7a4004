"""Opens any recording and hands out its samples block by block.

libsndfile (wav, aiff, flac, ogg, opus, mp3, ...) is asked first because it knows the length beforehand; FFmpeg, through
PyAV, reads the rest: m4a, aac, webm and the sound of videos.
"""

# C = channels, N = samples

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile

from ddsp_backend.audio.content import open_content
from ddsp_backend.errors import AudioError

Samples = npt.NDArray[np.float32]

BLOCK_FRAMES = 1 << 16
LOWEST_SAMPLE_RATE = 4000  # Hz: below there is no timbre, and a header of 44 bytes may ask for hours of resampled audio
_NO_AUDIO_HINT = "Convert it to WAV with an audio editor, or leave it out."


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """What a file says about itself. `n_frames` is 0 where the file does not know its length before it is decoded."""

    sample_rate: int
    channels: int
    n_frames: int

    @property
    def seconds(self) -> float:
        return self.n_frames / self.sample_rate


class OpenRecording:
    """An open recording: `info`, and `blocks()` once."""

    def __init__(self, info: RecordingInfo, blocks: Iterator[Samples]) -> None:
        self.info = info
        self._blocks = blocks

    def blocks(self) -> Iterator[Samples]:
        """Yields blocks_NC, float32, full scale 1, in order, at the recording's own rate."""
        return self._blocks


@contextmanager
def open_recording(path: str | os.PathLike[str]) -> Iterator[OpenRecording]:
    """Opens `path`, whatever its format.

    Raises:
      AudioError: the file is missing, empty, not permitted, no file, not audio, sampled too slowly, or damaged (also
        later, from `blocks`).
    """
    path = Path(path)
    open_content(path).close()
    try:
        file = soundfile.SoundFile(os.fsencode(path) if os.name == "posix" else str(path))
    except soundfile.LibsndfileError:
        with _opened_by_ffmpeg(path) as recording:
            yield recording
    except TypeError:  # soundfile asks for rate and channels of headerless files (.raw)
        raise AudioError("this file cannot be read as audio", _NO_AUDIO_HINT, file=path.name) from None
    else:
        with file:
            info = RecordingInfo(file.samplerate, file.channels, _sane_length(file.frames))
            _require_sensible(path, info.sample_rate, info.channels)
            yield OpenRecording(info, _readable(path, info.sample_rate, _blocks_of_sndfile(file)))


def _sane_length(n_frames: int) -> int:
    """libsndfile answers 2**63 - 1 where a stream has no length."""
    return n_frames if 0 <= n_frames < 1 << 48 else 0


def _require_sensible(path: Path, rate: int, channels: int) -> None:
    if not rate or not channels:
        raise AudioError("its audio format is not supported", _NO_AUDIO_HINT, file=path.name)
    if rate < LOWEST_SAMPLE_RATE:
        raise AudioError(
            f"it is sampled at {rate} Hz; at least {LOWEST_SAMPLE_RATE} Hz are needed",
            "Record or export it at 16000 Hz or more.",
            file=path.name,
        )


def _readable(path: Path, rate: int, blocks: Iterator[Samples]) -> Iterator[Samples]:
    """The blocks. Whatever a decoder dies of is told as what is wrong with this file: it must not end the others."""
    n_read = 0
    while True:
        try:
            block_NC = next(blocks, None)
        except Exception as error:  # libraries read what anybody wrote: what they may raise is endless
            raise _damaged(path, n_read / rate, error) from error
        if block_NC is None:
            return
        n_read += len(block_NC)
        yield block_NC


def _blocks_of_sndfile(file: Any) -> Iterator[Samples]:
    while len(block_NC := file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
        yield block_NC


@contextmanager
def _opened_by_ffmpeg(path: Path) -> Iterator[OpenRecording]:
    # A file object and not a name: FFmpeg would take a name such as "http:take.m4a" for an address.
    with open_content(path) as file:
        try:
            container = av.open(file, metadata_errors="replace")
        except Exception as error:  # as above
            raise AudioError("this file cannot be read as audio", _NO_AUDIO_HINT, file=path.name) from error
        with container:
            info = _info_of(path, container)
            yield OpenRecording(info, _readable(path, info.sample_rate, _blocks_of_ffmpeg(container)))


def _info_of(path: Path, container: Any) -> RecordingInfo:
    if not container.streams.audio:
        raise AudioError("there is no sound in this file", "Leave it out.", file=path.name)
    stream = container.streams.audio[0]
    codec = stream.codec_context  # None where FFmpeg has no decoder
    rate, channels = (codec.sample_rate, codec.channels) if codec is not None else (0, 0)
    _require_sensible(path, rate, channels)
    seconds = float(stream.duration * stream.time_base) if stream.duration else (container.duration or 0) / 1e6
    return RecordingInfo(rate, channels, round(max(0.0, seconds) * rate))


def _blocks_of_ffmpeg(container: Any) -> Iterator[Samples]:
    # The resampler only changes the sample format here, to planar float32; the rate and the channels stay as they are.
    to_float = av.AudioResampler(format="fltp")
    pending: list[Samples] = []
    n_pending = 0  # counted along: a frame may hold no more than one sample
    try:
        for frame in container.decode(audio=0):
            for converted in to_float.resample(frame):
                pending.append(converted.to_ndarray().T)
                n_pending += converted.samples
            if n_pending >= BLOCK_FRAMES:
                yield np.concatenate(pending)
                pending, n_pending = [], 0
    except (av.FFmpegError, ValueError):
        if pending:
            yield np.concatenate(pending)  # so that it is known where the damage begins
        raise
    if pending:
        yield np.concatenate(pending)


def _damaged(path: Path, seconds: float, error: Exception) -> AudioError:
    reason = str(error) or type(error).__name__
    return AudioError(
        f"the file is damaged after {seconds:.1f} s ({reason})",
        "Export or copy it again, or leave it out.",
        file=path.name,
    )
