"""White noise by seed, row by row the same whether one device draws a whole batch or several draw their shares."""

from typing import Any

import tensorflow as tf

_PHILOX = 1
_BLOCK = 4  # numbers that Philox draws at a time


def uniform_noise(n_rows: Any, n: int, seed: Any) -> tf.Tensor:
    """Noise [n_rows, n] between -1 and 1.

    Args:
      n_rows: Rows of this share of the batch; may be a tensor.
      n: Samples of a row.
      seed: int32 [2], or [3]: the third is the number of the share's first row in the whole batch.

    Source: Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011): Philox numbers every draw, so a share can
    begin anywhere.
    """
    seed = tf.cast(seed, tf.int32)
    if seed.shape[0] == 2:
        return tf.random.stateless_uniform([n_rows, n], seed, -1.0, 1.0)
    first = seed[2]
    if n % _BLOCK:
        return tf.random.stateless_uniform([first + n_rows, n], seed[:2], -1.0, 1.0)[first:]
    key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed[:2])
    begins = tf.cast(first, tf.uint64) * tf.constant(n // _BLOCK, tf.uint64)
    drawn = tf.raw_ops.StatelessRandomUniformV2(
        shape=[n_rows, n], key=key, counter=counter + tf.stack([begins, tf.zeros_like(begins)]), alg=_PHILOX
    )
    return drawn * 2.0 - 1.0
