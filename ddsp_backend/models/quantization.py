"""Choices that a gradient passes as if none had been made (straight-through estimators).

Source: Bengio et al., arXiv:1308.3432. ... stands for any dimensions, K = things to choose from.
"""

from typing import Any

import tensorflow as tf


def straight_through_int_quantization(x: tf.Tensor) -> tf.Tensor:
    """The nearest whole number."""
    return x + tf.stop_gradient(tf.round(x) - x)


def straight_through_softmax(logits: tf.Tensor, seed: Any = (0, 0)) -> tf.Tensor:
    """Draws one of K by the softmax of logits [..., K].

    Args:
      seed: int32 [2]; the same seed draws the same.

    Returns:
      (which one, as 1 among zeros; the probabilities), each [..., K].
    """
    probabilities = tf.nn.softmax(logits)
    flat = tf.reshape(logits, [-1, logits.shape[-1]])
    drawn = tf.random.stateless_categorical(flat, 1, tf.cast(seed, tf.int32))[:, 0]
    one_hot = tf.reshape(tf.one_hot(drawn, logits.shape[-1]), tf.shape(logits))
    chosen = probabilities * one_hot
    return tf.stop_gradient(one_hot - chosen) + chosen, probabilities


def straight_through_choice(logits: tf.Tensor, values: tf.Tensor, seed: Any = (0, 0)) -> tf.Tensor:
    """One of K values [..., K], drawn by the softmax of logits: [..., 1]."""
    choice, _ = straight_through_softmax(logits, seed)
    return tf.reduce_sum(choice * values, -1, keepdims=True)
