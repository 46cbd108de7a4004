"""Network outputs to frequencies and to bounded numbers. B = batch, F = frames, K = sinusoids, D = outputs for each."""

from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.dsp.core import exp_sigmoid
from ddsp_backend.dsp.tensors import tf_float32
from ddsp_backend.dsp.units import bark_to_hz, hz_to_bark, hz_to_erb, hz_to_mel, mel_to_hz, unit_to_hz
from ddsp_backend.errors import ConfigError


def soft_limit(x: Any, x_min: float = 0.0, x_max: float = 1.0) -> tf.Tensor:
    """Bends into `x_min` to `x_max`, with a gradient everywhere."""
    x = tf_float32(x)
    return tf.nn.softplus(x) + x_min - tf.nn.softplus(x - (x_max - x_min))


def sym_exp_sigmoid(x: Any, width: float = 8.0) -> tf.Tensor:
    """`exp_sigmoid` of the distance from zero: smallest, 1e-7, at 0 and the same on both sides of it."""
    return exp_sigmoid(width * (tf.abs(tf_float32(x)) / 2.0 - 1.0))


def frequencies_softmax(freqs: Any, depth: int = 1, hz_min: float = 20.0, hz_max: float = 8000.0) -> tf.Tensor:
    """Frequencies as the mean of D points between `hz_min` and `hz_max`, evenly spaced by ear.

    Args:
      freqs: Network outputs [B, F, K D] or [B, F, K, D]; their softmax over D weighs the points.
      depth: D, where the last dimension holds K D. At least 2: one point would always be `hz_min`.
      hz_min: Of the first point.
      hz_max: Of the last point.

    Returns: Hz, [B, F, K].
    Raises:
      ConfigError: `depth` does not divide the outputs, or is 1.
    """
    freqs_BFKD = _with_depth(freqs, depth, "frequencies_softmax")
    depth = freqs_BFKD.shape[-1]
    if depth < 2:
        raise ConfigError("frequencies_softmax.depth=1 can say no frequency but hz_min", "Use a depth of 2 or more.")
    unit_BFK = tf.reduce_sum(tf.nn.softmax(freqs_BFKD, -1) * tf.linspace(0.0, 1.0, depth), -1)
    return unit_to_hz(unit_BFK, hz_min, hz_max)


def frequencies_sigmoid(freqs: Any, depth: int = 1, hz_min: float = 0.0, hz_max: float = 8000.0) -> tf.Tensor:
    """Frequencies as the sum of D sigmoids, each of which reaches over a smaller part of the range.

    Args:
      freqs: Network outputs [B, F, K D] or [B, F, K, D].
      depth: D, where the last dimension holds K D.
      hz_min: Lowest frequency; 0 counts as 8.18 Hz.
      hz_max: Highest frequency.

    Returns: Hz, [B, F, K].
    Raises:
      ConfigError: `depth` does not divide the outputs.
    """
    units_BFKD = tf.nn.sigmoid(_with_depth(freqs, depth, "frequencies_sigmoid"))
    depth = units_BFKD.shape[-1]
    remainder = hz_max - hz_min
    share = 1.0 - remainder ** (-1.0 / depth)
    frequencies_BFK = tf.zeros([])
    for index in range(depth - 1):
        frequencies_BFK += unit_to_hz(units_BFKD[..., index], 0.0, remainder * share)
        remainder -= remainder * share
    return frequencies_BFK + unit_to_hz(units_BFKD[..., -1], hz_min, remainder)


def frequencies_critical_bands(
    freqs: Any,
    depth: int = 1,
    depth_scale: float = 10.0,
    bandwidth_scale: float = 1.0,
    hz_min: float = 20.0,
    hz_max: float = 8000.0,
    scale: str = "bark",
) -> tf.Tensor:
    """Frequencies around K centres that are evenly spaced by ear, each within a bandwidth of hearing.

    Args:
      freqs: Network outputs [B, F, K D] or [B, F, K, D]; 0 is the centre, the tanh is taken of each.
      depth: D, where the last dimension holds K D.
      depth_scale: How much finer each output of the D moves the frequency than the one before.
      bandwidth_scale: Largest distance from the centre, in equivalent rectangular bandwidths.
      hz_min: Of the first centre, and never below it.
      hz_max: Of the last centre, and never above it.
      scale: "bark" or "mel".

    Returns: Hz, [B, F, K].
    Raises:
      ConfigError: `depth` does not divide the outputs, or the scale is unknown.
    """
    if scale not in ("bark", "mel"):
        raise ConfigError(f"frequencies_critical_bands.scale={scale!r} is unknown", "Use 'bark' or 'mel'.")
    freqs_BFKD = _with_depth(freqs, depth, "frequencies_critical_bands")
    n_sinusoids, depth = freqs_BFKD.shape[-2:]
    to_scale, to_hz = (hz_to_bark, bark_to_hz) if scale == "bark" else (hz_to_mel, mel_to_hz)
    centers_K = tf_float32(to_hz(np.linspace(to_scale(hz_min), to_scale(hz_max), n_sinusoids)))
    fineness_D = depth_scale ** -tf.range(depth, dtype=tf.float32)
    offsets_BFK = tf.reduce_sum(tf.nn.tanh(freqs_BFKD) * fineness_D, -1) * bandwidth_scale * hz_to_erb(centers_K)
    return soft_limit(centers_K + offsets_BFK, hz_min, hz_max)


def _with_depth(freqs: Any, depth: int, function: str) -> tf.Tensor:
    """freqs_BFKD."""
    freqs = tf_float32(freqs)
    if freqs.shape.rank == 4:
        return freqs
    n_outputs = freqs.shape[-1]
    if n_outputs % depth:
        raise ConfigError(
            f"{n_outputs} outputs for frequencies cannot be shared out in groups of {function}.depth={depth}",
            "Make the decoder's output for frequencies a multiple of depth.",
        )
    return tf.reshape(freqs, [-1, freqs.shape[1], n_outputs // depth, depth])
