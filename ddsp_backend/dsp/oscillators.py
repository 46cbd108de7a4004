"""Oscillators that hand on their phase, and sets of sinusoids turned into harmonics. B = batch, F = control frames,
N = audio samples, K = harmonics, S = sinusoids.
"""

import math
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.core import resample, safe_divide
from ddsp_backend.dsp.harmonic import (
    angular_cumsum,
    get_harmonic_frequencies,
    normalize_harmonics,
    remove_above_nyquist,
)
from ddsp_backend.dsp.tensors import require_same, tf_float32


def harmonic_oscillator_bank(
    frequency: Any,
    amplitude_envelopes: Any,
    initial_phase: Any = None,
    sample_rate: int = 16000,
    use_angular_cumsum: bool = True,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Harmonics of one oscillator, which continue from a phase. Harmonics above Nyquist are the caller's to silence.

    Args:
      frequency: Fundamental in Hz at every sample, [B, N, 1].
      amplitude_envelopes: Linear, [B, N, K].
      initial_phase: Of the fundamental before the first sample, in radians, [B, 1, 1]; None is zero.
      sample_rate: Hz.
      use_angular_cumsum: Accumulate phase without drift.

    Returns: audio_BN, and the fundamental's phase at the last sample, [B, 1, 1].
    Raises:
      ConfigError: Frequency and amplitudes have different numbers of samples.
    """
    frequency, amplitude_envelopes = tf_float32(frequency), tf_float32(amplitude_envelopes)
    sizes = {"harmonic_oscillator_bank's frequency": frequency.shape[1], "its amplitudes": amplitude_envelopes.shape[1]}
    require_same(sizes, "Both are counted in samples: resample them to the same n_samples.")
    if use_angular_cumsum:
        phase_BN1 = angular_cumsum(tf.cast(frequency, tf.float64) * (2.0 * math.pi / sample_rate))
    else:
        phase_BN1 = tf.cumsum(frequency * (2.0 * math.pi) / float(sample_rate), 1)
    if initial_phase is not None:
        phase_BN1 += tf_float32(initial_phase)
    sines_BNK = tf.sin(get_harmonic_frequencies(phase_BN1, amplitude_envelopes.shape[-1]))
    return tf.reduce_sum(amplitude_envelopes * sines_BNK, -1), phase_BN1[:, -1:]


def streaming_harmonic_synthesis(
    frequencies: Any,
    amplitudes: Any,
    harmonic_distribution: Any = None,
    initial_phase: Any = None,
    n_samples: int = 64000,
    sample_rate: int = 16000,
    amp_resample_method: str = "linear",
) -> tuple[tf.Tensor, tf.Tensor]:
    """A piece of harmonic audio that begins at the phase where another ended.

    The last frame is held for a hop, as in any resampling: `streaming.stream` renders pieces that join without a bend.

    Args:
      frequencies: Fundamental in Hz, [B, F, 1].
      amplitudes: Linear, [B, F, 1].
      harmonic_distribution: Share of each harmonic, [B, F, K]; normalised here below Nyquist. None is the fundamental.
      initial_phase: In radians, [B, 1, 1]; None is zero.
      n_samples: N.
      sample_rate: Hz.
      amp_resample_method: How amplitudes are interpolated.

    Returns: audio_BN, and the phase at its last sample, [B, 1, 1].
    """
    frequencies, harmonics = tf_float32(frequencies), tf_float32(amplitudes)
    if harmonic_distribution is not None:
        harmonics *= normalize_harmonics(tf_float32(harmonic_distribution), frequencies, sample_rate)
    return harmonic_oscillator_bank(
        resample(frequencies, n_samples),
        resample(harmonics, n_samples, amp_resample_method),
        initial_phase,
        sample_rate,
    )


def sinusoidal_to_harmonic(
    sin_amps: Any,
    sin_freqs: Any,
    f0_hz: Any,
    harmonic_width: float = 0.1,
    n_harmonics: int = 100,
    sample_rate: int = 16000,
    normalize: bool = False,
) -> tuple[tf.Tensor, tf.Tensor]:
    """The harmonics of f0 that sinusoids lie near.

    Args:
      sin_amps: Linear, [B, F, S].
      sin_freqs: Hz, [B, F, S].
      f0_hz: [B, F, 1].
      harmonic_width: Distance from a harmonic, in f0, at which a sinusoid counts by 1/e.
      n_harmonics: K.
      sample_rate: Hz; harmonics at or above half of it are left out.
      normalize: No harmonic takes more than the weighted mean of its sinusoids.

    Returns: Amplitude [B, F, 1] and distribution [B, F, K], as `Harmonic` takes them.
    Raises:
      ConfigError: There are not as many amplitudes as frequencies.
    """
    sin_amps, sin_freqs, f0_hz = tf_float32(sin_amps), tf_float32(sin_freqs), tf_float32(f0_hz)
    require_same(
        {"the number of sinusoidal amplitudes": sin_amps.shape[-1], "that of frequencies": sin_freqs.shape[-1]},
        "The decoder's or encoder's n_sinusoids, or its output splits, hold both.",
    )
    frequencies_BFK = get_harmonic_frequencies(f0_hz, n_harmonics)
    distance_BFKS = safe_divide(sin_freqs[:, :, None] - frequencies_BFK[..., None], f0_hz[..., None])
    weights_BFKS = tf.exp(-tf.square(distance_BFKS / harmonic_width))
    if normalize:
        total_BFK1 = tf.reduce_sum(weights_BFKS, -1, keepdims=True)
        weights_BFKS = tf.where(total_BFK1 > 1.0, safe_divide(weights_BFKS, total_BFK1), weights_BFKS)
    harmonics_BFK = tf.reduce_sum(weights_BFKS * sin_amps[:, :, None], -1)
    harmonics_BFK = remove_above_nyquist(frequencies_BFK, harmonics_BFK, sample_rate)
    amplitude_BF1 = tf.reduce_sum(harmonics_BFK, -1, keepdims=True)
    return amplitude_BF1, safe_divide(harmonics_BFK, amplitude_BF1)


def harmonic_to_sinusoidal(
    harm_amp: Any, harm_dist: Any, f0_hz: Any, sample_rate: int = 16000
) -> tuple[tf.Tensor, tf.Tensor]:
    """Controls of `Harmonic` (amplitude and f0 [B, F, 1], distribution [B, F, K]) as those of `Sinusoidal`.

    Returns: Amplitudes and frequencies in Hz, both [B, F, K].
    """
    harm_dist, f0_hz = tf_float32(harm_dist), tf_float32(f0_hz)
    amplitudes_BFK = tf_float32(harm_amp) * normalize_harmonics(harm_dist, f0_hz, sample_rate)
    return amplitudes_BFK, get_harmonic_frequencies(f0_hz, harm_dist.shape[-1])
