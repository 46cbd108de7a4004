"""The axis of distances: plain numbers on a logarithmic scale too, however far one zooms in."""

import math
from collections.abc import Sequence

import pyqtgraph

_WIDE = 10.0  # times: above that, numbers by the decade
_STEPS_OF_A_DECADE = (1.0, 2.0, 5.0)
_PIXELS_A_NUMBER = 45.0


class DistanceAxis(pyqtgraph.AxisItem):
    """On a logarithmic scale pyqtgraph gives it the logarithms to the base of ten, and asks for those of the ticks."""

    def logTickValues(
        self, low: float, high: float, size: float, std_ticks: Sequence[tuple[float | None, Sequence[float]]]
    ) -> list[tuple[float | None, list[float]]]:
        return [(None, [math.log10(value) for value in ticks_between(10**low, 10**high, size / _PIXELS_A_NUMBER)])]

    def logTickStrings(self, values: Sequence[float], scale: float, spacing: float | None) -> list[str]:
        return [f"{10**value:.4g}" for value in values]


def ticks_between(low: float, high: float, most: float) -> list[float]:
    """Round numbers from low to high, some `most` of them; both are above zero."""
    if high > _WIDE * low:
        first, last = math.floor(math.log10(low)), math.floor(math.log10(high))
        every = max(1, math.ceil((last - first + 1) / max(most, 1.0)))
        factors = _STEPS_OF_A_DECADE if 3 * (last - first + 1) <= most else (1.0,)
        found = [factor * 10.0**power for power in range(first, last + 1, every) for factor in factors]
    else:
        raw = (high - low) / max(most, 1.0)
        unit = 10.0 ** math.floor(math.log10(max(raw, 1e-12)))
        step = unit * next(factor for factor in (*_STEPS_OF_A_DECADE, 10.0) if factor * unit >= raw * (1 - 1e-9))
        found = [place * step for place in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return [value for value in found if low <= value <= high and value > 0]
