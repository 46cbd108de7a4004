"""How often a run went back to an earlier state, and what it does otherwise since then: saved with its weights."""

import tensorflow as tf


class Recoveries(tf.Module):
    """Create it in the scope of the strategy. Without a recovery nothing is changed, to the last digit."""

    def __init__(self) -> None:
        super().__init__(name="recoveries")
        self._times = _counter(tf.int32, "times")
        self._steps_undone = _counter(tf.int64, "steps_undone")

    @property
    def times(self) -> int:
        """Over all resumed runs."""
        return int(self._times.numpy())

    @property
    def steps_undone(self) -> int:
        """Steps that were taken and did not count: so many more batches of the data set were learned from."""
        return int(self._steps_undone.numpy())

    def add(self, steps_undone: int) -> None:
        self._times.assign_add(1)
        self._steps_undone.assign_add(steps_undone)

    def rate_factor(self) -> tf.Tensor:
        """Of the learning rate: halved each time."""
        return tf.pow(0.5, tf.cast(self._times, tf.float32))

    def seed(self, seed: int) -> tf.Tensor:
        """That of the noise, another one each time; int32."""
        return tf.constant(seed, tf.int32) + self._times


def _counter(dtype: tf.DType, name: str) -> tf.Variable:
    aggregation = tf.VariableAggregation.ONLY_FIRST_REPLICA
    return tf.Variable(0, dtype=dtype, trainable=False, name=name, aggregation=aggregation)
