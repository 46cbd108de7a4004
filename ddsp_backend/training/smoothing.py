"""Means that follow a curve, kept in the checkpoint so that a resumed run goes on with them."""

import tensorflow as tf


class Smoothed(tf.Module):
    """A mean in which each value counts `keep` times as much as the one after it.

    Args:
      keep: 0.95 looks back over some twenty values, 0.5 over two.
    """

    def __init__(self, keep: float, name: str | None = None) -> None:
        super().__init__(name=name)
        self._keep = keep
        self._mean = tf.Variable(0.0, dtype=tf.float64, trainable=False, name="mean")
        self._count = tf.Variable(0, dtype=tf.int64, trainable=False, name="count")

    @property
    def count(self) -> int:
        """How many values there were."""
        return int(self._count.numpy())

    @property
    def span(self) -> int:
        """How many values it looks back over, about."""
        return round(1 / (1 - self._keep))

    @property
    def value(self) -> float:
        """The mean; not a number before the first value."""
        if not self.count:
            return float("nan")
        # Without the division the mean would begin near the zero that it starts from.
        return float(self._mean.numpy()) / (1 - self._keep**self.count)

    def add(self, value: float) -> float:
        """Takes in one more value and returns the mean."""
        self._mean.assign(self._keep * self._mean.numpy() + (1 - self._keep) * value)
        self._count.assign_add(1)
        return self.value


class Progress(tf.Module):
    """What is saved of a run in addition to its weights."""

    def __init__(self) -> None:
        super().__init__(name="progress")
        self.train_loss = Smoothed(0.95)
        self.held_out_loss = Smoothed(0.5)
        self._measured_at = tf.Variable(-1, dtype=tf.int64, trainable=False, name="measured_at")

    @property
    def measured_at(self) -> int:
        """The step of the last measurement on the held-out part; -1 before the first."""
        return int(self._measured_at.numpy())

    def held_out(self, step: int, loss: float) -> float:
        """Takes in a measurement and returns the smoothed loss."""
        self._measured_at.assign(step)
        return self.held_out_loss.add(loss)
