"""Casts, padding and differences of tensors."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.target import current_target
from ddsp_backend.errors import ConfigError


def tf_float32(x: Any) -> tf.Tensor:
    """`x` as a float32 tensor, whatever number type it has."""
    return tf.cast(x, tf.float32) if tf.is_tensor(x) else tf.convert_to_tensor(x, tf.float32)


def pad_axis(x: tf.Tensor, padding: Sequence[int] = (0, 0), axis: int = 0, **pad_kwargs: Any) -> tf.Tensor:
    """Pads one axis.

    Args:
      x: Any shape.
      padding: Elements added before and after.
      axis: Which axis; below 0, counted from the last.
      **pad_kwargs: For `tf.pad`, such as mode="REFLECT".
    """
    paddings = [[0, 0]] * len(x.shape)
    paddings[axis] = list(padding)
    return tf.pad(x, paddings, **pad_kwargs)


def between(x: Any, start: int, stop: int) -> tf.Tensor:
    """x[:, start:stop], for `start` from 0 on. Its gradient is a pad: seven times as fast as that of a slice."""
    size = x.shape[1]
    if not tf.is_tensor(x) or size is None or start >= min(stop, size):
        return x[:, start:stop]
    rest = x.shape.rank - 2
    return tf.slice(x, [0, start, *[0] * rest], [-1, min(stop, size) - start, *[-1] * rest])


def diff(x: tf.Tensor, axis: int = -1) -> tf.Tensor:
    """Each element less the one before it: one element fewer along `axis`.

    Raises:
      ConfigError: `x` has no such axis.
    """
    rank = len(x.shape)
    if not -rank <= axis < rank:
        raise ConfigError(f"diff: axis={axis} does not exist in a tensor of {rank} dimensions")
    before: list[slice] = [slice(None)] * rank
    after = before.copy()
    before[axis], after[axis] = slice(None, -1), slice(1, None)
    return x[tuple(after)] - x[tuple(before)]


def sum_before(x_BF: tf.Tensor) -> tf.Tensor:
    """Of each element, the sum of those before it along the last axis: [B, F], zero first.

    A TPU makes double precision of pairs of numbers, and its compiler takes minutes to unroll a cumulative sum of such.
    There each pass doubles the number of elements that are summed (Hillis and Steele, 1986).
    """
    if not current_target().is_tpu:
        return tf.cumsum(x_BF, 1, exclusive=True)
    n_frames = x_BF.shape[1]
    sums_BF = tf.pad(x_BF, [[0, 0], [1, 0]])[:, :n_frames]
    n_summed = 1
    while n_summed < n_frames:
        sums_BF += tf.pad(sums_BF, [[0, 0], [n_summed, 0]])[:, :n_frames]
        n_summed *= 2
    return sums_BF


def nan_to_num(x: tf.Tensor, value: float = 0.0) -> tf.Tensor:
    """`value` in place of every NaN."""
    return tf.where(tf.math.is_nan(x), tf.cast(value, x.dtype), x)


def require_same(sizes: dict[str, int | None], hint: str) -> None:
    """Refuses sizes that should be one and are not.

    Args:
      sizes: {"what it is the size of": size}; None, a size that is not known yet, fits all.
      hint: Which settings hold the sizes.

    Raises:
      ConfigError: Two sizes differ; both are named.
    """
    known = [(what, size) for what, size in sizes.items() if size is not None]
    for what, size in known[1:]:
        if size != known[0][1]:
            raise ConfigError(f"{known[0][0]} is {known[0][1]}, but {what} is {size}", hint)
