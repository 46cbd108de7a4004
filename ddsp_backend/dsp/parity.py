"""Functions of magenta/ddsp that nothing here calls, kept under their names for those who build on its dsp library."""

import copy
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.core import resample, safe_divide
from ddsp_backend.dsp.filter_design import sinc_impulse_response
from ddsp_backend.dsp.filters import fft_convolve
from ddsp_backend.dsp.harmonic import get_harmonic_frequencies, normalize_harmonics, remove_above_nyquist
from ddsp_backend.dsp.oscillators import harmonic_oscillator_bank
from ddsp_backend.dsp.tensors import pad_axis, require_same, tf_float32
from ddsp_backend.dsp.units import db_to_power
from ddsp_backend.errors import ConfigError


def gradient_reversal(x: tf.Tensor) -> tf.Tensor:
    """`x` itself, with the gradient's sign turned: what learns behind it learns the opposite.

    Source: Ganin & Lempitsky, "Unsupervised Domain Adaptation by Backpropagation", ICML 2015.
    """
    return tf.stop_gradient(2.0 * x) - x


def center_crop(audio: tf.Tensor, frame_size: int) -> tf.Tensor:
    """Cuts half a frame from both ends of audio [B, N, ...]: what padding with "center" added."""
    half = frame_size // 2
    return audio[:, half : audio.shape[1] - half]


def leaf_key(nested_key: str, delimiter: str = "/") -> str:
    """The last part of a nested key."""
    return nested_key.rsplit(delimiter, 1)[-1]


def copy_if_tf_function(x: Any) -> Any:
    """A shallow copy while a graph is traced, where changing an argument is an error; otherwise `x` itself."""
    return x if tf.executing_eagerly() else copy.copy(x)


def map_shape(x: Any) -> Any:
    """The same nest, with each tensor's shape as a list of numbers in its place."""
    return tf.nest.map_structure(lambda tensor: [int(size) for size in tf.shape(tensor)], x)


def log_scale(x: Any, min_x: float, max_x: float) -> tf.Tensor:
    """-1 to 1, to `min_x` to `max_x` (both above 0) in equal ratios."""
    unit = (tf_float32(x) + 1.0) / 2.0
    return tf.exp((1.0 - unit) * tf.math.log(tf_float32(min_x)) + unit * tf.math.log(tf_float32(max_x)))


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


def sinc_filter(
    audio: Any,
    cutoff_frequency: Any,
    window_size: int = 512,
    sample_rate: int | None = None,
    padding: str = "same",
    high_pass: bool = False,
) -> tf.Tensor:
    """Filters audio [B, N] with `sinc_impulse_response`; the cutoff may change from frame to frame, [B, F, 1]."""
    responses = sinc_impulse_response(cutoff_frequency, window_size, sample_rate, high_pass)
    return fft_convolve(audio, responses, padding=padding)


def apply_window_to_impulse_response(impulse_response: Any, window_size: int = 0, causal: bool = False) -> tf.Tensor:
    """A Hann window on impulse responses, and their peak put in the middle.

    Args:
      impulse_response: [..., taps].
      window_size: Samples of the window; below 1, or above the number of taps, all of them.
      causal: The peak is in the middle already, and not at the first sample.

    Returns: [..., window size].
    """
    impulse_response = tf_float32(impulse_response)
    n_taps = impulse_response.shape[-1]
    if causal:
        impulse_response = tf.signal.fftshift(impulse_response, -1)
    if window_size <= 0 or window_size > n_taps:
        window_size = n_taps
    window = tf.signal.hann_window(window_size)
    if window_size == n_taps:
        return tf.signal.fftshift(tf.signal.fftshift(window) * impulse_response, -1)
    half = (window_size + 1) // 2
    zero_phase = tf.concat([window[half:], tf.zeros([n_taps - window_size]), window[:half]], 0) * impulse_response
    return tf.concat([zero_phase[..., n_taps - half + 2 :], zero_phase[..., : half + 1]], -1)


def harmonic_distribution_to_wavetable(harmonic_distribution: Any, n_wavetable: int = 2048) -> tf.Tensor:
    """One period of the cosines that a distribution [B, F, K] weighs, [B, F, n_wavetable].

    Raises:
      ConfigError: The table is too short for the highest harmonic.
    """
    distribution_BFK = tf_float32(harmonic_distribution)
    n_harmonics = distribution_BFK.shape[-1]
    if 2 * n_harmonics > n_wavetable:
        raise ConfigError(
            f"A wavetable of n_wavetable={n_wavetable} samples cannot hold {n_harmonics} harmonics",
            f"Use an n_wavetable of {2 * n_harmonics} or more.",
        )
    spectrum = tf.pad(distribution_BFK, [[0, 0], [0, 0], [1, n_wavetable // 2 - n_harmonics]])
    return tf.signal.irfft(tf.cast(spectrum, tf.complex64)) * (n_wavetable / 2)


def pad_or_trim_to_expected_length(
    vector: Any, expected_len: int, pad_value: float = 0.0, len_tolerance: int = 20
) -> tf.Tensor:
    """Features [F] or [B, F] with `expected_len` frames: those too many are cut, missing ones filled up.

    Raises:
      ConfigError: More than `len_tolerance` frames are missing or too many.
    """
    vector = tf.convert_to_tensor(vector)
    length = vector.shape[-1]
    if abs(length - expected_len) > len_tolerance:
        raise ConfigError(
            f"Features of {length} frames cannot be made {expected_len} by {len_tolerance} frames at most",
            "Compute them with the same sample rate and frame rate.",
        )
    missing = max(0, expected_len - length)
    return pad_axis(vector, (0, missing), -1, constant_values=pad_value)[..., :expected_len]


def db_to_amplitude(db: Any) -> tf.Tensor:
    """dB to linear amplitude; 0 dB is 1."""
    return db_to_power(tf_float32(db) / 2.0)
