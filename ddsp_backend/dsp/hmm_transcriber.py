"""Notes behind a pitch curve. B = batch, F = frames, S = notes."""

from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.densities import log_normal
from ddsp_backend.dsp.hidden_markov import log_likelihood, most_likely_path
from ddsp_backend.dsp.losses import Loss
from ddsp_backend.dsp.tensors import require_same, tf_float32
from ddsp_backend.errors import ConfigError


class HmmTranscriber(Loss):
    """How unlikely pitch and amplitude are, if they come from notes that are held, and the likeliest notes.

    A hidden Markov model: each MIDI note is a state, around which the pitch is normally distributed; note 0 is a rest
    of any pitch and little amplitude.

    Args:
      avg_length: Frames that a note lasts on average, above 1; a larger value finds fewer, longer notes.
      midi_std: Standard deviation of the pitch around its note; a larger value tolerates more vibrato within one note.
      amps_on_center: Mean amplitude of a sounding note; a lower value counts quieter frames as notes.
      amps_on_scale: Standard deviation of a note's amplitude; a larger value accepts louder and quieter frames as
        notes.
      amps_off_center: Mean amplitude of a rest; a higher value counts louder frames as rests.
      amps_off_scale: Standard deviation of a rest's amplitude; a larger value accepts louder frames as rests.
      n_timesteps: Number of control frames F in each example; it must match the data set.
      n_pitches: Number of notes to choose from, including the rest; more notes reach higher pitches.
      weight: Weight of this loss; a higher value makes it count more against the other losses.
    """

    def __init__(
        self,
        avg_length: float = 200,
        midi_std: float = 0.5,
        amps_on_center: float = 1.5,
        amps_on_scale: float = 0.5,
        amps_off_center: float = 0.0,
        amps_off_scale: float = 0.1,
        n_timesteps: int = 1000,
        n_pitches: int = 128,
        weight: float = 1.0,
        name: str = "hmm_transcriber",
    ) -> None:
        super().__init__(name)
        if avg_length <= 1:
            raise ConfigError(f"HmmTranscriber.avg_length={avg_length} leaves no time for a note", "Set it above 1.")
        if n_pitches < 2:
            raise ConfigError(f"HmmTranscriber.n_pitches={n_pitches} are no note and a rest", "Set it to 2 or more.")
        self.avg_length = avg_length
        self.midi_std = midi_std
        self.n_timesteps = n_timesteps
        self.n_pitches = n_pitches
        self.weight = weight
        change = 1.0 / avg_length / (n_pitches - 1)
        self._steps_SS = tf.eye(n_pitches) * (1.0 - 1.0 / avg_length - change) + change
        notes_S = tf.range(1, n_pitches, dtype=tf.float32)
        self._pitch = _with_rest(notes_S, n_pitches / 2.0), _with_rest(tf.fill([n_pitches - 1], midi_std), n_pitches)
        on = tf.fill([n_pitches - 1], amps_on_center), tf.fill([n_pitches - 1], amps_on_scale)
        self._amps = _with_rest(on[0], amps_off_center), _with_rest(on[1], amps_off_scale)

    def __call__(self, pitch: Any, amps: Any) -> tf.Tensor:
        """One number for the batch, of pitch in MIDI notes and amplitudes, [B, F, 1] each."""
        return self.nll(pitch, amps)

    @staticmethod
    def straight_through(x: tf.Tensor, x_quant: tf.Tensor) -> tf.Tensor:
        """`x_quant` with the gradient of `x`."""
        return x - tf.stop_gradient(x - x_quant)

    def nll(self, pitch: Any, amps: Any, per_example_loss: bool = False) -> tf.Tensor:
        """Weighted negative log likelihood per frame: the mean over the batch, or for each example, [B]."""
        nll_B = -log_likelihood(self._log_emissions(pitch, amps), self._steps_SS) / float(self.n_timesteps)
        return self.weight * (nll_B if per_example_loss else tf.reduce_mean(nll_B))

    def predict_midi(self, pitch: Any, amps: Any, channel_dim: bool = True, dtype: tf.DType = tf.float32) -> tf.Tensor:
        """The likeliest notes, [B, F, 1], or [B, F] without `channel_dim`; 0 is a rest."""
        notes_BF = most_likely_path(self._log_emissions(pitch, amps), tf.math.log(self._steps_SS))
        notes_BF = tf.cast(notes_BF, dtype)
        return notes_BF[..., None] if channel_dim else notes_BF

    def _log_emissions(self, pitch: Any, amps: Any) -> tf.Tensor:
        pitch_BF1, amps_BF1 = tf_float32(pitch), tf_float32(amps)
        hint = "HmmTranscriber.n_timesteps is the number of frames of an example: its seconds times the frame rate."
        for what, values in (("pitch", pitch_BF1), ("amplitudes", amps_BF1)):
            require_same({f"{self.name}: n_timesteps": self.n_timesteps, f"that of the {what}": values.shape[1]}, hint)
        return log_normal(pitch_BF1, *self._pitch) + log_normal(amps_BF1, *self._amps)


def _with_rest(notes: tf.Tensor, rest: float) -> tf.Tensor:
    return tf.concat([[float(rest)], notes], 0)
