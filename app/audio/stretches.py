"""Reads a stretch of a recording of any format and length, in a thread: an hour of it need not lie in memory."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QThread

from ddsp_backend.errors import AudioError

LONGEST_STRETCH = 600.0  # seconds


def read_stretch(path: Path, first: float) -> tuple[npt.NDArray[np.float32], int]:
    """Mono samples [N] at the recording's own rate in Hz, from `first` seconds on. Raises AudioError."""
    from ddsp_backend.audio.files import iterate_blocks, read_info  # the decoders are not loaded before the window is

    rate = read_info(path).sample_rate
    start = round(first * rate)
    stop = start + round(LONGEST_STRETCH * rate)
    parts, n_read = [], 0
    for block_N in iterate_blocks(path, rate):
        parts.append(block_N[max(start - n_read, 0) : max(stop - n_read, 0)])
        n_read += len(block_N)
        if n_read >= stop:
            break
    return np.concatenate(parts or [np.zeros(0, np.float32)]), rate


class StretchReader(QThread):
    """`outcome` is samples and rate, or the `AudioError`, once it has finished."""

    def __init__(self, path: str, first: float, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.first = first
        self.outcome: tuple[npt.NDArray[np.float32], int] | AudioError | None = None

    def run(self) -> None:
        try:
            self.outcome = read_stretch(Path(self.path), self.first)
        except AudioError as error:
            self.outcome = error
        except OSError as error:
            self.outcome = AudioError(
                f"{Path(self.path).name} cannot be read: {error.strerror or error}", "Was it moved or deleted?"
            )
