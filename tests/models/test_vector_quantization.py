import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.errors import ConfigError
from ddsp_backend.models.vector_quantization import VectorQuantization
from tests.models.checks import assert_a_checkpoint_brings_it_back, tensor

CLUSTERS = np.array([[5, 5], [-5, 5], [0, -6]], np.float32)


def scattered(n: int = 60) -> tf.Tensor:
    random = np.random.default_rng(0)
    return tf.constant(CLUSTERS[np.arange(n) % 3] + random.normal(0, 0.1, [n, 2]), tf.float32)


def trained(**settings) -> VectorQuantization:
    layer = VectorQuantization(3, gamma=0.5, **settings)
    for step in range(12):
        layer(scattered(), training=True, seed=(0, step))
    return layer


def test_that_each_vector_is_replaced_by_the_nearest_centre():
    layer = trained()
    x = scattered()
    replaced, numbers = layer(x)
    centres = (layer.sums / layer.counts[:, None]).numpy()
    nearest = np.argmin(((x.numpy()[:, None] - centres) ** 2).sum(-1), 1)
    np.testing.assert_array_equal(numbers[:, 0], nearest)
    np.testing.assert_allclose(replaced, centres[nearest], atol=1e-5)
    np.testing.assert_allclose(layer.unquantize(numbers), centres[nearest], atol=1e-6)


def test_that_a_step_moves_a_centre_towards_the_mean_of_what_is_nearest():
    layer = VectorQuantization(2, gamma=0.9)
    x = tf.constant([[1.0], [2.0], [9.0]])
    layer(x)
    layer.counts.assign([1.0, 1.0])
    layer.sums.assign([[0.0], [10.0]])
    layer(x, training=True)
    np.testing.assert_allclose(layer.counts, [0.9 + 0.1 * 2, 1.0], atol=1e-6)
    np.testing.assert_allclose(layer.sums, [[0.1 * 3], [0.9 * 10 + 0.1 * 9]], atol=1e-6)


def test_that_centres_which_nothing_is_near_to_start_again_at_vectors_of_the_batch():
    layer = VectorQuantization(3)
    replaced, _ = layer(scattered(3), training=True)
    np.testing.assert_allclose(replaced, scattered(3), atol=1e-5)  # three vectors, three centres: all of them chosen
    assert len(np.unique(trained(restart_threshold=0.5)(scattered())[1])) == 3


def test_that_heads_replace_parts_one_by_one():
    layer = VectorQuantization(4, num_heads=2)
    x = tensor(3, 5, 6)
    layer(x, training=True)
    replaced, numbers = layer(x)
    assert numbers.shape == [3, 5, 2]
    centres = (layer.sums / tf.maximum(layer.counts, 1e-9)[:, None]).numpy()
    np.testing.assert_allclose(replaced[0, 0, 3:], centres[numbers[0, 0, 1]], atol=1e-5)


def test_that_the_gradient_passes_as_if_nothing_had_been_replaced():
    layer, x = trained(), scattered()
    with tf.GradientTape() as tape:
        tape.watch(x)
        replaced, _ = layer(x)
        loss = tf.reduce_sum(replaced * [1.0, 2.0])
    np.testing.assert_array_equal(tape.gradient(loss, x), np.tile([1.0, 2.0], [60, 1]))


def test_that_the_loss_is_the_weighted_distance_and_teaches_the_vectors_alone():
    layer, x = VectorQuantization(2, commitment_loss_weight=0.5, name="vq"), scattered()
    (loss,) = layer.get_losses_dict(x, x + 2.0).values()
    assert list(layer.get_losses_dict(x, x)) == ["vq_commitment_loss"]
    assert float(loss) == pytest.approx(0.5 * 4.0, rel=1e-5)


def test_that_the_centres_come_back(tmp_path):
    layers = iter([trained(), VectorQuantization(3)])
    assert_a_checkpoint_brings_it_back(lambda: next(layers), tmp_path, scattered())


def test_that_heads_which_do_not_divide_are_named():
    with pytest.raises(ConfigError, match=r"num_heads=4 does not divide vectors of 6 numbers"):
        VectorQuantization(3, num_heads=4)(tensor(2, 6))
