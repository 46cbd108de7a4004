"""Keeps what is played as a wav file, without ever making the sound wait for the disk."""

import errno
import queue
import threading
from collections.abc import Callable
from pathlib import Path

import soundfile

from ddsp_backend.arrays import Array
from ddsp_backend.files import written_whole

_MOST_BLOCKS = 20_000  # a minute of a disk that does not answer


class TakeRecording:
    """Writes blocks in a thread of its own. The file is there once `finish` was called, whole or not at all.

    Args:
      ended: Is told at the end, from that thread, how many seconds there are, and why it could not be written.
    """

    def __init__(self, path: Path, sample_rate: int, ended: Callable[[float, OSError | None], None]) -> None:
        self._path, self._rate, self._ended = path, sample_rate, ended
        self._blocks: queue.Queue[Array | None] = queue.Queue(_MOST_BLOCKS)
        self._n_samples = 0
        self._is_behind = False
        self._thread = threading.Thread(target=self._write, name="take", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """How much is written."""
        return self._n_samples / self._rate

    def append(self, block_N: Array) -> None:
        """Called by the sound device's thread. Returns at once."""
        try:
            self._blocks.put_nowait(block_N)
        except queue.Full:
            self._is_behind = True

    def finish(self) -> None:
        """Waits until the file is there."""
        self._blocks.put(None)
        self._thread.join()

    def _write(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(self._path) as growing:
                self._write_blocks(growing)
        except (OSError, soundfile.LibsndfileError) as error:
            while self._blocks.get() is not None:
                pass
            self._ended(0.0, error if isinstance(error, OSError) else OSError(errno.EIO, str(error)))
        else:
            self._ended(self.seconds, None)

    def _write_blocks(self, growing: Path) -> None:
        with soundfile.SoundFile(growing, "w", self._rate, 1, "PCM_24", format="WAV") as file:
            while (block_N := self._blocks.get()) is not None:
                file.write(block_N)
                self._n_samples += len(block_N)
        if self._is_behind:
            raise OSError(errno.EIO, "The disk has not answered for a minute")
