"""The hand-written gradient against automatic differentiation, and the numbers against the formulas in numpy."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.models.gru import gru_scan, gru_step
from ddsp_backend.models.recurrent import Gru

N_BATCH, N_STEPS, N_IN, N_HIDDEN = 3, 17, 5, 7


def normal(seed: int, *shape: int) -> tf.Tensor:
    return tf.constant(np.random.default_rng(seed).normal(0, 0.5, shape), tf.float32)


def arguments() -> list[tf.Tensor]:
    n_gates = 3 * N_HIDDEN
    return [
        normal(0, N_STEPS, N_BATCH, n_gates),
        normal(1, N_BATCH, N_HIDDEN),
        normal(2, N_HIDDEN, n_gates),
        normal(3, 2, n_gates),
    ]


def scanned_plainly(projected_TBG, state_BH, recurrent_kernel, bias):
    states = []
    for t in range(N_STEPS):
        state_BH, _ = gru_step(projected_TBG[t], state_BH, recurrent_kernel, bias)
        states.append(state_BH)
    return tf.stack(states)


def gradients(scan):
    values = arguments()
    weights = normal(9, N_STEPS, N_BATCH, N_HIDDEN)
    with tf.GradientTape() as tape:
        tape.watch(values)
        loss = tf.reduce_sum(weights * scan(*values))
    return tape.gradient(loss, values)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_that_the_states_are_those_of_the_formulas():
    projected_TBG, h, kernel, bias = (value.numpy().astype(np.float64) for value in arguments())
    expected = []
    for x in projected_TBG:
        x_z, x_r, x_h = np.split(x + bias[0], 3, axis=1)
        r_z, r_r, r_h = np.split(h @ kernel + bias[1], 3, axis=1)
        z, r = sigmoid(x_z + r_z), sigmoid(x_r + r_r)
        h = z * h + (1 - z) * np.tanh(x_h + r * r_h)
        expected.append(h)
    np.testing.assert_allclose(gru_scan(*arguments()), expected, atol=1e-6)


@pytest.mark.parametrize("compiled", [False, True])
def test_that_the_gradient_is_that_of_automatic_differentiation(compiled):
    found = (tf.function(lambda: gradients(gru_scan)) if compiled else lambda: gradients(gru_scan))()
    for mine, expected in zip(found, gradients(scanned_plainly), strict=True):
        assert np.linalg.norm(mine - expected) < 1e-6 * np.linalg.norm(expected)


def test_that_unknown_batch_and_time_change_nothing():
    gru = Gru(N_HIDDEN)
    x_BTC = normal(4, N_BATCH, N_STEPS, N_IN)
    zeros = tf.zeros([N_BATCH, N_HIDDEN])
    expected, last = gru(x_BTC, zeros)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, N_IN], tf.float32),
            tf.TensorSpec([None, N_HIDDEN], tf.float32),
        ]
    )
    def with_gradient(x, state):
        with tf.GradientTape() as tape:
            y, end = gru(x, state)
            loss = tf.reduce_sum(y * y)
        return y, end, tape.gradient(loss, gru.trainable_variables)

    y, end, gradient = with_gradient(x_BTC, zeros)
    np.testing.assert_allclose(y, expected, atol=1e-6)
    np.testing.assert_allclose(end, last, atol=1e-6)
    assert [g.shape for g in gradient] == [v.shape for v in gru.trainable_variables]
