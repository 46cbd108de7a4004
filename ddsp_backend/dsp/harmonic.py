"""Sums of sinusoids. B = batch, F = control frames, N = audio samples, K = harmonics, H = samples of a hop."""

import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from ddsp_backend.dsp.compiled import compiled
from ddsp_backend.dsp.core import fade_in, resample, safe_divide
from ddsp_backend.dsp.sine import sine_of_cycles
from ddsp_backend.dsp.tensors import between, sum_before, tf_float32
from ddsp_backend.errors import ConfigError


def get_harmonic_frequencies(frequencies: tf.Tensor, n_harmonics: int) -> tf.Tensor:
    """The first `n_harmonics` multiples of f0 [B, F, 1], [B, F, K]."""
    return tf_float32(frequencies) * tf.range(1, n_harmonics + 1, dtype=tf.float32)


def remove_above_nyquist(
    frequency_envelopes: tf.Tensor, amplitude_envelopes: tf.Tensor, sample_rate: int = 16000
) -> tf.Tensor:
    """Amplitudes, zero where the frequency (Hz, same shape) is at or above half the sample rate."""
    return tf.where(tf_float32(frequency_envelopes) >= sample_rate / 2.0, 0.0, tf_float32(amplitude_envelopes))


def normalize_harmonics(
    harmonic_distribution: tf.Tensor, f0_hz: tf.Tensor | None = None, sample_rate: int | None = None
) -> tf.Tensor:
    """Scales each frame's harmonics [B, F, K] to sum to one; given f0 [B, F, 1] and a sample rate, without those above
    Nyquist.
    """
    harmonic_distribution = tf_float32(harmonic_distribution)
    if f0_hz is not None and sample_rate is not None:
        frequencies = get_harmonic_frequencies(f0_hz, harmonic_distribution.shape[-1])
        harmonic_distribution = remove_above_nyquist(frequencies, harmonic_distribution, sample_rate)
    return safe_divide(harmonic_distribution, tf.reduce_sum(harmonic_distribution, -1, keepdims=True))


def angular_cumsum(angular_frequency: tf.Tensor, chunk_size: int = 1000) -> tf.Tensor:
    """Phase in radians, 0 to 2 pi, without the drift that single precision has over minutes of audio.

    Args:
      angular_frequency: Radians per sample, [B, N, ...].
      chunk_size: Without effect. The reference sums in chunks; this sums in double precision.
    """
    phase = tf.cumsum(tf.cast(angular_frequency, tf.float64), 1)
    return tf.cast(tf.math.floormod(phase, 2.0 * math.pi), tf.float32)


def oscillator_bank(
    frequency_envelopes: tf.Tensor,
    amplitude_envelopes: tf.Tensor,
    sample_rate: int = 16000,
    sum_sinusoids: bool = True,
    use_angular_cumsum: bool = False,
) -> tf.Tensor:
    """Sinusoids from a frequency (Hz) and an amplitude for every sample, both [B, N, K]: the plain formulation.

    Returns: audio_BN, or [B, N, K] with `sum_sinusoids=False`.
    """
    amplitude_envelopes = remove_above_nyquist(frequency_envelopes, amplitude_envelopes, sample_rate)
    if use_angular_cumsum:
        phase = angular_cumsum(tf.cast(frequency_envelopes, tf.float64) * (2.0 * math.pi / sample_rate))
    else:
        # In this order of operations the drift of single precision is the reference's, to the last digits.
        phase = tf.cumsum(tf_float32(frequency_envelopes) * (2.0 * math.pi) / float(sample_rate), 1)
    audio = amplitude_envelopes * tf.sin(phase)
    return tf.reduce_sum(audio, -1) if sum_sinusoids else audio


