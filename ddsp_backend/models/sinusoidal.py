"""From audio to sinusoids, and from sinusoids to harmonics. B = batch, F = frames, K = sinusoids or harmonics.

Source: Engel et al., "Self-supervised Pitch Detection by Inverse Audio Synthesis", ICML 2020 workshop on
self-supervision in audio and speech.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from ddsp_backend.arrays import Features
from ddsp_backend.dsp.core import exp_sigmoid, safe_divide
from ddsp_backend.dsp.harmonic import get_harmonic_frequencies, remove_above_nyquist
from ddsp_backend.dsp.mel import compute_logmel
from ddsp_backend.dsp.scalings import frequencies_softmax
from ddsp_backend.dsp.units import hz_to_unit
from ddsp_backend.errors import ConfigError
from ddsp_backend.models.features import needed
from ddsp_backend.models.layers import Dense
from ddsp_backend.models.resnet import ResNet

Scaling = Callable[..., Any]

_LOWEST_HZ, _HIGHEST_HZ = 20.0, 1200.0  # of a fundamental


class ResnetSinusoidalEncoder(tf.Module):
    """A residual network over the spectrogram, and an output layer for each of the synthesizer's raw parameters.

    Args:
      output_splits: Name and number of channels of each output; the numbers must match what the synthesizer takes.
      spectral_fn: Function from audio [B, N] to a spectrogram [B, F, bins], which is all that the network sees.
      size: Size of the network: "small", "medium" or "large"; a larger one learns more detail but trains slower.
    """

    def __init__(
        self,
        output_splits: Sequence[tuple[str, int]] = (
            ("frequencies", 100 * 64),
            ("amplitudes", 100),
            ("noise_magnitudes", 60),
        ),
        spectral_fn: Scaling = compute_logmel,
        size: str = "small",
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.output_splits = tuple((key, size) for key, size in output_splits)
        self.spectral_fn = spectral_fn
        self.resnet = ResNet(size)
        self.dense_outs = [Dense(size) for _, size in self.output_splits]

    def __call__(self, features: Features) -> Features:
        """`audio` [B, N] -> the outputs, [B, F, size]."""
        spectrogram = self.spectral_fn(needed(features, "audio", self))
        x = self.resnet(spectrogram[..., tf.newaxis])
        x = tf.reshape(x, [-1, x.shape[1], x.shape[2] * x.shape[3]])
        return {key: dense(x) for (key, _), dense in zip(self.output_splits, self.dense_outs, strict=True)}


class SinusoidalToHarmonicEncoder(tf.Module):
    """The harmonic tone that sinusoids come closest to.

    Args:
      net: The network, from [B, F, any] to [B, F, any]; a larger one learns more detail but trains slower.
      n_harmonics: Number of harmonics of the tone; more harmonics reach higher frequencies but train slower.
      f0_depth: Number of values that decide the fundamental; with the usual scaling each stands for one frequency, so
        more are finer.
      amp_scale_fn: Function that makes the network's amplitudes positive; it also decides how fast they can grow.
      freq_scale_fn: Function from [B, F, f0_depth] to Hz, [B, F, 1]; None uses a softmax over 20 to 1200 Hz.
      sample_rate: Sample rate of the audio in Hz; it must match the data set.
    """

    def __init__(
        self,
        net: Callable[[tf.Tensor], tf.Tensor] | None = None,
        n_harmonics: int = 100,
        f0_depth: int = 64,
        amp_scale_fn: Scaling = exp_sigmoid,
        freq_scale_fn: Scaling | None = None,
        sample_rate: int = 16000,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if net is None:
            raise ConfigError("SinusoidalToHarmonicEncoder.net is None", "Bind it, such as to @nn.RnnSandwich().")
        self.net = net
        self.n_harmonics = n_harmonics
        self.amp_scale_fn = amp_scale_fn
        self.freq_scale_fn = freq_scale_fn or functools.partial(
            frequencies_softmax, depth=f0_depth, hz_min=_LOWEST_HZ, hz_max=_HIGHEST_HZ
        )
        self.sample_rate = sample_rate
        self.amp_out = Dense(1)
        self.hd_out = Dense(n_harmonics)
        self.f0_out = Dense(f0_depth)

    def __call__(self, features: Features) -> Features:
        """Hz and amplitudes of sinusoids to those of a tone.

        Args:
          features: `sin_freqs` in Hz and `sin_amps`, [B, F, K].

        Returns:
          `harm_amp` [B, F, 1], `harm_dist` [B, F, n_harmonics], which sums to 1 below Nyquist, `f0_hz` [B, F, 1].
        """
        sin_freqs, sin_amps = (needed(features, key, self) for key in ("sin_freqs", "sin_amps"))
        unit_freqs = hz_to_unit(sin_freqs, hz_min=0.0, hz_max=self.sample_rate / 2)
        x = self.net(tf.concat([unit_freqs, sin_amps], -1))
        f0_hz = self.freq_scale_fn(self.f0_out(x))
        harm_dist = self.amp_scale_fn(self.hd_out(x))
        harm_freqs = get_harmonic_frequencies(f0_hz, self.n_harmonics)
        harm_dist = remove_above_nyquist(harm_freqs, harm_dist, self.sample_rate)
        return {
            "harm_amp": self.amp_scale_fn(self.amp_out(x)),
            "harm_dist": safe_divide(harm_dist, tf.reduce_sum(harm_dist, -1, keepdims=True)),
            "f0_hz": f0_hz,
        }
