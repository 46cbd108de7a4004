"""What a graph is traced for: layers take the formulation that suits it. The results differ by rounding alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class Target:
    """The one without arguments is for all graphs but a training step's: what is rendered or exported runs anywhere."""

    has_cudnn: bool = False
    """GRUs run as cuDNN's, on an NVIDIA GPU. TensorFlow has no such operation for other devices."""
    is_one_program: bool = False
    """Forward and backward are compiled by XLA as a whole. A TPU does so in any case."""
    is_tpu: bool = False
    """Transforms are products with matrices: of powers of two, and long convolutions are made of short ones."""
    precision: str = "float32"
    """Of the factors of matrix products; everything else is float32."""


_target: ContextVar[Target | None] = ContextVar("target", default=None)


@contextmanager
def traced_for(target: Target) -> Iterator[None]:
    token = _target.set(target)
    try:
        yield
    finally:
        _target.reset(token)


def current_target() -> Target:
    return _target.get() or Target()
