import numpy as np
import tensorflow as tf

from ddsp_backend.models.quantization import (
    straight_through_choice,
    straight_through_int_quantization,
    straight_through_softmax,
)
from tests.models.checks import tensor


def test_that_numbers_are_rounded_and_gradients_are_not():
    x = tf.constant([-1.6, 0.2, 59.7])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = straight_through_int_quantization(x)
        loss = tf.reduce_sum(y * [1.0, 2.0, 3.0])
    np.testing.assert_allclose(y, [-2, 0, 60])
    np.testing.assert_allclose(tape.gradient(loss, x), [1, 2, 3])


def test_that_one_of_all_is_drawn_as_often_as_the_softmax_says():
    logits = tf.tile(tf.constant([[0.0, 1.0, 2.0]]), [20000, 1])
    drawn, probabilities = straight_through_softmax(logits, (1, 2))
    np.testing.assert_allclose(tf.reduce_sum(drawn, -1), 1.0, atol=1e-6)
    np.testing.assert_allclose(tf.reduce_mean(drawn, 0), probabilities[0], atol=0.02)
    np.testing.assert_array_equal(straight_through_softmax(logits, (1, 2))[0], drawn)
    assert not np.array_equal(straight_through_softmax(logits, (1, 3))[0], drawn)


def test_that_the_gradient_is_that_of_the_probability_of_what_was_drawn():
    logits = tensor(4, 3)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        drawn, probabilities = straight_through_softmax(logits)
        chosen = probabilities * tf.stop_gradient(tf.round(drawn))
        loss, expected = tf.reduce_sum(drawn * [1.0, 2.0, 3.0]), tf.reduce_sum(chosen * [1.0, 2.0, 3.0])
    np.testing.assert_allclose(tape.gradient(loss, logits), tape.gradient(expected, logits), atol=1e-6)


def test_that_a_value_is_chosen():
    values = tensor(2, 5, 3)
    found = straight_through_choice(tensor(2, 5, 3, seed=1), values, (0, 1))
    assert found.shape == [2, 5, 1]
    assert np.isclose(found, values, atol=1e-5).any(-1).all()
