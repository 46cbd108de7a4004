"""The time that a run has trained, and the losses measured on its way: kept in the checkpoint, as its weights are."""

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ddsp_backend.training.plateau import Judgment, Point, judge

_MOST_POINTS = 128  # the older ones are thinned out: how long each third of a training was does not change


class Course(tf.Module):
    """Judged by its newest measurement. Times are of steps, over all resumed runs together."""

    def __init__(self) -> None:
        super().__init__(name="course")
        self._seconds = tf.Variable(0.0, dtype=tf.float64, trainable=False, name="seconds")
        self._count = tf.Variable(0, dtype=tf.int64, trainable=False, name="count")
        self._rows = tf.Variable(np.zeros([_MOST_POINTS, 4]), dtype=tf.float64, trainable=False, name="rows")

    @property
    def seconds(self) -> float:
        return float(self._seconds.numpy())

    @property
    def points(self) -> list[Point]:
        rows: npt.NDArray[np.float64] = self._rows.numpy()[: int(self._count.numpy())]
        return [Point(int(step), *rest) for step, *rest in rows.tolist()]

    def pass_time(self, seconds: float) -> None:
        self._seconds.assign_add(seconds)

    def forget_after(self, step: int) -> None:
        """What was measured later did not happen. The time passed all the same."""
        self._count.assign(sum(point.step <= step for point in self.points))

    def add(self, step: int, loss: float, train_loss: float) -> Judgment:
        """Takes in a measurement and judges by it."""
        points = [*self.points, Point(step, self.seconds, loss, train_loss)]
        if len(points) > _MOST_POINTS:
            older = points[: _MOST_POINTS // 2]
            # Of two neighbours the better one: what was best once is not forgotten.
            thinned = [min(pair, key=lambda point: point.loss) for pair in zip(older[::2], older[1::2], strict=True)]
            points = [*thinned, *points[len(older) :]]
        rows = np.zeros([_MOST_POINTS, 4])
        rows[: len(points)] = [(point.step, point.seconds, point.loss, point.train_loss) for point in points]
        self._rows.assign(rows)
        self._count.assign(len(points))
        return judge(points)
