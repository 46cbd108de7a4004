"""What a program needs that plays a model frame by frame, each part as a module with inputs of fixed sizes.

Names, inputs and outputs are those of the reference's modules for models/vst/*.gin. One frame of pitch and power goes
in, one hop of audio comes out (streaming_synthesis.py). K = harmonics, M = noise bands, S = numbers of state.
"""

from typing import Any, TypeVar

import tensorflow as tf

from ddsp_backend.dsp.crepe import CREPE_FRAME_SIZE, PretrainedCREPE
from ddsp_backend.dsp.processors import Processor
from ddsp_backend.dsp.spectral import compute_power
from ddsp_backend.dsp.synths import FilteredNoise, Harmonic
from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.models.decoders import RnnFcDecoder
from ddsp_backend.models.preprocessing import (
    ANALYSIS_SAMPLE_RATE,
    OnlineF0PowerPreprocessor,
    inv_scale_f0_hz,
    scale_db,
    scale_f0_hz,
)

Part = TypeVar("Part", bound=Processor)
_INPUT_KEYS = {"f0_scaled", "pw_scaled"}
_OUTPUT_KEYS = {"amps", "harmonic_distribution", "noise_magnitudes"}


class StreamingModule(tf.Module):
    """A function `call` of one-dimensional float32 tensors, which becomes the signature "call" of a SavedModel."""

    def __init__(self, player: ModelPlayer) -> None:
        """Raises ConfigError for a model that does not play from pitch and power frame by frame."""
        super().__init__()
        decoder, preprocessor = player.model.decoder, player.model.preprocessor
        outputs = {key for key, _ in decoder.output_splits}
        if (
            not isinstance(preprocessor, OnlineF0PowerPreprocessor)
            or not isinstance(decoder, RnnFcDecoder)
            or set(decoder.input_keys) != _INPUT_KEYS
            or outputs != _OUTPUT_KEYS
        ):
            raise ConfigError(
                f"{type(self).__name__} is for models of models/vst/*.gin, which play from pitch and power; this one "
                f"has {type(preprocessor).__name__} and {type(decoder).__name__} plays from "
                f"{', '.join(decoder.input_keys)}",
                "Export it as inference_model=autoencoder, or train a model with models/vst/vst.gin.",
            )
        self.harmonic = _only(player, Harmonic)
        self.filtered_noise = _only(player, FilteredNoise)
        sizes = dict(decoder.output_splits)
        self.n_harmonics, self.n_noise = sizes["harmonic_distribution"], sizes["noise_magnitudes"]

    @property
    def input_sizes(self) -> dict[str, int]:
        """Elements of each input of `call`, in order."""
        raise NotImplementedError

    @property
    def signatures(self) -> dict[str, Any]:
        """What `tf.saved_model.save` takes under this name."""
        specs = {key: tf.TensorSpec([size], tf.float32) for key, size in self.input_sizes.items()}
        return {"call": self.call.get_concrete_function(**specs)}

    @tf.function(autograph=False)
    def call(self, **inputs: tf.Tensor) -> Any:
        raise NotImplementedError


