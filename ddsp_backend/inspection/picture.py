"""What there is to draw of a recording: a file of a few hundred kilobytes, however long it is."""

# C = channels, N = samples, F = frames, X = columns

from pathlib import Path
from typing import cast

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.audio.decoding import Samples
from ddsp_backend.audio.files import to_mono
from ddsp_backend.files import written_whole
from ddsp_backend.inspection.frames import FRAME_SECONDS, Frames

MOST_COLUMNS = 2000


class Outline:
    """Lowest and highest sample of each column of a waveform whose length is not known beforehand.

    Whenever there are MOST_COLUMNS of them, two become one of twice the span.
    """

    def __init__(self) -> None:
        self.span = 1  # samples a column
        self._columns_2X = np.zeros((2, 0), np.float32)
        self._rest_N = np.zeros(0, np.float32)

    def add(self, block_NC: Samples) -> None:
        samples_N = np.concatenate([self._rest_N, to_mono(block_NC)])
        while len(samples_N) >= self.span:
            n_columns = min(len(samples_N) // self.span, MOST_COLUMNS - self._columns_2X.shape[1])
            whole_N, samples_N = np.split(samples_N, [n_columns * self.span])
            self._columns_2X = np.concatenate([self._columns_2X, _extremes(whole_N, self.span)], axis=1)
            if self._columns_2X.shape[1] == MOST_COLUMNS:
                low_X2, high_X2 = self._columns_2X.reshape(2, -1, 2)
                self._columns_2X = np.stack([low_X2.min(axis=1), high_X2.max(axis=1)])
                self.span *= 2
        self._rest_N = samples_N

    def columns(self) -> Array:
        """[2, X]: lowest and highest sample of each column, the last of which may be shorter."""
        if not len(self._rest_N):
            return self._columns_2X
        return np.concatenate([self._columns_2X, _extremes(self._rest_N, len(self._rest_N))], axis=1)


def _extremes(samples_N: Array, span: int) -> Array:
    columns_XN = samples_N.reshape(-1, span)
    return cast(Array, np.stack([columns_XN.min(axis=1), columns_XN.max(axis=1)]))


def write_picture(path: Path, outline: Outline, frames: Frames, sample_rate: int) -> None:
    """Writes a `.npz`, whole or not at all.

    It holds waveform [2, X] (lowest and highest sample of each column) and column_seconds, and per frame of
    frame_seconds f0_hz, confidence and level_db [F], for long recordings the frames at equal distances, so that a
    picture stays small; f0_hz is NaN where there is no sound.
    """
    every = max(1, frames.n_frames // (4 * MOST_COLUMNS))
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as temporary:
        np.savez_compressed(
            temporary,
            waveform=outline.columns(),
            column_seconds=np.float64(outline.span / sample_rate),
            frame_seconds=np.float64(every * FRAME_SECONDS),
            f0_hz=frames.f0_hz[::every],
            confidence=frames.confidence[::every],
            level_db=frames.level_db[::every],
        )
