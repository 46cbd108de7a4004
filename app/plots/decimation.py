"""Fewer points for the same picture: what a curve of a million points looks like in a thousand pixels. No Qt."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]

_BLOCK = 64
_SAMPLE = 4000
# Coarse enough for a band with a calm edge, which is also painted several times faster than one that is ragged.
_PIXELS_A_COLUMN = 3
_NOTHING = np.empty(0)


class Decimated(NamedTuple):
    """A part of a curve: lowest and highest value (one and the same while every point is shown), and its mean."""

    x: Floats
    low: Floats
    high: Floats
    mean_x: Floats
    mean_y: Floats
    is_exact: bool


class CurveSummary:
    """A curve with its blocks of 64 points summed up, so that its picture costs the same however long it is.

    Values that are not finite are left out.
    """

    def __init__(self) -> None:
        self._steps: Steps = np.empty(0, np.int64)
        self._values: Floats = _NOTHING
        self._n_blocks = 0
        self._low, self._high, self._sum, self._count = (np.empty(64) for _ in range(4))

    def update(self, steps: Steps, values: Floats) -> None:
        """Told the whole curve; only what is new since the last time is looked at.

        Args:
          steps: Rising.
          values: One a step.
        """
        n_known = self._n_blocks * _BLOCK
        if len(steps) < n_known or not _is_same(self._steps, self._values, steps, values, n_known):
            self._n_blocks = n_known = 0
        self._steps, self._values = steps, values
        n_new = (len(steps) - n_known) // _BLOCK
        if n_new == 0:
            return
        blocks = values[n_known : n_known + n_new * _BLOCK].reshape(n_new, _BLOCK)
        is_finite = np.isfinite(blocks)
        n_blocks = self._n_blocks + n_new
        if n_blocks > len(self._low):
            self._low, self._high, self._sum, self._count = (
                np.concatenate([old[: self._n_blocks], np.empty(2 * n_blocks - self._n_blocks)])
                for old in (self._low, self._high, self._sum, self._count)
            )
        new = slice(self._n_blocks, n_blocks)
        self._low[new] = np.where(is_finite, blocks, np.inf).min(axis=1)
        self._high[new] = np.where(is_finite, blocks, -np.inf).max(axis=1)
        self._sum[new] = np.where(is_finite, blocks, 0.0).sum(axis=1)
        self._count[new] = is_finite.sum(axis=1)
        self._n_blocks = n_blocks

    def range(self, quantile: float) -> tuple[float, float] | None:
        """The lowest value, and the one below which this share of the others lies; None without values."""
        low = self._low[: self._n_blocks]
        rest = self._values[self._n_blocks * _BLOCK :]
        lows = np.concatenate([low[np.isfinite(low)], rest[np.isfinite(rest)]])
        # A sample is enough for a share.
        some = self._values[:: max(len(self._values) // _SAMPLE, 1)]
        some = some[np.isfinite(some)]
        if not len(lows) or not len(some):
            return None
        return float(lows.min()), float(np.quantile(some, quantile))

    def decimate(self, first: float, last: float, n_pixels: int, n_means: int) -> Decimated:
        """The part of the curve between two steps.

        Args:
          n_pixels: The width of the picture; no more points than that are drawn.
          n_means: About so many stretches are averaged. They lie at fixed steps, so that the mean does not flicker
            while the curve grows.
        """
        # Whole numbers: a float among integers would have numpy convert the whole curve.
        start = max(int(np.searchsorted(self._steps, math.floor(first))) - 1, 0)
        stop = min(int(np.searchsorted(self._steps, math.ceil(last), side="right")) + 1, len(self._steps))
        if stop - start <= 4 * _BLOCK * n_pixels:
            steps, values = self._steps[start:stop], self._values[start:stop]
            is_finite = np.isfinite(values)
            if not is_finite.all():
                steps, values = steps[is_finite], values[is_finite]
            return _pictured(steps, values, values, values, np.ones(len(values)), n_pixels, n_means)
        blocks = slice(start // _BLOCK, min(-(-stop // _BLOCK), self._n_blocks))
        has_values = self._count[blocks] > 0
        middles = self._steps[_BLOCK // 2 : self._n_blocks * _BLOCK : _BLOCK][blocks][has_values]
        low, high, sums, counts = (
            column[blocks][has_values] for column in (self._low, self._high, self._sum, self._count)
        )
        return _pictured(middles, low, high, sums, counts, n_pixels, n_means)


def _is_same(old_steps: Steps, old_values: Floats, steps: Steps, values: Floats, n: int) -> bool:
    """Whether one curve begins as the other did: by its last points, which a repeated training would change."""
    part = slice(max(n - _BLOCK, 0), n)
    return np.array_equal(old_steps[part], steps[part]) and np.array_equal(
        old_values[part], values[part], equal_nan=True
    )


def _pictured(
    steps: Steps, low: Floats, high: Floats, sums: Floats, counts: Floats, n_pixels: int, n_means: int
) -> Decimated:
    n = len(steps)
    if n == 0:
        return Decimated(_NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING, True)
    x = steps.astype(np.float64)
    mean_x, mean_y = _means(steps, sums, counts, n_means)
    if n <= n_pixels:
        return Decimated(x, low, high, mean_x, mean_y, low is high)
    n_columns = max(n_pixels // _PIXELS_A_COLUMN, 1)
    edges = np.arange(n_columns) * n // n_columns
    return Decimated(x[edges], np.minimum.reduceat(low, edges), np.maximum.reduceat(high, edges), mean_x, mean_y, False)


def _means(steps: Steps, sums: Floats, counts: Floats, n_means: int) -> tuple[Floats, Floats]:
    width = _round_number(float(steps[-1] - steps[0] + 1) / n_means)
    if width <= 1 or len(steps) <= n_means:
        return steps.astype(np.float64), sums / counts
    bins = np.arange(steps[0] // width, steps[-1] // width + 1) * width
    edges = np.unique(np.searchsorted(steps, bins))
    edges = edges[edges < len(steps)]
    ends = np.concatenate([edges[1:], [len(steps)]]) - 1
    x = (steps[edges] + steps[ends]) / 2
    y = np.add.reduceat(sums, edges) / np.add.reduceat(counts, edges)
    # The line reaches from the first point to the last.
    return np.concatenate([steps[:1], x, steps[-1:]]), np.concatenate([y[:1], y, y[-1:]])


def _round_number(value: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50, ..."""
    power = int(10 ** math.floor(math.log10(max(value, 1.0))))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= value or factor == 10)
