"""Functions that XLA turns into one kernel each: what they compute on the way never reaches memory."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def compiled(function: Callable[..., Any]) -> Any:
    """`function` of tensors, compiled once for each combination of their shapes, inside graphs and outside of them.

    For chains of cheap operations on large tensors. Matrix products and FFTs gain nothing from it on a CPU, and each
    compilation costs a tenth of a second or more.
    """
    return tf.function(function, jit_compile=True, autograph=False)
