"""What every module with weights must do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf


def tensor(*shape: int, seed: int = 0) -> tf.Tensor:
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


def parts(outputs: Any) -> list[tf.Tensor]:
    """The tensors of a result, whether it is one, a list or a dictionary of them."""
    return [part for part in tf.nest.flatten(outputs) if part.dtype == tf.float32]


def assert_every_weight_learns(module: tf.Module, *inputs: Any) -> None:
    """A traced step gives a finite gradient, not all zero, for every variable, and creates none."""
    module(*inputs)
    variables = module.trainable_variables
    assert variables
    weights = [
        tf.constant(np.random.default_rng(9).normal(size=part.shape), tf.float32) for part in parts(module(*inputs))
    ]

    @tf.function(autograph=False)
    def gradients() -> list[Any]:
        with tf.GradientTape() as tape:
            # Not the plain sum: behind a normalization it is the same whatever the weights are.
            outputs = parts(module(*inputs))
            loss = tf.add_n([tf.reduce_sum(part * weight) for part, weight in zip(outputs, weights, strict=True)])
        return tape.gradient(loss, variables)

    found = gradients()
    assert len(module.trainable_variables) == len(variables)
    for variable, gradient in zip(variables, found, strict=True):
        assert gradient is not None, variable.name
        values = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(values).all(), variable.name
        assert values.any(), variable.name


def assert_a_checkpoint_brings_it_back(make: Callable[[], tf.Module], folder: Path, *inputs: Any) -> None:
    """A second module, started from other numbers, answers to the last digit what the first one did."""
    tf.random.set_seed(1)
    one, other = make(), make()
    expected, before = parts(one(*inputs)), parts(other(*inputs))
    assert not all(np.array_equal(a, b) for a, b in zip(expected, before, strict=True))
    path = tf.train.Checkpoint(module=one).write(str(folder / "ckpt"))
    tf.train.Checkpoint(module=other).read(path).assert_consumed().assert_existing_objects_matched()
    for a, b in zip(expected, parts(other(*inputs)), strict=True):
        np.testing.assert_array_equal(a, b)
