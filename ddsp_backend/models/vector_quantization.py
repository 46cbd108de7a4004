"""Vectors replaced by the nearest of a few that are learned. ... stands for any dimensions, D = numbers of a vector.

Source: van den Oord et al., "Neural Discrete Representation Learning", arXiv:1711.00937, appendix A.1; Razavi et al.,
arXiv:1906.00446.
"""

from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.losses import mean_difference
from ddsp_backend.errors import ConfigError
from ddsp_backend.models.layers import Layer


class VectorQuantization(Layer):
    """Centres that follow the mean of the vectors nearest to them, by an exponential moving average.

    Args:
      k: Number of centres to choose from; more centres lose less detail but are used less evenly.
      gamma: How much of its past a centre keeps at each step.
      restart_threshold: A centre with less than this share of an even share of the vectors starts again, at one of
        them. 0 restarts only those that have none.
      num_heads: Each vector is cut into that many parts, which are replaced one by one.
      commitment_loss_weight: Weight of the distance between vectors and their centres; a higher value keeps vectors
        closer to centres.
    """

    def __init__(
        self,
        k: int,
        gamma: float = 0.99,
        restart_threshold: float = 0.0,
        num_heads: int = 1,
        commitment_loss_weight: float = 0.2,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.k = k
        self.gamma = gamma
        self.restart_threshold = restart_threshold
        self.num_heads = num_heads
        self.commitment_loss_weight = commitment_loss_weight

    def create(self, n_in: int) -> None:
        if n_in % self.num_heads:
            raise ConfigError(
                f"VectorQuantization.num_heads={self.num_heads} does not divide vectors of {n_in} numbers",
                "Choose one that does.",
            )
        # What each centre was nearest to: how many vectors, and their sum.
        self.counts = tf.Variable(
            tf.zeros([self.k]), trainable=False, name="counts", aggregation=tf.VariableAggregation.MEAN
        )
        self.sums = tf.Variable(
            tf.zeros([self.k, n_in // self.num_heads]),
            trainable=False,
            name="sums",
            aggregation=tf.VariableAggregation.MEAN,
        )

    def __call__(self, x: tf.Tensor, training: bool = False, seed: Any = (0, 0)) -> tuple[tf.Tensor, tf.Tensor]:
        """Quantizes x [..., D].

        Args:
          training: Let the centres follow, and start those again that too few vectors are near to.
          seed: int32 [2], chooses where they start.

        Returns:
          What replaces x, whose gradient is that of x itself; and the centres' numbers, int64 [..., num_heads].
        """
        self.size(x)
        parts = tf.reshape(x, [-1, x.shape[-1] // self.num_heads])
        centres = self._started(parts, seed) if training else self._centres()
        distances = tf.reduce_sum(tf.square(centres), 1) - 2.0 * tf.matmul(parts, centres, transpose_b=True)
        nearest = tf.argmin(distances, 1)
        if training:
            one_hot = tf.one_hot(nearest, self.k)
            self.counts.assign_sub((1.0 - self.gamma) * (self.counts - tf.reduce_sum(one_hot, 0)))
            self.sums.assign_sub((1.0 - self.gamma) * (self.sums - tf.matmul(one_hot, parts, transpose_a=True)))
        replaced = tf.reshape(tf.gather(centres, nearest), tf.shape(x))
        numbers = tf.reshape(nearest, tf.concat([tf.shape(x)[:-1], [self.num_heads]], 0))
        return x + tf.stop_gradient(replaced - x), numbers

    def unquantize(self, numbers: tf.Tensor) -> tf.Tensor:
        """The vectors of centres' numbers [..., num_heads]: [..., D]."""
        parts = tf.gather(self._centres(), numbers)
        return tf.reshape(parts, tf.concat([tf.shape(numbers)[:-1], [self.num_heads * parts.shape[-1]]], 0))

    def get_losses_dict(self, z: tf.Tensor, z_q: tf.Tensor) -> dict[str, tf.Tensor]:
        """How far vectors are from what replaces them: it teaches them to stay near."""
        loss = mean_difference(z, tf.stop_gradient(z_q), "L2")
        return {f"{self.name}_commitment_loss": self.commitment_loss_weight * loss}

    def _centres(self) -> tf.Tensor:
        return tf.math.divide_no_nan(tf.convert_to_tensor(self.sums), self.counts[:, tf.newaxis])

    def _started(self, parts: tf.Tensor, seed: Any) -> tf.Tensor:
        """The centres, with vectors of this batch in place of those that nothing is near to."""
        n_parts = tf.shape(parts)[0]
        is_kept = self.counts * self.k > self.restart_threshold * tf.cast(n_parts, tf.float32)
        shuffled = tf.random.experimental.index_shuffle(
            tf.range(self.k) % n_parts, tf.cast(seed, tf.int32), n_parts - 1
        )
        return tf.where(is_kept[:, tf.newaxis], self._centres(), tf.stop_gradient(tf.gather(parts, shuffled)))
