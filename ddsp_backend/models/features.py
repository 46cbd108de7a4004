"""The dictionary of tensors that travels through a model, and how parts of a model take from it.

B = batch, F = control frames.
"""

from typing import Any

import tensorflow as tf

from ddsp_backend.arrays import Features
from ddsp_backend.dsp.tensors import tf_float32
from ddsp_backend.errors import DataError


def with_noise_seed(batch: Any, noise_seed: tf.Tensor) -> Any:
    """The features, or each of a tuple of them (of data sets that were zipped), with `noise_seed`."""
    if isinstance(batch, tuple):
        return tuple(with_noise_seed(part, noise_seed) for part in batch)
    return {**batch, "noise_seed": noise_seed}


def training_step(features: Features) -> tf.Tensor:
    """Which step learns from these features, int32: the trainer draws the noise of each step by its number.

    0 where no noise was chosen; where a batch is measured and not learned from, the number of its draw.
    """
    return tf.cast(features.get("noise_seed", (0, 0)), tf.int32)[1]


def needed(features: Features, key: str, who: tf.Module) -> tf.Tensor:
    """`features[key]`, or a DataError that says who needs it."""
    value = features.get(key)
    if value is None:
        raise DataError(
            f"{type(who).__name__} needs {key!r}, but the features hold only {', '.join(sorted(features))}",
            "Prepare the data set again with ddsp_prepare_tfrecord, or choose a model that does without.",
        )
    return value


def at_least_3d(x: tf.Tensor) -> tf.Tensor:
    """A number, [F] or [B, F] as [B, F, 1]."""
    x = tf_float32(x)
    if x.shape.rank == 0:
        x = x[tf.newaxis]
    if x.shape.rank == 1:
        x = x[tf.newaxis]
    return x[..., tf.newaxis] if x.shape.rank == 2 else x
