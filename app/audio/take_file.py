"""A take as it is recorded: a wav file of 24 bits that is never more than a moment behind, and never lost.

While it grows it lies beside its place under a name of its own; `finish` gives it its name. What a crash leaves is
found again by `recover_takes`.
"""

# C = channels, N = samples

import os
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ddsp_backend.files import patiently

_GROWING_PREFIX, _GROWING_SUFFIX = ".growing-", ".wav.part"
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_BYTES = 3  # of a sample
_FULL_SCALE = 2**23 - 1


class TakeFile:
    """Grows block by block. Raises OSError where it cannot be made or written; what was written before is kept."""

    def __init__(self, path: Path, sample_rate: int, n_channels: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._growing = path.with_name(f"{_GROWING_PREFIX}{path.stem}{_GROWING_SUFFIX}")
        # Unbuffered: a full disk is said by the block that did not fit, and by none later.
        self._file = self._growing.open("wb", buffering=0)
        self._write(_header(sample_rate, n_channels, 0))
        self.n_frames = 0

    def append(self, block_NC: npt.NDArray[np.float32]) -> None:
        """Full scale is 1; what lies beyond is clipped, as any converter does."""
        whole_NC = np.rint(np.clip(block_NC, -1, 1) * _FULL_SCALE).astype("<i4")
        self._write(whole_NC.reshape(-1, 1).view(np.uint8)[:, :_BYTES].tobytes())
        self.n_frames += len(block_NC)

    def finish(self) -> Path | None:
        """Closes the file and gives it its name. None where it holds nothing; then it is gone."""
        self._file.close()
        return _named(self._growing, self.path)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]


def recover_takes(folder: Path) -> tuple[Path, ...]:
    """Gives takes their names that a crash left growing."""
    found = []
    for growing in sorted(folder.glob(f"{_GROWING_PREFIX}*{_GROWING_SUFFIX}")):
        stem = growing.name.removeprefix(_GROWING_PREFIX).removesuffix(_GROWING_SUFFIX)
        path = folder / f"{stem}.wav"
        if (recovered := _named(growing, path if not path.exists() else next_take_path(folder))) is not None:
            found.append(recovered)
    return tuple(found)


def next_take_path(folder: Path) -> Path:
    """take_01.wav, take_02.wav, ...: the first number that is free here and behind all others."""
    numbers = [path.stem.rpartition("_")[2] for path in folder.glob("take_*.wav")]
    number = max((int(text) for text in numbers if text.isdecimal()), default=0) + 1
    return folder / f"take_{number:02d}.wav"


def _named(growing: Path, path: Path) -> Path | None:
    """The header learns how much there is; a last frame that was cut goes. The name tells that the file is whole."""
    with growing.open("r+b") as file:
        head = file.read(_HEADER.size)
        if len(head) == _HEADER.size:
            n_channels, sample_rate = _HEADER.unpack(head)[6:8]
            frame_size = _BYTES * max(n_channels, 1)
            n_frames = (os.fstat(file.fileno()).st_size - _HEADER.size) // frame_size
            if n_frames > 0:
                file.truncate(_HEADER.size + n_frames * frame_size)
                file.seek(0)
                file.write(_header(sample_rate, n_channels, n_frames))
                file.flush()
                os.fsync(file.fileno())
        else:
            n_frames = 0
    if n_frames <= 0:
        growing.unlink()
        return None
    patiently(lambda: growing.replace(path))
    return path


def _header(sample_rate: int, n_channels: int, n_frames: int) -> bytes:
    """RIFF with one chunk of format, one of data."""
    frame_size = _BYTES * n_channels
    size = n_frames * frame_size
    return _HEADER.pack(
        *(b"RIFF", 36 + size, b"WAVE"),
        *(b"fmt ", 16, 1, n_channels, sample_rate, sample_rate * frame_size, frame_size, 8 * _BYTES),
        *(b"data", size),
    )
