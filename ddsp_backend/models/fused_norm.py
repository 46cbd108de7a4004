"""Bias, layer normalization and nonlinearity of many vectors in one kernel, and their gradient in another.

Left to automatic differentiation they cost as much time as the matrix product before them: some thirty passes over
memory. Only what went in is kept for the gradient. N = vectors, C = channels.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.compiled import compiled

NORM_EPSILON = 1e-3  # Keras' default, which every checkpoint of magenta/ddsp was trained with

Nonlinearity = Callable[[tf.Tensor], tf.Tensor]


def normalize(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Each vector along the last axis, centred and scaled; and the scale."""
    centred = x - _means(x)
    scale = tf.math.rsqrt(_means(centred * centred) + NORM_EPSILON)
    return centred * scale, scale


def _means(x_NC: tf.Tensor) -> tf.Tensor:
    # XLA adds up a row one number after the other, but multiplies matrices with all the width of the processor.
    n_channels = x_NC.shape[-1]
    return tf.matmul(x_NC, tf.fill([n_channels, 1], 1.0 / n_channels))


def fused_norm(
    x_NC: tf.Tensor, bias_C: tf.Tensor, gamma_C: tf.Tensor, beta_C: tf.Tensor, nonlinearity: Nonlinearity
) -> tf.Tensor:
    """nonlinearity(gamma * normalize(x + bias) + beta), [N, C]."""
    forward, backward = _kernels(nonlinearity)

    @tf.custom_gradient
    def norm(*inputs: tf.Tensor) -> tuple[tf.Tensor, Any]:
        return forward(*inputs), lambda d_y_NC: backward(d_y_NC, *inputs)

    return norm(x_NC, *(tf.convert_to_tensor(parameter) for parameter in (bias_C, gamma_C, beta_C)))


@cache
def _kernels(nonlinearity: Nonlinearity) -> tuple[Any, Any]:
    def forward(x_NC: tf.Tensor, bias_C: tf.Tensor, gamma_C: tf.Tensor, beta_C: tf.Tensor) -> tf.Tensor:
        return nonlinearity(normalize(x_NC + bias_C)[0] * gamma_C + beta_C)

    def backward(
        d_y_NC: tf.Tensor, x_NC: tf.Tensor, bias_C: tf.Tensor, gamma_C: tf.Tensor, beta_C: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        normalized_NC, scale_N1 = normalize(x_NC + bias_C)
        with tf.GradientTape() as tape:
            affine_NC = normalized_NC * gamma_C + beta_C
            tape.watch(affine_NC)
            y_NC = nonlinearity(affine_NC)
        d_affine_NC = tape.gradient(y_NC, affine_NC, d_y_NC)
        d_normalized_NC = d_affine_NC * gamma_C
        along_NC = normalized_NC * _means(d_normalized_NC * normalized_NC)
        d_x_NC = scale_N1 * (d_normalized_NC - _means(d_normalized_NC) - along_NC)
        d_gamma_C = tf.reduce_sum(d_affine_NC * normalized_NC, 0)
        return d_x_NC, tf.reduce_sum(d_x_NC, 0), d_gamma_C, tf.reduce_sum(d_affine_NC, 0)

    return compiled(forward), compiled(backward)
