"""Writes audio and its picture while it comes, piece by piece. N = audio samples."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.audio.wav import wav_writer
from ddsp_backend.files import written_whole
from ddsp_backend.reporting.spectrograms import N_BANDS, GrowingSpectrogram


class Sound:
    """Takes pieces up to a length that is known beforehand: what is more is cut, what is missing is silence.

    Attributes:
      peak: The largest magnitude so far, full scale 1.
    """

    def __init__(self, n_samples: int, file: Any, growing: GrowingSpectrogram, picture: IO[bytes] | None) -> None:
        self.peak = 0.0
        self._n_missing = n_samples
        self._file, self._growing, self._picture = file, growing, picture

    def add(self, audio_N: Array) -> None:
        audio_N = audio_N[: self._n_missing]
        if not len(audio_N):
            return
        self._n_missing -= len(audio_N)
        self.peak = max(self.peak, float(np.abs(audio_N).max()))
        self._file.write(audio_N)
        if self._picture is not None:
            self._picture.write(self._growing.add(audio_N).tobytes("F"))

    def end(self) -> None:
        while self._n_missing > 0:
            self.add(np.zeros(min(self._n_missing, 1 << 16), np.float32))
        if self._picture is not None:
            self._picture.write(self._growing.end().tobytes("F"))


@contextmanager
def written_sound(path: Path, sample_rate: int, n_samples: int, picture_path: Path | None = None) -> Iterator[Sound]:
    """Writes a wav of floating-point numbers, which keeps what lies beyond full scale, and its mel spectrogram.

    Both are written whole, when the block ends without an error, or not at all.

    Raises:
      AudioError: the disk does not take it.
    """
    growing = GrowingSpectrogram(sample_rate)
    with ExitStack() as stack:
        picture = None
        if picture_path is not None:
            picture = stack.enter_context(stack.enter_context(written_whole(picture_path)).open("wb"))
            # Column after column, as they come: in numpy's words, the order of Fortran.
            shape = (N_BANDS, growing.n_frames(n_samples))
            header = {"descr": "|u1", "fortran_order": True, "shape": shape}
            np.lib.format.write_array_header_1_0(picture, header)
        sound = Sound(n_samples, stack.enter_context(wav_writer(path, sample_rate, n_samples)), growing, picture)
        yield sound
        sound.end()
