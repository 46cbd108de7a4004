"""Synthesizers: a network's outputs to sound. B = batch, F = control frames, N = audio samples, K = harmonics."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.core import exp_sigmoid, resample
from ddsp_backend.dsp.filters import frequency_filter
from ddsp_backend.dsp.harmonic import harmonic_synthesis, normalize_harmonics, oscillator_bank, remove_above_nyquist
from ddsp_backend.dsp.nested import Tensors
from ddsp_backend.dsp.noise import uniform_noise
from ddsp_backend.dsp.processors import Processor
from ddsp_backend.dsp.scalings import frequencies_sigmoid
from ddsp_backend.dsp.tensors import require_same
from ddsp_backend.dsp.wavetables import wavetable_synthesis


class Harmonic(Processor):
    """A bank of sinusoids at the multiples of f0.

    Args:
      n_samples: Audio samples of each example; a larger number makes longer examples that need more memory.
      sample_rate: Sample rate of the audio in Hz; it must match the data set.
      scale_fn: Makes network outputs positive; None takes them as they are.
      normalize_below_nyquist: Leave out harmonics above Nyquist before the distribution is normalised.
      amp_resample_method: How amplitudes are interpolated between control frames, by "window" (smooth) or "linear".
      use_angular_cumsum: Accumulate phase without drift, for examples longer than some seconds.
    """

    has_length = True

    def __init__(
        self,
        n_samples: int = 64000,
        sample_rate: int = 16000,
        scale_fn: Callable[..., Any] | None = exp_sigmoid,
        normalize_below_nyquist: bool = True,
        amp_resample_method: str = "window",
        use_angular_cumsum: bool = False,
        name: str = "harmonic",
    ) -> None:
        super().__init__(name)
        self.n_samples = n_samples
        self.sample_rate = sample_rate
        self.scale_fn = scale_fn
        self.normalize_below_nyquist = normalize_below_nyquist
        self.amp_resample_method = amp_resample_method
        self.use_angular_cumsum = use_angular_cumsum

    def get_controls(self, *inputs: tf.Tensor) -> Tensors:
        """From amplitudes [B, F, 1], harmonic distribution [B, F, K] and f0 in Hz [B, F, 1]."""
        amplitudes_BF1, distribution_BFK, f0_hz_BF1 = inputs
        if self.scale_fn is not None:
            amplitudes_BF1, distribution_BFK = self.scale_fn(amplitudes_BF1), self.scale_fn(distribution_BFK)
        sample_rate = self.sample_rate if self.normalize_below_nyquist else None
        return {
            "amplitudes": amplitudes_BF1,
            "harmonic_distribution": normalize_harmonics(distribution_BFK, f0_hz_BF1, sample_rate),
            "f0_hz": f0_hz_BF1,
        }

    def get_signal(self, n_samples: int | None = None, **controls: Any) -> tf.Tensor:
        """Audio_BN."""
        return harmonic_synthesis(
            controls["f0_hz"],
            controls["amplitudes"],
            controls["harmonic_distribution"],
            n_samples or self.n_samples,
            self.sample_rate,
            self.amp_resample_method,
            self.use_angular_cumsum,
        )


class FilteredNoise(Processor):
    """White noise through a filter that changes from frame to frame.

    Args:
      n_samples: Audio samples of each example; a larger number makes longer examples that need more memory.
      window_size: Samples of the filter's window; 0 for as many as the magnitudes define.
      scale_fn: Makes network outputs positive; None takes them as they are.
      initial_bias: Added before `scale_fn`, so that an untrained network starts quietly.
    """

    is_stochastic = True
    has_length = True

    def __init__(
        self,
        n_samples: int = 64000,
        window_size: int = 257,
        scale_fn: Callable[..., Any] | None = exp_sigmoid,
        initial_bias: float = -5.0,
        name: str = "filtered_noise",
    ) -> None:
        super().__init__(name)
        self.n_samples = n_samples
        self.window_size = window_size
        self.scale_fn = scale_fn
        self.initial_bias = initial_bias

    def get_controls(self, *inputs: tf.Tensor) -> Tensors:
        """From magnitudes [B, F, n_frequencies]."""
        (magnitudes,) = inputs
        if self.scale_fn is not None:
            magnitudes = self.scale_fn(magnitudes + self.initial_bias)
        return {"magnitudes": magnitudes}

    def get_signal(self, noise_seed: Any = (0, 0), n_samples: int | None = None, **controls: Any) -> tf.Tensor:
        """Audio_BN. The same seed gives the same noise."""
        magnitudes = controls["magnitudes"]
        noise_BN = uniform_noise(tf.shape(magnitudes)[0], n_samples or self.n_samples, noise_seed)
        noise_BN = tf.ensure_shape(noise_BN, [magnitudes.shape[0], n_samples or self.n_samples])
        return frequency_filter(noise_BN, magnitudes, self.window_size)


class TensorToAudio(Processor):
    """Audio from a network that makes samples itself: only the channel is taken off."""

    def __init__(self, name: str = "tensor_to_audio") -> None:
        super().__init__(name)

    def get_controls(self, *inputs: tf.Tensor) -> Tensors:
        """From samples [B, N, 1]."""
        (samples,) = inputs
        return {"samples": samples}

    def get_signal(self, **controls: Any) -> tf.Tensor:
        """Audio_BN."""
        return tf.squeeze(controls["samples"], 2)


class Wavetable(Processor):
    """One period of sound, which a network draws again for every frame, played at f0.

    Args:
      n_samples: Audio samples of each example; a larger number makes longer examples that need more memory.
      sample_rate: Sample rate of the audio in Hz; it must match the data set.
      scale_fn: Makes network outputs positive, the wavetables' too; None takes them as they are.
    """

    has_length = True

    def __init__(
        self,
        n_samples: int = 64000,
        sample_rate: int = 16000,
        scale_fn: Callable[..., Any] | None = exp_sigmoid,
        name: str = "wavetable",
    ) -> None:
        super().__init__(name)
        self.n_samples = n_samples
        self.sample_rate = sample_rate
        self.scale_fn = scale_fn

    def get_controls(self, *inputs: tf.Tensor) -> Tensors:
        """From amplitudes [B, F, 1], wavetables [B, F, samples of a period] and f0 in Hz [B, F, 1]."""
        amplitudes_BF1, wavetables, f0_hz_BF1 = inputs
        if self.scale_fn is not None:
            amplitudes_BF1, wavetables = self.scale_fn(amplitudes_BF1), self.scale_fn(wavetables)
        return {"amplitudes": amplitudes_BF1, "wavetables": wavetables, "f0_hz": f0_hz_BF1}

    def get_signal(self, n_samples: int | None = None, **controls: Any) -> tf.Tensor:
        """Audio_BN."""
        return wavetable_synthesis(
            controls["f0_hz"],
            controls["amplitudes"],
            controls["wavetables"],
            n_samples or self.n_samples,
            self.sample_rate,
        )


class Sinusoidal(Processor):
    """A bank of sinusoids, each with a frequency of its own.

    Args:
      n_samples: Audio samples of each example; a larger number makes longer examples that need more memory.
      sample_rate: Sample rate of the audio in Hz; it must match the data set.
      amp_scale_fn: Makes network outputs positive; None takes them as they are.
      amp_resample_method: How amplitudes are interpolated between control frames, by "window" (smooth) or "linear".
      freq_scale_fn: Network outputs to Hz, such as `frequencies_sigmoid`; None takes them as Hz.
    """

    has_length = True

    def __init__(
        self,
        n_samples: int = 64000,
        sample_rate: int = 16000,
        amp_scale_fn: Callable[..., Any] | None = exp_sigmoid,
        amp_resample_method: str = "window",
        freq_scale_fn: Callable[..., Any] | None = frequencies_sigmoid,
        name: str = "sinusoidal",
    ) -> None:
        super().__init__(name)
        self.n_samples = n_samples
        self.sample_rate = sample_rate
        self.amp_scale_fn = amp_scale_fn
        self.amp_resample_method = amp_resample_method
        self.freq_scale_fn = freq_scale_fn

    def get_controls(self, *inputs: tf.Tensor) -> Tensors:
        """From amplitudes [B, F, sinusoids] and frequencies [B, F, sinusoids times the scaling's depth]."""
        amplitudes, frequencies = inputs
        if self.amp_scale_fn is not None:
            amplitudes = self.amp_scale_fn(amplitudes)
        if self.freq_scale_fn is not None:
            frequencies = self.freq_scale_fn(frequencies)
        require_same(
            {
                f"{self.name}: the number of amplitudes": amplitudes.shape[-1],
                "that of frequencies": frequencies.shape[-1],
            },
            "The decoder's output_splits hold both; frequencies take depth of freq_scale_fn outputs each.",
        )
        amplitudes = remove_above_nyquist(frequencies, amplitudes, self.sample_rate)
        return {"amplitudes": amplitudes, "frequencies": frequencies}

    def get_signal(self, n_samples: int | None = None, **controls: Any) -> tf.Tensor:
        """Audio_BN."""
        n_samples = n_samples or self.n_samples
        return oscillator_bank(
            resample(controls["frequencies"], n_samples),
            resample(controls["amplitudes"], n_samples, self.amp_resample_method),
            self.sample_rate,
        )
