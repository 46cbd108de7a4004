"""Opens any recording and hands out its samples block by block.

libsndfile (wav, aiff, flac, ogg, opus, mp3, ...) is asked first because it knows the length beforehand; FFmpeg, through
PyAV, reads the rest: m4a, aac, webm and the sound of videos.
"""

# C = channels, N = samples

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile

from ddsp_backend.errors import AudioError

Samples = npt.NDArray[np.float32]

BLOCK_FRAMES = 1 << 16
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


class Recording:
    """An open recording: `info`, and `blocks()` once."""

    def __init__(self, info: RecordingInfo, blocks: Iterator[Samples]) -> None:
        self.info = info
        self._blocks = blocks

    def blocks(self) -> Iterator[Samples]:
        """Yields blocks_NC, float32, full scale 1, in order, at the recording's own rate."""
        return self._blocks


@contextmanager
def open_recording(path: str | os.PathLike[str]) -> Iterator[Recording]:
    """Opens `path`, whatever its format.

    Raises:
      AudioError: the file is missing, empty, not permitted, not audio, or damaged (also later, from `blocks`).
    """
    path = Path(path)
    _refuse_what_cannot_be_opened(path)
    try:
        file = soundfile.SoundFile(os.fsencode(path) if os.name == "posix" else str(path))
    except soundfile.LibsndfileError:
        with _opened_by_ffmpeg(path) as recording:
            yield recording
    except TypeError:  # soundfile asks for rate and channels of headerless files (.raw)
        raise AudioError(f"{path.name}: this is no audio file that can be read", _NO_AUDIO_HINT) from None
    else:
        with file:
            info = RecordingInfo(file.samplerate, file.channels, _sane_length(file.frames))
            yield Recording(info, _blocks_of_sndfile(path, file))


def _sane_length(n_frames: int) -> int:
    """libsndfile answers 2**63 - 1 where a stream has no length."""
    return n_frames if 0 <= n_frames < 1 << 48 else 0


def _refuse_what_cannot_be_opened(path: Path) -> None:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise AudioError(f"{path.name}: this is not a file", "Choose an audio file.")
        with path.open("rb") as file:
            if not file.read(1):
                raise AudioError(f"{path.name}: the file is empty (0 bytes)", "Record or export it again.")
    except PermissionError as error:
        raise AudioError(
            f"{path.name}: there is no permission to read it", "Change its permissions, or copy it somewhere else."
        ) from error
    except FileNotFoundError as error:
        raise AudioError(f"{path.name}: the file does not exist", f"Looked for {path}.") from error
    except OSError as error:
        raise AudioError(f"{path.name}: the disk could not read it ({error.strerror})", "Copy it again.") from error


def _blocks_of_sndfile(path: Path, file: Any) -> Iterator[Samples]:
    n_read = 0
    while True:
        try:
            block_NC = file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise _damaged(path, n_read / file.samplerate, error) from error
        if not len(block_NC):
            return
        n_read += len(block_NC)
        yield block_NC


@contextmanager
def _opened_by_ffmpeg(path: Path) -> Iterator[Recording]:
    # A file object and not a name: FFmpeg would take a name such as "http:take.m4a" for an address.
    with path.open("rb") as file:
        try:
            container = av.open(file, metadata_errors="replace")
        except (av.FFmpegError, ValueError) as error:
            raise AudioError(f"{path.name}: this is no audio file that can be read", _NO_AUDIO_HINT) from error
        with container:
            if not container.streams.audio:
                raise AudioError(f"{path.name}: there is no sound in this file", "Leave it out.")
            stream = container.streams.audio[0]
            rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
            if not rate or not channels:
                raise AudioError(f"{path.name}: its sound is in a format that cannot be read", _NO_AUDIO_HINT)
            seconds = float(stream.duration * stream.time_base) if stream.duration else (container.duration or 0) / 1e6
            info = RecordingInfo(rate, channels, round(seconds * rate))
            yield Recording(info, _blocks_of_ffmpeg(path, container, info))


def _blocks_of_ffmpeg(path: Path, container: Any, info: RecordingInfo) -> Iterator[Samples]:
    # The resampler only changes the sample format here, to planar float32; the rate and the channels stay as they are.
    to_float = av.AudioResampler(format="fltp")
    pending: list[Samples] = []
    n_pending = n_read = 0
    try:
        for frame in container.decode(audio=0):
            for converted in to_float.resample(frame):
                pending.append(converted.to_ndarray().T)
                n_pending += converted.samples
            if n_pending >= BLOCK_FRAMES:
                n_read += n_pending
                yield np.concatenate(pending)
                pending, n_pending = [], 0
    except (av.FFmpegError, ValueError) as error:
        raise _damaged(path, (n_read + n_pending) / info.sample_rate, error) from error
    if pending:
        yield np.concatenate(pending)


def _damaged(path: Path, seconds: float, error: Exception) -> AudioError:
    return AudioError(
        f"{path.name}: the file is damaged after {seconds:.1f} s ({error})", "Export or copy it again, or leave it out."
    )
