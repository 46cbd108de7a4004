"""Functions that XLA turns into one kernel each: what they compute on the way never reaches memory."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import tensorflow as tf


def _is_for_tpus() -> bool:
    try:
        return bool(version("tensorflow-tpu"))
    except PackageNotFoundError:
        return False


# TensorFlow for TPUs has no compiler for its host's processor: there these are plain graphs. What is compiled for the
# chip is compiled as a whole.
_IS_COMPILED = not _is_for_tpus()


def compiled(function: Callable[..., Any]) -> Any:
    """`function` of tensors, compiled once for each combination of their shapes, inside graphs and outside of them.

    For chains of cheap operations on large tensors. Matrix products and FFTs gain nothing from it on a CPU, and each
    compilation costs a tenth of a second or more.

    To be called by a custom gradient, which is the only way back: the kernel itself has none. If a tape could see into
    it, TensorFlow would call a variant that puts out whatever a gradient might need, and so write it all to memory.
    """
    kernel = tf.function(function, jit_compile=_IS_COMPILED, autograph=False)

    def call(*inputs: Any, **options: Any) -> Any:
        return kernel(*(tf.stop_gradient(x) if tf.is_tensor(x) else x for x in inputs), **options)

    return call
