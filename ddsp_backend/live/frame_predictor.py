"""Asks a model for one control frame at a time. K = harmonics, M = noise bands, S = numbers of state."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from ddsp_backend.arrays import Array, DoubleArray
from ddsp_backend.dsp.effects import Reverb
from ddsp_backend.dsp.processors import Add, Crop
from ddsp_backend.dsp.synths import FilteredNoise, Harmonic
from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.level import level_of
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.models.decoders import RnnFcDecoder

_CURE = "Train these recordings with the model Streaming instrument or Solo instrument. Both can be played live."


@dataclass(frozen=True, slots=True)
class Frame:
    """What the synthesizers play at one moment."""

    f0_hz: float
    harmonics: DoubleArray
    """Amplitude of each harmonic, [K]."""
    noise: DoubleArray
    """Magnitudes of the noise from 0 Hz to half the model's sample rate, [M]."""


class Predictor(Protocol):
    """What an instrument asks."""

    level_key: str
    n_harmonics: int
    n_noise: int

    def restart(self) -> None:
        """Forgets the frames before: a new phrase begins."""

    def predict(self, f0_hz: float, level_db: float) -> Frame:
        """The next frame. Args: level_db: In the model's own feature, loudness or power."""


class FramePredictor(Predictor):
    """Remembers the frames before, as the decoder does. Raises ConfigError for a model that needs to hear more."""

    def __init__(self, player: ModelPlayer) -> None:
        _require_live(player)
        self._player = player
        level = level_of(player)
        self.level_key, self.quietest = level.key, level.quietest
        self.n_harmonics = dict(player.model.decoder.output_splits)["harmonic_distribution"]
        self.n_noise = dict(player.model.decoder.output_splits)["noise_magnitudes"]
        self._start_1S = player.model.decoder.initial_state(1)
        self._state_1S = self._start_1S
        scalar, state = tf.TensorSpec([], tf.float32), tf.TensorSpec(self._start_1S.shape, tf.float32)
        self._graph = tf.function(self._step, autograph=False).get_concrete_function(scalar, scalar, state)
        self.predict(440.0, self.quietest)  # the first call prepares what later ones use
        self.restart()

    def restart(self) -> None:
        """Forgets the frames before: a new phrase begins."""
        self._state_1S = self._start_1S

    def predict(self, f0_hz: float, level_db: float) -> Frame:
        """The next frame. Args: level_db: In the model's own feature, loudness or power."""
        values, self._state_1S = self._graph(
            tf.constant(f0_hz, tf.float32), tf.constant(max(level_db, self.quietest), tf.float32), self._state_1S
        )
        found: Array = values.numpy()
        both = np.nan_to_num(found.astype(np.float64), posinf=0.0, neginf=0.0)
        return Frame(f0_hz, both[: self.n_harmonics], both[self.n_harmonics :])

    def _step(self, f0_hz: tf.Tensor, level_db: tf.Tensor, state_1S: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        model = self._player.model
        given: dict[str, Any] = {"f0_hz": tf.reshape(f0_hz, [1, 1]), self.level_key: tf.reshape(level_db, [1, 1])}
        features = model.preprocess(given, 1)
        decoded, state_1S = model.decoder.step(features, state_1S)
        scaled = self._player.scaled({**features, **decoded})
        harmonics_K = scaled["amplitudes"][0, 0] * scaled["harmonic_distribution_scaled"][0, 0]
        return tf.concat([harmonics_K, scaled["noise_magnitudes_scaled"][0, 0]], 0), state_1S


def _require_live(player: ModelPlayer) -> None:
    model = player.model
    if not isinstance(model.decoder, RnnFcDecoder):
        raise ConfigError("This model cannot be played live: it looks at a whole phrase at once", _CURE)
    if model.encoder is not None:
        raise ConfigError(
            "This model cannot be played live: it takes part of its sound from a recording",
            f"Play recordings through it on the Listening page. Or: {_CURE}",
        )
    parts = player.model.processor_group.processors
    is_odd = not all(isinstance(part, Harmonic | FilteredNoise | Reverb | Add | Crop) for part in parts)
    kinds = [sum(isinstance(part, kind) for part in parts) for kind in (Harmonic, FilteredNoise)]
    if is_odd or kinds != [1, 1]:
        raise ConfigError(
            "This model cannot be played live: it is not made of one harmonic and one noise synthesizer", _CURE
        )
