"""What a model hears in a recording: its pitch and its level, on the model's own frames, in bounded memory.

F = control frames, N = audio samples.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.data.analysis import AudioWindow
from ddsp_backend.dsp.core import DB_RANGE
from ddsp_backend.dsp.spectral import compute_loudness, compute_power
from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.models.old_loudness import (
    LEGACY_FRAME_SIZE,
    LEGACY_RANGE_DB,
    LegacyF0LoudnessPreprocessor,
    compute_legacy_loudness,
)
from ddsp_backend.models.preprocessing import (
    ANALYSIS_SAMPLE_RATE,
    F0LoudnessPreprocessor,
    F0PowerPreprocessor,
    OnlineF0PowerPreprocessor,
)

_LOUDNESS_FRAME_SIZE = 512
_FRAMES_AT_ONCE = 1024


@dataclass(frozen=True)
class Level:
    """How a model measures how loud it is to play."""

    key: str
    """The feature: "loudness_db" or "power_db"."""
    from_data_set: bool
    """The model takes the data set's values; otherwise it measures the audio itself, as below."""
    sample_rate: int
    """Hz of the audio that is measured."""
    frame_size: int
    start: int
    """First sample of the first frame."""
    more_frames: int
    """Frames that it measures beyond those it plays: it squeezes them together."""
    quietest: float
    """dB of silence."""
    measure: Callable[..., Any]
    """Audio_N, cut to whole frames -> dB [F]."""

    def frames(self, blocks: Iterator[Array], n_frames: int, frame_rate: int) -> Iterator[Array]:
        """The level in dB of the model's frames, some thousand at a time, of audio in blocks."""
        if self.sample_rate % frame_rate:
            raise ConfigError(
                f"The model's {frame_rate} frames a second are no whole number of samples at {self.sample_rate} Hz",
                "Train it with a frame rate that divides the preprocessor's sample_rate.",
            )
        hop = self.sample_rate // frame_rate
        window = AudioWindow(blocks)
        n_measured = n_frames + self.more_frames
        for first in range(0, n_measured, _FRAMES_AT_ONCE):
            # The last stretch is as long as the others: nothing has to be set up for another length.
            begin = self.start + first * hop
            stretch_N = window.take(begin, begin + (_FRAMES_AT_ONCE - 1) * hop + self.frame_size)
            level_F = np.asarray(self.measure(stretch_N, sample_rate=self.sample_rate, frame_rate=frame_rate))
            yield level_F[: n_measured - first]


def level_of(player: ModelPlayer) -> Level:
    """Raises ConfigError for a preprocessor that is not known here."""
    preprocessor = player.model.preprocessor
    if isinstance(preprocessor, OnlineF0PowerPreprocessor):
        size, is_centered = preprocessor.frame_size, preprocessor.padding == "center"
        rate, from_data_set = ANALYSIS_SAMPLE_RATE, not preprocessor.compute_power
        return Level("power_db", from_data_set, rate, size, -(size // 2) * is_centered, 0, -DB_RANGE, _power(size))
    if isinstance(preprocessor, F0PowerPreprocessor):
        size = preprocessor.frame_size
        return Level("power_db", False, preprocessor.sample_rate, size, -(size // 2), 1, -DB_RANGE, _power(size))
    if isinstance(preprocessor, LegacyF0LoudnessPreprocessor):
        rate, size = preprocessor.sample_rate, LEGACY_FRAME_SIZE
        return Level("loudness_db", False, rate, size, 0, 0, -LEGACY_RANGE_DB, _legacy_loudness)
    if isinstance(preprocessor, F0LoudnessPreprocessor):
        size = _LOUDNESS_FRAME_SIZE
        rate, from_data_set = preprocessor.sample_rate, not preprocessor.compute_loudness
        return Level("loudness_db", from_data_set, rate, size, -(size // 2), 1, -DB_RANGE, _loudness)
    raise ConfigError(
        f"A model with {type(preprocessor).__name__} cannot be rendered",
        "Its preprocessor must be one for f0 and loudness or power.",
    )


def fitted(track_F: Array, n_frames: int) -> Array:
    """The first `n_frames`; where there are fewer, the last one is held."""
    return np.pad(track_F[:n_frames], (0, max(0, n_frames - len(track_F))), mode="edge")


def _power(frame_size: int) -> Callable[..., Any]:
    def measure(audio_N: Array, sample_rate: int, frame_rate: int) -> Any:
        return compute_power(
            audio_N, sample_rate=sample_rate, frame_rate=frame_rate, frame_size=frame_size, padding="valid"
        )

    return measure


def _loudness(audio_N: Array, sample_rate: int, frame_rate: int) -> Any:
    return compute_loudness(
        audio_N, sample_rate=sample_rate, frame_rate=frame_rate, n_fft=_LOUDNESS_FRAME_SIZE, padding="valid"
    )


def _legacy_loudness(audio_N: Array, sample_rate: int, frame_rate: int) -> Any:
    return compute_legacy_loudness(audio_N, sample_rate, frame_rate, pad_end=False)
