"""One hop of audio from the synthesizers' controls, as modules with inputs of fixed sizes: harmonics, noise, or both.

K = harmonics, M = noise bands, H = samples of a hop.
"""

import math

import tensorflow as tf

from ddsp_backend.dsp.core import fade_in
from ddsp_backend.dsp.filters import frequency_filter
from ddsp_backend.dsp.harmonic import get_harmonic_frequencies, normalize_harmonics, remove_above_nyquist
from ddsp_backend.dsp.oscillators import harmonic_oscillator_bank
from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.inference.streaming import StreamingModule


class VSTSynthesize(StreamingModule):
    """One hop of audio: from the frame before to this one, exactly as a rendering connects them.

    (The reference reaches the new frame after half a hop and holds it.) Each hop has its own noise, drawn afresh and
    filtered within the hop. The learned room is left out.

    Args:
      new_hop_size: Samples of a hop; 0 for the model's own.
    """

    def __init__(self, player: ModelPlayer, new_hop_size: int = 0) -> None:
        super().__init__(player)
        self.hop_size = new_hop_size or player.hop
        if self.harmonic.amp_resample_method not in ("linear", "window"):
            raise ConfigError(
                f"Harmonic.amp_resample_method={self.harmonic.amp_resample_method!r} cannot be played hop by hop",
                "Use 'linear' or 'window'.",
            )

    @property
    def input_sizes(self) -> dict[str, int]:
        return {**self._harmonic_sizes, "noise": self.n_noise, "prev_phase": 1}

    @property
    def _harmonic_sizes(self) -> dict[str, int]:
        sizes = {"amps": 1, "hd": self.n_harmonics, "f0": 1}
        return {name: size for key, size in sizes.items() for name in (key, f"prev_{key}")}

    @tf.function(autograph=False)
    def call(self, **inputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Audio [H] and the phase after it in radians, [1]: the next `prev_phase`, zero at first.

        Args:
          inputs: Amplitude `amps` [1], harmonic distribution `hd` [K] and pitch `f0` [1] in Hz of this frame, and with
            `prev_` of the one before; `prev_phase` [1]; magnitudes `noise` [M].
        """
        audio, phase = self.harmonics(inputs)
        return audio + self.noise(inputs["noise"]), phase

    def harmonics(self, inputs: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """The harmonic part of `call`."""
        begin, end = (tuple(inputs[prefix + key] for key in ("amps", "hd", "f0")) for prefix in ("prev_", ""))
        ramp_H = tf.range(self.hop_size, dtype=tf.float32) / self.hop_size
        f0_hz_1H1 = (begin[2] + (end[2] - begin[2]) * ramp_H)[None, :, None]
        fade_H1 = tf.constant(fade_in(self.hop_size, self.harmonic.amp_resample_method))[:, None]
        begin_K, end_K = self._amplitudes(begin), self._amplitudes(end)
        envelopes_1HK = (begin_K + (end_K - begin_K) * fade_H1)[None]
        frequencies_1HK = get_harmonic_frequencies(f0_hz_1H1, self.n_harmonics)
        audio_1H, phase = harmonic_oscillator_bank(
            f0_hz_1H1,
            remove_above_nyquist(frequencies_1HK, envelopes_1HK, self.harmonic.sample_rate),
            tf.reshape(inputs["prev_phase"], [1, 1, 1]),
            self.harmonic.sample_rate,
        )
        return audio_1H[0], tf.math.floormod(phase[0, 0], 2.0 * math.pi)

    def noise(self, magnitudes_M: tf.Tensor) -> tf.Tensor:
        """The noise part of `call`."""
        noise_1H = tf.random.uniform([1, self.hop_size], -1.0, 1.0)
        return frequency_filter(noise_1H, magnitudes_M[None, None], self.filtered_noise.window_size)[0]

    def _amplitudes(self, frame: tuple[tf.Tensor, ...]) -> tf.Tensor:
        amplitude, distribution_K, f0_hz = frame
        sample_rate = self.harmonic.sample_rate if self.harmonic.normalize_below_nyquist else None
        # A player may have moved the pitch since the controls were predicted.
        return amplitude * normalize_harmonics(distribution_K[None, None], f0_hz[None, None], sample_rate)[0, 0]


class VSTSynthesizeHarmonic(VSTSynthesize):
    """The harmonics alone: `VSTSynthesize` without `noise`."""

    @property
    def input_sizes(self) -> dict[str, int]:
        return {**self._harmonic_sizes, "prev_phase": 1}

    @tf.function(autograph=False)
    def call(self, **inputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Audio [H], and the phase after it, [1]."""
        return self.harmonics(inputs)


class VSTSynthesizeNoise(VSTSynthesize):
    """The noise alone, of magnitudes [M]."""

    @property
    def input_sizes(self) -> dict[str, int]:
        return {"noise": self.n_noise}

    @tf.function(autograph=False)
    def call(self, noise: tf.Tensor) -> tf.Tensor:
        """Audio [H]."""
        return self.noise(noise)
