"""Losses of a model on batches that it does not learn from. B = batch."""

from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

from ddsp_backend.arrays import Batch
from ddsp_backend.models.features import with_noise_seed


class LossMeasure:
    """Plays batches and measures losses, with the same noise every time."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._names: tuple[str, ...] = ()
        self._function = tf.function(self._measure, autograph=False)

    def losses(self, batch: Batch, draw: int) -> dict[str, float]:
        """Means over the batch. `draw` chooses the noise: take the batch's number."""
        values = self._function(batch, tf.constant([0, draw], tf.int32)).numpy().tolist()
        return dict(zip(self._names, values, strict=True))

    def _measure(self, batch: Batch, noise_seed: tf.Tensor) -> tf.Tensor:
        features = with_noise_seed(batch, noise_seed)
        losses = self._model.losses(features, self._model(features, training=False))
        self._names = tuple(losses)
        return tf.stack(list(losses.values()))


def mean_losses(measured: Iterable[tuple[int, Mapping[str, float]]]) -> dict[str, float]:
    """The mean of (number of examples, losses), each example counted once."""
    sums: dict[str, float] = {}
    n_examples = 0
    for n, losses in measured:
        n_examples += n
        for name, loss in losses.items():
            sums[name] = sums.get(name, 0.0) + n * loss
    return {name: total / n_examples for name, total in sums.items()}


def batch_size(batch: Batch) -> int:
    """B; of zipped data sets that of the first."""
    return int(tf.nest.flatten(batch)[0].shape[0])
