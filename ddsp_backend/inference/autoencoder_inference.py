"""A whole model as one module with inputs of a fixed length, with or without its room. F = frames, N = samples."""

from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.effects import Reverb
from ddsp_backend.dsp.processors import ProcessorGroup
from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.level import level_of
from ddsp_backend.inference.model_player import ModelPlayer

DRAWN_ALWAYS = (0, 0)  # the seed of the noise: the same inputs give the same samples


class AutoencoderInference(tf.Module):
    """Pitch and level in, audio out. A model with an encoder takes `audio` too, as long as what it plays.

    Args:
      length_seconds: Length of the audio, rounded down to whole frames.
      remove_reverb: Leave out the learned room.

    Attributes:
      n_frames: F, the frame that centring adds included.
    """

    def __init__(self, player: ModelPlayer, length_seconds: float = 4.0, remove_reverb: bool = True) -> None:
        super().__init__()
        self.n_frames = int(length_seconds * player.info.frame_rate) + player.info.is_centered
        if self.n_frames < 2:
            raise ConfigError(
                f"length_seconds={length_seconds} is shorter than a frame of 1/{player.info.frame_rate} s",
                "Choose a longer one.",
            )
        self.model = player.model
        self._group = without_room(player.model.processor_group) if remove_reverb else player.model.processor_group
        self._n_samples = self.n_frames * player.hop
        self.level_key = level_of(player).key
        self.call = tf.function(self._play, autograph=False)

    @property
    def signatures(self) -> dict[str, Any]:
        """What `tf.saved_model.save` takes under this name."""
        sizes = {"f0_hz": self.n_frames, self.level_key: self.n_frames}
        if self.model.encoder is not None:
            sizes["audio"] = self._n_samples
        specs = {key: tf.TensorSpec([size], tf.float32) for key, size in sizes.items()}
        return {"serving_default": self.call.get_concrete_function(**specs)}

    def _play(self, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """`audio_synth` [N], and the decoder's outputs, [F, size]."""
        features = {key: value[None] for key, value in inputs.items()}
        audio = {"audio": features.pop("audio")} if "audio" in features else {}  # the level is given
        features = self.model.with_latents({**self.model.preprocess(features, self.n_frames), **audio})
        decoded = self.model.decoder(features)
        inputs = {**features, **decoded, "noise_seed": tf.constant(DRAWN_ALWAYS, tf.int32)}
        audio_1N = self._group(inputs, self._n_samples)["signal"]
        return {"audio_synth": audio_1N[0], **{key: decoded[key][0] for key, _ in self.model.decoder.output_splits}}


def without_room(group: ProcessorGroup) -> ProcessorGroup:
    """The same processors without the rooms: what would go into a room takes the place of what comes out."""
    instead: dict[str, str] = {}
    dag: list[tuple[Any, tuple[str, ...]]] = []
    for processor, (key, input_keys) in zip(group.processors, group.nodes, strict=True):
        input_keys = tuple(instead.get(name, name) for name in input_keys)
        if isinstance(processor, Reverb):
            instead[f"{key}/signal"] = input_keys[0]
        else:
            dag.append((processor, input_keys))
    return ProcessorGroup(dag)