def harmonic_synthesis_plain(
    frequencies: tf.Tensor,
    amplitudes: tf.Tensor,
    harmonic_distribution: tf.Tensor | None = None,
    n_samples: int = 64000,
    sample_rate: int = 16000,
    amp_resample_method: str = "window",
    use_angular_cumsum: bool = False,
    *,
    harmonic_shifts: tf.Tensor | None = None,
) -> tf.Tensor:
    """`harmonic_synthesis` as the reference computes it, with every envelope in memory. For any length, and to compare.

    Without `use_angular_cumsum` its phases drift as the reference's do: after four seconds the 60th harmonic is off by
    more than a quarter turn.
    """
    given = [values for values in (harmonic_distribution, harmonic_shifts) if values is not None]
    frequencies_BFK = get_harmonic_frequencies(frequencies, given[0].shape[-1] if given else 1)
    if harmonic_shifts is not None:
        frequencies_BFK *= 1.0 + tf_float32(harmonic_shifts)
    return oscillator_bank(
        resample(frequencies_BFK, n_samples),
        resample(_each_harmonic(amplitudes, harmonic_distribution), n_samples, amp_resample_method),
        sample_rate,
        use_angular_cumsum=use_angular_cumsum,
    )


def harmonic_synthesis(
    frequencies: tf.Tensor,
    amplitudes: tf.Tensor,
    harmonic_distribution: tf.Tensor | None = None,
    n_samples: int = 64000,
    sample_rate: int = 16000,
    amp_resample_method: str = "window",
    use_angular_cumsum: bool = False,
    *,
    harmonic_shifts: tf.Tensor | None = None,
) -> tf.Tensor:
    """Sums the harmonics of f0 that lie below Nyquist.

    Args:
      frequencies: Fundamental in Hz, one per control frame, [B, F, 1]; interpolated linearly.
      amplitudes: Overall amplitude, linear, [B, F, 1].
      harmonic_distribution: Share of each harmonic, [B, F, K]; None is the fundamental alone.
      n_samples: N. Where it is no multiple of F, or the method is not "linear" or "window", the plain formulation runs.
      amp_resample_method: How amplitudes are interpolated.
      use_angular_cumsum: Only the plain formulation asks; the fast one never drifts.
      harmonic_shifts: Harmonic k lies at k f0 (1 + its shift), [B, F, K]. The plain formulation runs.

    Returns: audio_BN, full scale 1.
    Source: Engel et al., "DDSP", ICLR 2020, arXiv:2001.04643.
    """
    frequencies = tf_float32(frequencies)
    n_frames = frequencies.shape[1]
    can_hop = harmonic_shifts is None and amp_resample_method in ("linear", "window")
    if not can_hop or n_frames is None or n_samples % n_frames:
        return harmonic_synthesis_plain(
            frequencies,
            amplitudes,
            harmonic_distribution,
            n_samples,
            sample_rate,
            amp_resample_method,
            use_angular_cumsum,
            harmonic_shifts=harmonic_shifts,
        )
    hop = n_samples // n_frames
    cycles_BFH, highest_BFH, _ = hop_phases(frequencies[..., 0], hop, sample_rate)
    harmonics_BFK = _each_harmonic(amplitudes, harmonic_distribution)
    following_BFK = between(harmonics_BFK, 1, n_frames)
    next_BFK = tf.concat([following_BFK, between(harmonics_BFK, n_frames - 1, n_frames)], 1)
    audio_BFH = _sum_harmonics(cycles_BFH, highest_BFH, harmonics_BFK, next_BFK, amp_resample_method)
    return tf.reshape(audio_BFH, [-1, n_samples])


def _each_harmonic(amplitudes: tf.Tensor, harmonic_distribution: tf.Tensor | None) -> tf.Tensor:
    amplitudes = tf_float32(amplitudes)
    return amplitudes if harmonic_distribution is None else amplitudes * tf_float32(harmonic_distribution)


