"""A loss curve that grows by the thousand and is still an immutable value."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_FIRST_CAPACITY = 64
_N_RECENT = 20


class _Buffer:
    """Points, shared by every curve that is a beginning of the longest one. Only ever written behind `n_filled`."""

    __slots__ = ("n_filled", "steps", "values")

    def __init__(self, capacity: int) -> None:
        self.steps = np.empty(capacity, np.int64)
        self.values = np.empty(capacity, np.float64)
        self.n_filled = 0

    def copied(self, n: int, capacity: int) -> "_Buffer":
        copy = _Buffer(capacity)
        copy.steps[:n] = self.steps[:n]
        copy.values[:n] = self.values[:n]
        copy.n_filled = n
        return copy


class Curve:
    """Values by step, steps rising. Appending costs the same for the first point and the millionth.

    A curve never changes: `appended` answers with a new one. The longest curve and its beginnings share their memory;
    appending to a beginning copies it first.
    """

    __slots__ = ("_buffer", "_n")

    def __init__(self) -> None:
        self._buffer = _Buffer(_FIRST_CAPACITY)
        self._n = 0

    @classmethod
    def _of(cls, buffer: _Buffer, n: int) -> "Curve":
        curve = cls.__new__(cls)
        curve._buffer = buffer
        curve._n = n
        return curve

    @property
    def steps(self) -> npt.NDArray[np.int64]:
        """int64 [n], read-only."""
        view = self._buffer.steps[: self._n]
        view.flags.writeable = False
        return view

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """float64 [n], read-only."""
        view = self._buffer.values[: self._n]
        view.flags.writeable = False
        return view

    @property
    def recent(self) -> float:
        """The mean of the newest values, which single steps are scattered around; NaN where there is none."""
        with np.errstate(invalid="ignore"):  # of infinities on both sides it is none either
            return float(self.values[-_N_RECENT:].mean()) if self._n else math.nan

    def appended(self, step: int, value: float) -> "Curve":
        """With one more point. Points at `step` and after it are dropped first: training went back and came again."""
        n = self._n
        buffer = self._buffer
        if n and buffer.steps[n - 1] >= step:
            n = int(np.searchsorted(buffer.steps[:n], step))
        if buffer.n_filled != n:
            buffer = buffer.copied(n, max(_FIRST_CAPACITY, 2 * n))  # the space behind n belongs to a longer curve
        elif n == len(buffer.steps):
            buffer = buffer.copied(n, 2 * n)
        buffer.steps[n] = step
        buffer.values[n] = value
        buffer.n_filled = n + 1
        return self._of(buffer, n + 1)

    def extended(self, steps: Sequence[int], values: Sequence[float]) -> "Curve":
        """The same as `appended` for each of several points, steps rising, without a curve for each."""
        if not steps:
            return self
        first = self.appended(steps[0], values[0])
        n = first._n + len(steps) - 1
        buffer = first._buffer
        if n > len(buffer.steps):
            buffer = buffer.copied(first._n, 2 * n)
        buffer.steps[first._n : n] = steps[1:]
        buffer.values[first._n : n] = values[1:]
        buffer.n_filled = n
        return self._of(buffer, n)

    def before(self, step: int) -> "Curve":
        """The points below `step`."""
        return self._of(self._buffer, int(np.searchsorted(self._buffer.steps[: self._n], step)))

    def __len__(self) -> int:
        return self._n

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Curve)
            and np.array_equal(self.steps, other.steps)
            and np.array_equal(self.values, other.values, equal_nan=True)
        )

    def __hash__(self) -> int:
        return hash((self._n, self.steps[-1:].tobytes()))

    def __repr__(self) -> str:
        return f"Curve({self._n} points up to step {int(self.steps[-1]) if self._n else 0})"
