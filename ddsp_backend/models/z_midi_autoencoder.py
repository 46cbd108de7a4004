"""The autoencoder with notes in the middle, and latents beside them. B = batch, F = control frames, Z = numbers."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from ddsp_backend.arrays import Features
from ddsp_backend.errors import ConfigError
from ddsp_backend.models.midi_autoencoder import MidiAutoencoder, Outputs, Part
from ddsp_backend.models.notes import get_note_mask, pool_over_notes


class ZMidiAutoencoder(MidiAutoencoder):
    """`MidiAutoencoder` whose decoders know more than notes: who plays, and how. Its arguments, and:

    Args:
      z_synth_encoders: Encoders that each give a part of the synthcoder's `z`; more of them carry more detail.
      z_global_encoders: Encoders that each give a part of the MIDI decoder's `z`, one for a whole example.
      z_note_encoder: Encoder that gives another part of `z`, averaged over each note; None leaves that part out.
      z_preconditioning_stack: Network that the MIDI decoder's `z` passes through first; None uses it as it is.
      z_global_prior: Draws the encoders' part from their distribution, and has a loss of it.
      z_note_prior: Draws the part of `z` that belongs to notes from its distribution, and has a loss of it; None does
        neither.
    """

    def __init__(
        self,
        synthcoder: Part | None = None,
        midi_encoder: Part | None = None,
        midi_decoder: Part | None = None,
        sg_before_midiae: bool = True,
        reverb: bool = True,
        preprocessor: Any = None,
        reconstruction_losses: Any = None,
        qpitch_f0rec_loss: Any = None,
        pitch_f0rec_loss: Any = None,
        pitch_qpitch_loss: Any = None,
        midi_slowness_loss: Any = None,
        mask_f0_loss: bool = True,
        z_synth_encoders: Sequence[Part] | None = None,
        z_global_encoders: Sequence[Part] | None = None,
        z_note_encoder: Part | None = None,
        z_preconditioning_stack: Callable[[tf.Tensor], tf.Tensor] | None = None,
        z_global_prior: Any = None,
        z_note_prior: Any = None,
        n_samples: int = 64000,
        sample_rate: int = 16000,
        name: str | None = None,
    ) -> None:
        super().__init__(
            synthcoder,
            midi_encoder,
            midi_decoder,
            sg_before_midiae,
            reverb,
            preprocessor,
            reconstruction_losses,
            qpitch_f0rec_loss,
            pitch_f0rec_loss,
            pitch_qpitch_loss,
            midi_slowness_loss,
            mask_f0_loss,
            n_samples,
            sample_rate,
            name,
        )
        if z_preconditioning_stack is not None and not z_global_encoders and z_note_encoder is None:
            raise ConfigError(
                "ZMidiAutoencoder.z_preconditioning_stack is bound, but nothing encodes a latent for it",
                "Bind z_global_encoders or z_note_encoder, or set z_preconditioning_stack = None.",
            )
        self.z_synth_encoders = list(z_synth_encoders or ())
        self.z_global_encoders = list(z_global_encoders or ())
        self.z_note_encoder = z_note_encoder
        self.z_preconditioning_stack = z_preconditioning_stack
        self.z_global_prior = z_global_prior
        self.z_note_prior = z_note_prior

    def synth_latent(self, features: Features) -> tf.Tensor | None:
        return _encoded(self.z_synth_encoders, features)

    def note_latents(self, features: Features) -> Features:
        """`z_global` and `z_notes`, what their priors were given, and `z_midi_decoder` made of both."""
        # Under the names that encoders of the controls ask for.
        features = {**features, **{f"{key}_scaled": features[key] for key in ("amps", "hd", "noise")}}
        found: Outputs = {}
        z_global = _encoded(self.z_global_encoders, features)
        if z_global is not None:
            found["z_global"] = z_global
        if self.z_note_encoder is not None:
            z_notes = self.z_note_encoder(features)["z"]
            found["z_notes"] = pool_over_notes(z_notes, get_note_mask(features["q_pitch"]), return_std=False)
        for key, prior in (("z_global", self.z_global_prior), ("z_notes", self.z_note_prior)):
            if prior is not None and key in found:
                found[f"{key}_given"] = found[key]
                found[key] = prior(found[key])
        parts = [found[key] for key in ("z_global", "z_notes") if key in found]
        if parts:
            z = tf.concat(parts, -1)
            stack = self.z_preconditioning_stack
            found["z_midi_decoder"] = z if stack is None else stack(z)
        return found

    def latent_losses(self, outputs: Outputs) -> dict[str, tf.Tensor]:
        found: dict[str, tf.Tensor] = {}
        for key, prior in (("z_global", self.z_global_prior), ("z_notes", self.z_note_prior)):
            if prior is not None and f"{key}_given" in outputs:
                found.update(prior.get_losses_dict(outputs[f"{key}_given"]))
        return found


def _encoded(encoders: list[Part], features: Features) -> tf.Tensor | None:
    """Everything that the encoders find, side by side, or None without encoders."""
    return tf.concat([encoder(features)["z"] for encoder in encoders], -1) if encoders else None
