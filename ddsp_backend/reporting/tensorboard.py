"""Writes curves, texts and sounds for TensorBoard."""

from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ddsp_backend.errors import StorageError
from ddsp_backend.files import put, staged
from ddsp_backend.storage import AnyPath, BucketPath


class Summaries:
    """A folder of event files, such as RUN/summaries/train. Use as a context manager; leaving it writes what waits.

    For a folder in a bucket they are written here and copied by `flush`: an object cannot grow, and TensorFlow would
    send the whole of it anew for every few curves.
    """

    def __init__(self, folder: AnyPath) -> None:
        self._folder = folder
        self._staging = ExitStack()
        here = self._staging.enter_context(staged(self._folder)) if isinstance(self._folder, BucketPath) else None
        self._here = here
        self._writer: Any = tf.summary.create_file_writer(str(here or folder))

    def __enter__(self) -> "Summaries":
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        with self._staging:
            self._writer.close()
            try:
                self._copy()
            except StorageError:
                if error is None:
                    raise
                # Otherwise the bucket refuses this too; what it refused first, or what else failed, is the reason.

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        with self._writer.as_default():
            for name, value in values.items():
                tf.summary.scalar(name, value, step=step)

    def config(self, step: int, text: str) -> None:
        """An operative config, set as a text that keeps its lines."""
        indented = "\n".join(f"    {line}" for line in text.splitlines())
        with self._writer.as_default():
            tf.summary.text(f"gin/operative_config-{step}", indented, step=step)

    def audio(self, step: int, name: str, audio_N: npt.NDArray[np.float32], sample_rate: int) -> None:
        with self._writer.as_default():
            tf.summary.audio(name, audio_N[None, :, None], sample_rate, step=step, encoding="wav")

    def spectrogram(self, step: int, name: str, levels_KF: npt.NDArray[np.uint8]) -> None:
        """A picture of a spectrogram as `spectrograms.mel_spectrogram` gives it, high bands on top."""
        with self._writer.as_default():
            tf.summary.image(name, levels_KF[None, ::-1, :, None], step=step)

    def picture(self, step: int, name: str, picture_HWC: npt.NDArray[np.uint8], description: str) -> None:
        """A picture in red, green and blue, with what it shows in words."""
        with self._writer.as_default():
            tf.summary.image(name, picture_HWC[None], step=step, description=description)

    def flush(self) -> None:
        self._writer.flush()
        self._copy()

    def _copy(self) -> None:
        for path in self._here.iterdir() if self._here else ():
            put(path, self._folder / path.name)
