"""The model: features in, synthesized audio and everything on the way to it out. B = batch, N = audio samples."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import tensorflow as tf

from ddsp_backend.arrays import Features
from ddsp_backend.dsp.processors import ProcessorGroup
from ddsp_backend.errors import ConfigError
from ddsp_backend.models.audio_losses import require_same_length, with_total
from ddsp_backend.models.features import training_step
from ddsp_backend.models.loss_schedule import LossSchedule

Outputs = dict[str, Any]


class Preprocessor(Protocol):
    def __call__(self, features: Features, n_frames: int | None = None) -> Features: ...

    def samples_per_frame(self, n_samples: int, sample_rate: int) -> int: ...


class AudioLoss(Protocol):
    def get_losses_dict(self, target_audio: tf.Tensor, audio: tf.Tensor) -> dict[str, tf.Tensor]: ...


class ControlLoss(Protocol):
    def get_losses_dict(self, features: Features, outputs: Outputs) -> dict[str, tf.Tensor]: ...


class Autoencoder(tf.Module):
    """Preprocessor, encoder, decoder and synthesizer in a row.

    Args:
      preprocessor: Features to scaled features; None leaves them as they are.
      encoder: Features to latent features; None for instruments that pitch and loudness describe.
      decoder: Network from features to the synthesizer's raw parameters; a larger one learns more but trains slower.
      processor_group: The synthesizers and effects that turn raw parameters into audio, in their order.
      losses: Each compares the target's and the model's audio, [B, N].
      control_losses: Losses that compare the features with the synthesizers' controls, in addition to those of the
        audio.
      schedule: What is learned at which step, of both kinds of losses; None learns from all of them always.
    """

    def __init__(
        self,
        preprocessor: Preprocessor | None = None,
        encoder: Callable[[Features], Features] | None = None,
        decoder: Callable[[Features], Features] | None = None,
        processor_group: ProcessorGroup | None = None,
        losses: Sequence[AudioLoss] = (),
        control_losses: Sequence[ControlLoss] = (),
        schedule: LossSchedule | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if decoder is None or processor_group is None:
            part = "decoder" if decoder is None else "processor_group"
            raise ConfigError(f"Autoencoder.{part} is None, so the model has no voice", f"Bind Autoencoder.{part}.")
        self.preprocessor = preprocessor
        self.encoder = encoder
        self.decoder = decoder
        self.processor_group = processor_group
        self.loss_objs = list(losses)
        self.control_loss_objs = list(control_losses)
        self.schedule = schedule

    def build(self, features: Features) -> None:
        """Creates every variable by one eager pass over the beginning of the first example.

        Call it under `tf.random.set_seed` for weights that can be had again, and in the scope of the distribution
        strategy. Never from a `tf.function` or a replica. Processors have theirs since they were made, so nothing is
        played here, and two frames are enough for the rest.
        """
        self.build_networks(self.preprocess({key: value[:1] for key, value in features.items() if key != "noise_seed"}))

    def build_networks(self, preprocessed: Features) -> None:
        """`build`, with features of one example that went through the preprocessor already."""
        encoded = self.with_latents(preprocessed)
        self.decoder({key: value[:, :2] for key, value in encoded.items() if value.shape.rank == 3})

    def __call__(self, features: Features, training: bool = True, n_frames: int | None = None) -> Outputs:
        """Plays the features.

        Args:
          features: Of the data set: `audio` [B, N], `f0_hz` [B, F], ...; `noise_seed` int32 [2] chooses the noise.
          training: Kept for layers that behave otherwise in training. None of these does.
          n_frames: Control frames to play in place of those that the model was trained with, for other lengths. With
            centred frames it must be what the features have.

        Returns:
          The processor group's controls and signals by processor, the decoder's outputs, and `audio_synth` [B, N].
        """
        return self.answer(self.encode(features, n_frames), n_frames)

    def answer(self, features: Features, n_frames: int | None = None) -> Outputs:
        """What `__call__` returns, of encoded features."""
        decoded = self.decoder(features)
        played = self.play({**features, **decoded}, n_frames)
        return {**decoded, **played["controls"], "audio_synth": played["signal"]}

    def encode(self, features: Features, n_frames: int | None = None) -> Features:
        """The features, with what preprocessor and encoder make of them. The argument is left as it is."""
        return self.with_latents(self.preprocess(features, n_frames))

    def preprocess(self, features: Features, n_frames: int | None = None) -> Features:
        """The features, with what the preprocessor makes of them. The argument is left as it is."""
        return dict(features) if self.preprocessor is None else {**features, **self.preprocessor(features, n_frames)}

    def with_latents(self, features: Features) -> Features:
        """Preprocessed features, with what the encoder makes of them."""
        return features if self.encoder is None else {**features, **self.encoder(features)}

    def decode(self, features: Features, n_frames: int | None = None) -> tf.Tensor:
        """Audio of encoded features, [B, N]."""
        return self.play({**features, **self.decoder(features)}, n_frames)["signal"]

    def play(self, features: Features, n_frames: int | None = None) -> Outputs:
        """{"signal", "controls"} of encoded and decoded features."""
        return self.processor_group(features, None if n_frames is None else n_frames * self.samples_per_frame)

    @property
    def samples_per_frame(self) -> int:
        """Audio samples between two control frames."""
        sources: list[Any] = [processor for processor in self.processor_group.processors if processor.has_length]
        if self.preprocessor is None or not sources:
            raise ConfigError("This model has no frames of its own", "Bind Autoencoder.preprocessor and a synthesizer.")
        sample_rate = next((source.sample_rate for source in sources if hasattr(source, "sample_rate")), 16000)
        return self.preprocessor.samples_per_frame(sources[0].n_samples, sample_rate)

    def losses(self, features: Features, outputs: Outputs) -> dict[str, tf.Tensor]:
        """Every loss of the outputs against `features["audio"]` and the other features, and their sum as `total_loss`.

        The schedule has no part in the values, which so can be compared from step to step: only in the gradient of the
        sum.
        """
        target_BN, audio_BN = features["audio"], outputs["audio_synth"]
        settings = "Harmonic.n_samples and FilteredNoise.n_samples, less Crop.frame_size where the model crops"
        require_same_length(target_BN, audio_BN, settings)
        of_audio: dict[str, tf.Tensor] = {}
        for loss in self.loss_objs:
            of_audio.update(loss.get_losses_dict(target_BN, audio_BN))
        of_controls: dict[str, tf.Tensor] = {}
        for control_loss in self.control_loss_objs:
            of_controls.update(control_loss.get_losses_dict(features, outputs))
        found = with_total({**of_audio, **of_controls})
        if self.schedule is not None and of_audio:
            held_back = (1.0 - self.schedule.audio_weight(training_step(features))) * tf.add_n(list(of_audio.values()))
            found["total_loss"] += tf.stop_gradient(held_back) - held_back
        return found

    def get_audio_from_outputs(self, outputs: Outputs) -> tf.Tensor:
        return outputs["audio_synth"]