def harmonic_chunk(
    f0_hz_BF: tf.Tensor,
    harmonics_BFK: tf.Tensor,
    hop: int,
    sample_rate: int,
    amp_resample_method: str,
    initial_cycles_B: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """A piece of harmonic audio that continues another.

    Args:
      f0_hz_BF: Fundamental at the piece's frames and at the first frame after it.
      harmonics_BFK: Amplitude of each harmonic, likewise.
      hop: Samples of a frame.
      amp_resample_method: "linear" or "window".
      initial_cycles_B: Phase before the first sample, float64, in cycles.

    Returns: audio_BN with N = (F - 1) hop, and the phase after it.
    """
    if amp_resample_method not in ("linear", "window"):
        raise ConfigError(
            f"Harmonic.amp_resample_method={amp_resample_method!r} cannot be rendered in pieces",
            "Use 'linear' or 'window'.",
        )
    cycles_BFH, highest_BFH, final_B = hop_phases(f0_hz_BF[:, :-1], hop, sample_rate, f0_hz_BF[:, -1], initial_cycles_B)
    audio_BFH = _sum_harmonics(
        cycles_BFH, highest_BFH, harmonics_BFK[:, :-1], harmonics_BFK[:, 1:], amp_resample_method
    )
    return tf.reshape(audio_BFH, [audio_BFH.shape[0], -1]), final_B


def hop_phases(
    f0_hz_BF: tf.Tensor,
    hop: int,
    sample_rate: int,
    next_f0_hz_B: tf.Tensor | None = None,
    initial_cycles_B: tf.Tensor | None = None,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Phase at every sample, from the sum of a linear ramp in closed form.

    Args:
      f0_hz_BF: One value per hop of `hop` samples.
      next_f0_hz_B: The value after the last hop; None holds the last one.
      initial_cycles_B: Phase before the first sample, float64, in cycles; None is zero.

    Returns:
      cycles_BFH (-0.5 to 0.5, float32); the lowest of the harmonics that lie at or above Nyquist at each sample, as a
      fraction, [B, F, H]; and the final phase [B], float64.
    """
    # Double precision until the whole turns are gone: the 60th harmonic has 60 times the phase's error, and the phase
    # of an hour of audio stays exact.
    f0_BF = tf.cast(f0_hz_BF, tf.float64)
    last_B1 = f0_BF[:, -1:] if next_f0_hz_B is None else tf.cast(next_f0_hz_B, tf.float64)[:, None]
    slope_BF = tf.concat([f0_BF[:, 1:], last_B1], 1) - f0_BF
    total_BF = (f0_BF * hop + slope_BF * ((hop - 1) / 2)) / sample_rate
    start_BF = sum_before(total_BF)
    if initial_cycles_B is not None:
        start_BF += initial_cycles_B[:, None]
    final_B = tf.math.floormod(start_BF[:, -1] + total_BF[:, -1], 1.0)

    steps_H, ramps_H = (tf.constant(parts) for parts in _parts_of_a_ramp(hop, sample_rate))

    @tf.custom_gradient
    def at_each_sample(
        f0_BF: tf.Tensor, slope_BF: tf.Tensor, start_BF: tf.Tensor
    ) -> tuple[tuple[tf.Tensor, tf.Tensor], Callable[..., tuple[tf.Tensor, ...]]]:
        def gradient(d_cycles_BFH: tf.Tensor, _: tf.Tensor) -> tuple[tf.Tensor, ...]:
            d_BFH = tf.cast(d_cycles_BFH, tf.float64)
            d_f0_BF, d_slope_BF = (tf.linalg.matvec(d_BFH, parts_H) for parts_H in (steps_H, ramps_H))
            return d_f0_BF, d_slope_BF, tf.reduce_sum(d_BFH, -1)

        return _cycles_and_highest(f0_BF, slope_BF, start_BF, hop=hop, sample_rate=sample_rate), gradient

    return *at_each_sample(f0_BF, slope_BF, start_BF), final_B


def _parts_of_a_ramp(hop: int, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """How many cycles 1 Hz has made since the start of a hop, and how many a slope of 1 Hz a hop has, [H]."""
    position = np.arange(hop)
    return (position + 1) / sample_rate, position * (position + 1) / (2 * hop * sample_rate)


@compiled
def _cycles_and_highest(
    f0_BF: tf.Tensor, slope_BF: tf.Tensor, start_BF: tf.Tensor, hop: int, sample_rate: int
) -> tuple[tf.Tensor, tf.Tensor]:
    f0_BF1, slope_BF1, start_BF1 = f0_BF[..., None], slope_BF[..., None], start_BF[..., None]
    steps_H, ramps_H = _parts_of_a_ramp(hop, sample_rate)
    cycles_BFH = f0_BF1 * steps_H + slope_BF1 * ramps_H + start_BF1
    f0_hz_BFH = tf.cast(f0_BF1, tf.float32) + tf.cast(slope_BF1, tf.float32) * (np.arange(hop) / hop).astype(np.float32)
    highest_BFH = tf.where(f0_hz_BFH > 0.0, (sample_rate / 2.0) / tf.maximum(f0_hz_BFH, 1e-3), float("inf"))
    return tf.cast(cycles_BFH - tf.round(cycles_BFH), tf.float32), highest_BFH


def _sum_harmonics(
    cycles_BFH: tf.Tensor,
    highest_BFH: tf.Tensor,
    harmonics_BFK: tf.Tensor,
    next_BFK: tf.Tensor,
    amp_resample_method: str,
) -> tf.Tensor:
    """Audio_BFH. Inside one hop the amplitudes fade from one frame's to the next's. Sines and amplitude envelopes are
    computed where they are summed, and once more for the gradient: neither is ever in memory as a whole example.
    """
    fade_H = tf.constant(fade_in(cycles_BFH.shape[-1], amp_resample_method))

    @tf.custom_gradient
    def synthesize(
        cycles_BFH: tf.Tensor, harmonics_BFK: tf.Tensor, next_BFK: tf.Tensor
    ) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor, tf.Tensor]]]:
        def gradient(d_audio_BFH: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            # Only a graph that asks for the gradient of f0 runs this line: an f0 from a recording needs none.
            d_cycles_BFH = d_audio_BFH * _slope(cycles_BFH, highest_BFH, harmonics_BFK, next_BFK, fade_H)
            d_harmonics = _d_harmonics(
                cycles_BFH, highest_BFH, d_audio_BFH, fade_H, n_harmonics=harmonics_BFK.shape[-1]
            )
            return d_cycles_BFH, *d_harmonics

        return _sum_of_sines(cycles_BFH, highest_BFH, harmonics_BFK, next_BFK, fade_H), gradient

    return synthesize(cycles_BFH, harmonics_BFK, next_BFK)


@compiled
def _sum_of_sines(
    cycles_BFH: tf.Tensor, highest_BFH: tf.Tensor, harmonics_BFK: tf.Tensor, next_BFK: tf.Tensor, fade_H: tf.Tensor
) -> tf.Tensor:
    sines_BFKH = _sines(cycles_BFH, highest_BFH, harmonics_BFK.shape[-1])
    return tf.reduce_sum(sines_BFKH * _envelopes(harmonics_BFK, next_BFK, fade_H), 2)


@compiled
def _slope(
    cycles_BFH: tf.Tensor, highest_BFH: tf.Tensor, harmonics_BFK: tf.Tensor, next_BFK: tf.Tensor, fade_H: tf.Tensor
) -> tf.Tensor:
    """Change of `_sum_of_sines` with the cycles, [B, F, H]."""
    n_harmonics = harmonics_BFK.shape[-1]
    cosines_BFKH = _sines(cycles_BFH, highest_BFH, n_harmonics, ahead=0.25)
    radians_K1 = 2.0 * math.pi * tf.range(1, n_harmonics + 1, dtype=tf.float32)[:, None]
    return tf.reduce_sum(radians_K1 * cosines_BFKH * _envelopes(harmonics_BFK, next_BFK, fade_H), 2)


def _envelopes(harmonics_BFK: tf.Tensor, next_BFK: tf.Tensor, fade_H: tf.Tensor) -> tf.Tensor:
    return harmonics_BFK[..., None] + (next_BFK - harmonics_BFK)[..., None] * fade_H


@compiled
def _d_harmonics(
    cycles_BFH: tf.Tensor, highest_BFH: tf.Tensor, d_audio_BFH: tf.Tensor, fade_H: tf.Tensor, n_harmonics: int
) -> tuple[tf.Tensor, tf.Tensor]:
    d_BFH2 = tf.stack([d_audio_BFH * (1.0 - fade_H), d_audio_BFH * fade_H], -1)
    d_BFK2 = tf.matmul(_sines(cycles_BFH, highest_BFH, n_harmonics), d_BFH2)
    return d_BFK2[..., 0], d_BFK2[..., 1]


def _sines(cycles_BFH: tf.Tensor, highest_BFH: tf.Tensor, n_harmonics: int, ahead: float = 0.0) -> tf.Tensor:
    """Sine of the first harmonics, `ahead` cycles later, [B, F, K, H]; zero for those from `highest_BFH` on."""
    order_K1 = tf.range(1, n_harmonics + 1, dtype=tf.float32)[:, None]
    sines_BFKH = sine_of_cycles(cycles_BFH[:, :, None] * order_K1 + ahead)
    return tf.where(order_K1 < highest_BFH[:, :, None], sines_BFKH, 0.0)