class VSTExtractFeatures(StreamingModule):
    """Pitch and power of one frame of audio at 16 kHz.

    Args:
      crepe_capacity: Size of the pitch tracker, which becomes a part of the module.
    """

    def __init__(self, player: ModelPlayer, crepe_capacity: str = "full") -> None:
        super().__init__(player)
        self.frame_size: int = player.model.preprocessor.frame_size
        self.frame_rate: int = player.model.preprocessor.frame_rate
        if self.frame_size != CREPE_FRAME_SIZE:
            raise ConfigError(
                f"OnlineF0PowerPreprocessor.frame_size={self.frame_size}, but CREPE hears frames of {CREPE_FRAME_SIZE}",
                "Export the other parts of this model, and find the pitch otherwise.",
            )
        self.crepe = PretrainedCREPE(crepe_capacity)

    @property
    def input_sizes(self) -> dict[str, int]:
        return {"audio": self.frame_size}

    @tf.function(autograph=False)
    def call(self, audio: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """f0_hz, f0_scaled, pw_db, pw_scaled, [1] each."""
        audio = tf.reshape(audio, [1, self.frame_size])
        f0_hz, _ = self.crepe.predict_f0_and_confidence(audio, viterbi=False, padding="valid")
        pw_db = compute_power(
            audio,
            sample_rate=ANALYSIS_SAMPLE_RATE,
            frame_rate=self.frame_rate,
            frame_size=self.frame_size,
            padding="valid",
        )
        f0_hz, pw_db = tf.reshape(f0_hz, [1]), tf.reshape(pw_db, [1])
        return f0_hz, scale_f0_hz(f0_hz), pw_db, scale_db(pw_db)


class VSTStatelessPredictControls(StreamingModule):
    """The synthesizers' controls of one frame. The caller carries the state: zeros at first."""

    def __init__(self, player: ModelPlayer) -> None:
        super().__init__(player)
        self._player = player
        self.decoder = player.model.decoder
        self.state_size: int = self.decoder.initial_state(1).shape[1]

    @property
    def input_sizes(self) -> dict[str, int]:
        return {"f0_scaled": 1, "pw_scaled": 1, "state": self.state_size}

    @tf.function(autograph=False)
    def call(self, f0_scaled: tf.Tensor, pw_scaled: tf.Tensor, state: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """Amplitude [1], harmonic distribution [K], noise magnitudes [M], the next state [S]."""
        return self.predict(f0_scaled, pw_scaled, state)

    def predict(self, f0_scaled: tf.Tensor, pw_scaled: tf.Tensor, state: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """What `call` returns."""
        features = {"f0_scaled": tf.reshape(f0_scaled, [1, 1, 1]), "pw_scaled": tf.reshape(pw_scaled, [1, 1, 1])}
        decoded, state = self.decoder.step(features, tf.reshape(state, [1, self.state_size]))
        scaled = self._player.scaled({**decoded, "f0_hz": inv_scale_f0_hz(features["f0_scaled"])})
        controls = ("amplitudes", "harmonic_distribution_scaled", "noise_magnitudes_scaled")
        return (*(scaled[key][0, 0] for key in controls), state[0])


class VSTPredictControls(VSTStatelessPredictControls):
    """The same with the state inside. The signature "reset" starts again.

    The reference's module of this name forgets the frame before at every call; this one remembers it.
    """

    def __init__(self, player: ModelPlayer) -> None:
        super().__init__(player)
        self.state = tf.Variable(tf.zeros([self.state_size]), trainable=False, name="state")

    @property
    def input_sizes(self) -> dict[str, int]:
        return {"f0_scaled": 1, "pw_scaled": 1}

    @property
    def signatures(self) -> dict[str, Any]:
        return {**super().signatures, "reset": self.reset.get_concrete_function()}

    @tf.function(autograph=False)
    def call(self, f0_scaled: tf.Tensor, pw_scaled: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """Amplitude [1], harmonic distribution [K], noise magnitudes [M]."""
        *controls, state = self.predict(f0_scaled, pw_scaled, self.state)
        self.state.assign(state)
        return tuple(controls)

    @tf.function(autograph=False)
    def reset(self) -> dict[str, tf.Tensor]:
        """Starts again with a zero state, [S]."""
        return {"state": self.state.assign(tf.zeros([self.state_size]))}


def _only(player: ModelPlayer, kind: type[Part]) -> Part:
    found = [part for part in player.model.processor_group.processors if isinstance(part, kind)]
    if len(found) != 1:
        raise ConfigError(
            f"The model has {len(found)} processors of the kind {kind.__name__}; the streaming models know one",
            "Export it as inference_model=autoencoder.",
        )
    return found[0]
