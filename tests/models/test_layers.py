import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.models.layers import Dense, Fc, FcStack, LayerNorm, UnbuiltLayerError

X_BTC = tf.constant(np.random.default_rng(0).normal(size=(2, 9, 5)), tf.float32)


def test_that_fc_is_dense_then_norm_then_leaky_relu():
    fc = Fc(4)
    found = fc(X_BTC)
    fc.dense.bias.assign([0.1, -0.2, 0.3, 0.0])
    fc.norm.gamma.assign([1.0, 2.0, 3.0, 4.0])
    fc.norm.beta.assign([0.5, 0.0, -0.5, 0.25])
    found = fc(X_BTC)
    y = X_BTC.numpy() @ fc.dense.kernel.numpy() + fc.dense.bias.numpy()
    y = (y - y.mean(-1, keepdims=True)) / np.sqrt(y.var(-1, keepdims=True) + 1e-3)
    y = y * fc.norm.gamma.numpy() + fc.norm.beta.numpy()
    np.testing.assert_allclose(found, np.where(y > 0, y, 0.2 * y), atol=1e-5)


def test_that_a_stack_of_none_is_the_identity():
    np.testing.assert_array_equal(FcStack(8, 0)(X_BTC), X_BTC)


def test_that_kernels_start_within_glorots_limit_and_biases_at_zero():
    dense = Dense(40)
    dense(tf.zeros([1, 60]))
    limit = np.sqrt(6 / 100)
    assert np.abs(dense.kernel.numpy()).max() == pytest.approx(limit, rel=0.02)
    assert not dense.bias.numpy().any()


@pytest.mark.parametrize(("is_spread", "low", "high"), [(False, 0.0, 0.15), (True, 0.5, 2.0)])
def test_that_a_spread_layer_tells_the_levels_of_its_one_input_apart(is_spread, low, high):
    """By how far the vectors of a low and a high input differ, as a share of their length."""
    tf.random.set_seed(0)
    low_C, high_C = FcStack(256, 1, is_spread=is_spread)(tf.constant([[0.5], [0.8]])).numpy()
    assert low < np.linalg.norm(high_C - low_C) / np.linalg.norm(high_C) < high


def test_that_only_the_first_layer_is_spread():
    stack = FcStack(8, 2, is_spread=True)
    stack(X_BTC)
    assert stack.layers[0].dense.bias.numpy().any()
    assert not stack.layers[1].dense.bias.numpy().any()


def test_that_a_seed_gives_the_same_weights():
    def weights(seed):
        tf.random.set_seed(seed)
        stack = FcStack(6, 2)
        stack(X_BTC)
        return [variable.numpy() for variable in stack.trainable_variables]

    for one, same, other in zip(weights(3), weights(3), weights(4), strict=True):
        np.testing.assert_array_equal(one, same)
        assert one.ndim == 1 or not np.array_equal(one, other)


@pytest.mark.parametrize("layer", [Dense(3), LayerNorm()])
def test_that_a_layer_is_not_built_inside_a_trace(layer):
    with pytest.raises(UnbuiltLayerError, match=r"call model.build first"):
        tf.function(layer, autograph=False)(X_BTC)
    assert not layer.trainable_variables
