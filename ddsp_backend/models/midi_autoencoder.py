"""The autoencoder with notes in the middle. B = batch, F = control frames, N = audio samples.

Two branches play the same sound. The inner one ("synthcoder") goes from pitch and loudness to the synthesizers, as
`Autoencoder` does. The outer one takes the inner one's controls down to notes and back up to controls.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ddsp_backend.arrays import Features
from ddsp_backend.dsp.core import amplitude_to_db, hz_to_midi, midi_to_hz
from ddsp_backend.dsp.effects import FilteredNoiseReverb
from ddsp_backend.dsp.processors import Add, ProcessorGroup
from ddsp_backend.dsp.synths import FilteredNoise, Harmonic
from ddsp_backend.errors import ConfigError
from ddsp_backend.models.audio_losses import require_same_length, with_total
from ddsp_backend.models.autoencoder import Preprocessor
from ddsp_backend.models.features import needed
from ddsp_backend.models.notes import get_note_lengths, get_note_mask, get_note_moments, get_short_note_loss_mask
from ddsp_backend.models.preprocessing import F0PowerPreprocessor
from ddsp_backend.models.quantization import straight_through_int_quantization

Outputs = dict[str, Any]
Part = Callable[[Features], Features]

PIANO_KEYS = 128
_LOWEST_NOTE = 20.0  # what lies below is a rest
_SAME_NOTE = 2.0  # semitones that a curve may be from its note and still teach pitch


class MidiAutoencoder(tf.Module):
    """Pitch and loudness to controls to notes to controls, played before and after.

    Args:
      synthcoder: Network from scaled features (and `z`) to `amplitudes`, `harmonic_distribution` and `magnitudes`; a
        larger one trains slower.
      midi_encoder: Network from `f0_midi`, `amps`, `hd` and `noise` to `z_pitch` and `z_vel`; None takes the notes of
        the data set.
      midi_decoder: Network from `z_pitch` (and `z`) to `f0_midi` and the synthesizers' parameters; None stops at the
        notes.
      sg_before_midiae: What goes wrong with the notes does not change the inner branch.
      reverb: Whether a learned room comes last; if not, the model learns the room as part of the sound.
      preprocessor: What scales the features of the data set to the range that networks learn best from.
      reconstruction_losses: A LossGroup that compares the outputs with the recording; more losses watch more of the
        sound.
      qpitch_f0rec_loss: Of the distance between the notes and the decoded pitch.
      pitch_f0rec_loss: Of the distance between the unrounded notes and the decoded pitch.
      pitch_qpitch_loss: Loss that compares notes before and after rounding; it pulls pitches towards whole notes.
      midi_slowness_loss: Of the unrounded notes and a mask, [B, F], of those that are too short.
      mask_f0_loss: Pitch is not learned where curve and note are two semitones or more apart.
      n_samples: Audio samples of each example; a larger number makes longer examples that need more memory.
      sample_rate: Sample rate of the audio in Hz; it must match the data set.
    """

    def __init__(
        self,
        synthcoder: Part | None = None,
        midi_encoder: Part | None = None,
        midi_decoder: Part | None = None,
        sg_before_midiae: bool = True,
        reverb: bool = True,
        preprocessor: Preprocessor | None = None,
        reconstruction_losses: Any = None,
        qpitch_f0rec_loss: Any = None,
        pitch_f0rec_loss: Any = None,
        pitch_qpitch_loss: Any = None,
        midi_slowness_loss: Any = None,
        mask_f0_loss: bool = True,
        n_samples: int = 64000,
        sample_rate: int = 16000,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if synthcoder is None or preprocessor is None:
            part = "synthcoder" if synthcoder is None else "preprocessor"
            raise ConfigError(f"{type(self).__name__}.{part} is None", f"Bind {type(self).__name__}.{part}.")
        self.synthcoder = synthcoder
        self.midi_encoder = midi_encoder
        self.midi_decoder = midi_decoder
        self.sg_before_midiae = sg_before_midiae
        self.preprocessor = preprocessor
        self.reconstruction_losses = reconstruction_losses
        self.qpitch_f0rec_loss = qpitch_f0rec_loss
        self.pitch_f0rec_loss = pitch_f0rec_loss
        self.pitch_qpitch_loss = pitch_qpitch_loss
        self.slowness_loss = midi_slowness_loss
        self.mask_f0_loss = mask_f0_loss
        self.db_key = "power_db" if isinstance(preprocessor, F0PowerPreprocessor) else "loudness_db"
        dag: list[tuple[Any, list[str]]] = [
            (Harmonic(n_samples, sample_rate), ["amplitudes", "harmonic_distribution", "f0_hz"]),
            (FilteredNoise(n_samples), ["magnitudes"]),
            (Add(), ["filtered_noise/signal", "harmonic/signal"]),
        ]
        if reverb:
            room = FilteredNoiseReverb(
                trainable=True, reverb_length=24000, n_frames=500, n_filter_banks=32, name="reverb"
            )
            dag.append((room, ["add/signal"]))
        self.processor_group = ProcessorGroup(dag)

    def build(self, features: Features) -> None:
        """Creates every variable by one eager pass over the first example. See `Autoencoder.build`."""
        self({key: value[:1] for key, value in features.items() if key != "noise_seed"})

    def __call__(self, features: Features, training: bool = True) -> Outputs:
        """Plays the features by both branches.

        Args:
          features: `audio` [B, N], `f0_hz` [B, F], `loudness_db` [B, F], and without a MIDI encoder
            `note_active_velocities` [B, F, 128]; `noise_seed` int32 [2] chooses the noise.
          training: Kept for layers that behave otherwise in training. None of these does.

        Returns:
          The features; the inner branch's `synth_audio` [B, N], `amps`, `hd` and `noise` (in dB but for `hd`) and what
          its processors made; `q_pitch` and `q_vel` [B, F, 1] and `pianoroll` [B, F, 128]; and with a MIDI decoder
          the outer branch's `midi_audio`, `f0_midi_pred`, `f0_hz_pred`, `amps_pred`, `hd_pred` and `noise_pred`.
        """
        features = self.preprocess(features)
        z = self.synth_latent(features)
        synth = self._play({**features, **self.synthcoder(features if z is None else {**features, "z": z})})
        controls = self.extract_harm_controls(synth["controls"])
        outputs = {**features, **synth["controls"], **controls}
        outputs |= {"synth_params": synth["controls"], "synth_audio": synth["signal"]}
        outputs |= self._notes(outputs)
        outputs["pianoroll"] = self.midi_to_pianoroll(outputs["q_pitch"])
        outputs["f0_midi_pred"] = outputs["q_pitch"]
        outputs["midi_synth_params"] = synth["controls"]
        if self.midi_decoder is not None:
            outputs |= self.note_latents(outputs)
            outputs |= self._decoded(outputs)
        outputs["f0_hz_pred"] = midi_to_hz(outputs["f0_midi_pred"])
        outputs[f"{self.db_key}_pred"] = outputs["db"]
        return outputs

    def losses(self, features: Features, outputs: Outputs) -> dict[str, tf.Tensor]:
        """Every loss by its name, and their sum as `total_loss`."""
        target_BN, audio_BN = needed(features, "audio", self), outputs["synth_audio"]
        require_same_length(target_BN, audio_BN, f"{type(self).__name__}.n_samples")
        found: dict[str, tf.Tensor] = {}
        if self.midi_decoder is not None:
            found.update(self._losses_of_notes(outputs))
        if self.reconstruction_losses is not None:
            found.update(self.reconstruction_losses.get_losses_dict(outputs))
        return with_total(found)

    def get_audio_from_outputs(self, outputs: Outputs) -> tf.Tensor:
        """Of the inner branch, [B, N]. That of the notes is `midi_audio`."""
        return outputs["synth_audio"]

    def preprocess(self, features: Features) -> Features:
        """The features, scaled, with `f0_midi` and `db`: loudness or power, whichever the preprocessor knows."""
        features = {**features, **self.preprocessor(features)}
        db = features["pw_db" if self.db_key == "power_db" else self.db_key]
        return {**features, "f0_midi": hz_to_midi(features["f0_hz"]), "db": db}

    def synth_latent(self, features: Features) -> tf.Tensor | None:
        """A latent for the synthcoder, [B, F, Z]. Here there is none."""
        return None

    def note_latents(self, features: Features) -> Features:
        """Outputs that the MIDI decoder is to know, `z` among them. Here there are none."""
        return {}

    def latent_losses(self, outputs: Outputs) -> dict[str, tf.Tensor]:
        """Losses of those."""
        return {}

    def midi_to_audio(self, q_pitch: tf.Tensor, z: tf.Tensor | None = None) -> tf.Tensor:
        """Plays notes, [B, F, 1], with latents, [B, F, Z], for a decoder that wants some."""
        return self._play(self._midi_decoder()({"z_pitch": q_pitch, "z": z}))["signal"]

    @staticmethod
    def extract_harm_controls(controls: Outputs) -> Features:
        """What the synthesizers were played with: `amps` and `noise` in dB, and `hd`."""
        harmonic, noise = controls["harmonic"]["controls"], controls["filtered_noise"]["controls"]
        return {
            "amps": amplitude_to_db(harmonic["amplitudes"]),
            "hd": harmonic["harmonic_distribution"],
            "noise": amplitude_to_db(noise["magnitudes"]),
        }

    @staticmethod
    def pianoroll_to_midi(pianoroll: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The loudest note of each frame and its velocity, [B, F, 1], from velocities [B, F, 128]."""
        notes = tf.cast(tf.argmax(pianoroll, -1), tf.float32)
        return notes[..., tf.newaxis], tf.reduce_max(pianoroll, -1, keepdims=True)

    @staticmethod
    def midi_to_pianoroll(q_pitch: tf.Tensor, piano_keys: int = PIANO_KEYS, thresh: float = _LOWEST_NOTE) -> tf.Tensor:
        """1 at the note of each frame, [B, F, piano_keys], from [B, F, 1]. Notes up to `thresh` are rests, note 0."""
        notes = tf.where(q_pitch > thresh, q_pitch, 0.0)[..., 0]
        return tf.one_hot(tf.cast(tf.round(notes), tf.int32), piano_keys)

    def _notes(self, outputs: Outputs) -> Outputs:
        f0_midi = outputs["f0_midi"]
        if self.midi_encoder is None:
            q_pitch, q_vel = self.pianoroll_to_midi(needed(outputs, "note_active_velocities", self))
            # Between rest and note the curve cannot teach what the note is.
            is_near = tf.abs(f0_midi - q_pitch) < _SAME_NOTE if self.mask_f0_loss else tf.ones_like(f0_midi)
            return {"q_pitch": q_pitch, "q_vel": 0.0 * q_vel, "f0_loss_weights": tf.cast(is_near, tf.float32)}
        given = {"f0_midi": f0_midi, **{key: outputs[key] for key in ("amps", "hd", "noise")}}
        if self.sg_before_midiae:
            given = {key: tf.stop_gradient(value) for key, value in given.items()}
        encoded = self.midi_encoder(given)
        return {
            "z_pitch": encoded["z_pitch"],
            "q_pitch": straight_through_int_quantization(encoded["z_pitch"]),
            "z_vel": 0.0 * encoded["z_vel"],
            "q_vel": 0.0 * encoded["z_vel"],
            "f0_loss_weights": tf.ones_like(f0_midi),
        }

    def _decoded(self, outputs: Outputs) -> Outputs:
        decoded = self._midi_decoder()({"z_pitch": outputs["q_pitch"], "z": outputs.get("z_midi_decoder")})
        played = self._play({**decoded, "noise_seed": outputs.get("noise_seed", (0, 0))})
        controls = self.extract_harm_controls(played["controls"])
        return {
            "midi_synth_params": played["controls"],
            "midi_audio": played["signal"],
            "f0_midi_pred": decoded["f0_midi"],
            **{f"{key}_pred": value for key, value in controls.items()},
        }

    def _midi_decoder(self) -> Part:
        if self.midi_decoder is None:
            raise ConfigError(f"{type(self).__name__}.midi_decoder is None, so notes cannot be played")
        return self.midi_decoder

    def _play(self, features: Features) -> Outputs:
        return self.processor_group(features)

    def _losses_of_notes(self, outputs: Outputs) -> dict[str, tf.Tensor]:
        found = self.latent_losses(outputs)
        q_pitch, f0_midi_pred, z_pitch = outputs["q_pitch"], outputs["f0_midi_pred"], outputs.get("z_pitch")
        if self.qpitch_f0rec_loss is not None:
            found.update(self.qpitch_f0rec_loss.get_losses_dict(tf.abs(q_pitch - f0_midi_pred)))
        if z_pitch is None:
            return found
        if self.slowness_loss is not None:
            found.update(self.slowness_loss.get_losses_dict(z_pitch, _short_notes(q_pitch)))
        if self.pitch_qpitch_loss is not None:
            found.update(self.pitch_qpitch_loss.get_losses_dict(z_pitch, q_pitch))
        if self.pitch_f0rec_loss is not None:
            found.update(self.pitch_f0rec_loss.get_losses_dict(tf.abs(z_pitch - f0_midi_pred)))
        return found


def _short_notes(q_pitch: tf.Tensor) -> tf.Tensor:
    mask_BFR = get_note_mask(q_pitch, note_on_only=False)
    pitches_BR = get_note_moments(q_pitch[..., 0], mask_BFR, return_std=False)
    return get_short_note_loss_mask(mask_BFR, get_note_lengths(mask_BFR), pitches_BR)
