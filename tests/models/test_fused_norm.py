"""The fused kernels of a fully connected layer, against the same layer under automatic differentiation."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.models import layers
from ddsp_backend.models.layers import NONLINEARITIES, Fc


def value_and_gradients(fc, x_NC, weights_ND):
    @tf.function(autograph=False)
    def run(x_NC):
        with tf.GradientTape() as tape:
            tape.watch(x_NC)
            y_ND = fc(x_NC)
            loss = tf.reduce_sum(y_ND * weights_ND)
        return y_ND, *tape.gradient(loss, [x_NC, *fc.trainable_variables])

    return run(x_NC)


@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
def test_that_fused_layers_have_the_numbers_of_plain_ones(nonlinearity, monkeypatch):
    random = np.random.default_rng(0)
    x_NC = tf.constant(random.normal(size=(1000, 6)), tf.float32)
    weights_ND = tf.constant(random.normal(size=(1000, 8)), tf.float32)
    fc = Fc(8, nonlinearity)
    fc(x_NC)
    for variable in fc.trainable_variables:
        variable.assign_add(tf.constant(random.normal(0, 0.2, variable.shape), tf.float32))
    fused = value_and_gradients(fc, x_NC, weights_ND)
    monkeypatch.setattr(layers, "FUSED_FROM", 10_000)
    plain = value_and_gradients(fc, x_NC, weights_ND)
    for mine, expected in zip(fused, plain, strict=True):
        assert np.linalg.norm(mine - expected) < 1e-5 * np.linalg.norm(expected)


def test_that_the_fused_path_is_the_one_taken(monkeypatch):
    fc = Fc(8)
    fc(tf.zeros([1, 6]))
    monkeypatch.setattr(layers, "fused_norm", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tf.function(fc, autograph=False)(tf.zeros([1000, 6]))
