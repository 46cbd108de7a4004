"""Logarithms of probability densities, written out. D = components of a mixture."""

import math
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.core import hz_to_midi, safe_divide


def log_normal(x: Any, loc: Any, scale: Any) -> tf.Tensor:
    """Log density of a normal distribution with mean `loc` and standard deviation `scale`."""
    return -0.5 * tf.square((x - loc) / scale) - tf.math.log(tf.cast(scale, tf.float32)) - 0.5 * math.log(2.0 * math.pi)


def log_mixture_of_normals(x: tf.Tensor, probs: tf.Tensor, loc: tf.Tensor, scale: float) -> tf.Tensor:
    """Log density at `x` [..., X] of mixtures with weights and means [..., D] and one standard deviation, [..., X]."""
    components = log_normal(x[..., None], loc[..., None, :], scale) + tf.math.log(probs)[..., None, :]
    return tf.reduce_logsumexp(components, -1)


def log_density_around_sinusoids(hz: tf.Tensor, amps: tf.Tensor, freqs: tf.Tensor, scale: float) -> tf.Tensor:
    """How likely frequencies are, where sinusoids are: a kernel density estimate on the scale of MIDI notes.

    Args:
      hz: Frequencies that are judged, [..., X].
      amps: Weight of each sinusoid, not negative, [..., D].
      freqs: Where it is, in Hz, [..., D].
      scale: Standard deviation of the normal distribution around it, in MIDI notes.

    Returns: Log density, [..., X].
    """
    amps = tf.where(amps == 0.0, 1e-7, amps)  # silence would make the mixture empty
    probs = safe_divide(amps, tf.reduce_sum(amps, -1, keepdims=True))
    return log_mixture_of_normals(hz_to_midi(hz), probs, hz_to_midi(freqs), scale)
