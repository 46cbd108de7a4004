"""Writes curves, texts and sounds for TensorBoard."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf


class Summaries:
    """A folder of event files, such as RUN/summaries/train. Use as a context manager; leaving it writes what waits."""

    def __init__(self, folder: str | Path) -> None:
        self._writer: Any = tf.summary.create_file_writer(str(folder))

    def __enter__(self) -> "Summaries":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._writer.close()

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
