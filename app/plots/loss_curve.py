"""One curve of the loss plot: faint as it is, and a line through it."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyqtgraph
from PySide6.QtGui import QColor

from app.plots.colors import Ink
from app.plots.decimation import CurveSummary
from app.state.curve import Curve

_N_MEANS = 80
_MOST_DOTS = 40
_N_MEANS_OF_SMOOTHED = 160  # it has few turns to show; a thick line of every point takes 10 ms to paint

Floats = npt.NDArray[np.float64]


class LossCurve:
    """What pyqtgraph draws of a curve; `smoothed`, where there is one, is the line instead of the curve's own mean."""

    def __init__(self, ink: Ink) -> None:
        self._ink = ink
        self.outline = pyqtgraph.PlotCurveItem()
        # The outline where there are more points than pixels.
        self.band = pyqtgraph.PlotCurveItem(pen=None, fillLevel="enclosed")
        self.line = pyqtgraph.PlotCurveItem(antialias=True)
        # Where it was measured; of many measurements the line says enough.
        self.dots = pyqtgraph.ScatterPlotItem(size=5, pen=None)
        self.curve = Curve()
        self.smoothed: Curve | None = None
        self.summary = CurveSummary()
        self._smoothed_summary = CurveSummary()
        self._ratio = 1.0
        self.recolor()

    @property
    def items(self) -> tuple[pyqtgraph.GraphicsObject, ...]:
        return self.band, self.outline, self.line, self.dots

    @property
    def _most_dots(self) -> int:
        """A single step is no line; what is measured now and then is seen as such."""
        return 1 if self.smoothed is None else _MOST_DOTS

    def set_pixel_ratio(self, ratio: float) -> None:
        """Args: ratio: Pixels of the screen to a pixel of Qt. pyqtgraph's lines are as many of the screen's wide."""
        if ratio != self._ratio:
            self._ratio = ratio
            self.recolor()

    def recolor(self) -> None:
        """In the colours of the scheme that is used now."""
        self.band.setBrush(pyqtgraph.mkBrush(_faint(self._ink, 70)))
        self.dots.setBrush(pyqtgraph.mkBrush(self._ink.hex))
        self.outline.setPen(pyqtgraph.mkPen(_faint(self._ink, 130), width=self._ratio))
        self.line.setPen(pyqtgraph.mkPen(self._ink.hex, width=2 * self._ratio))

    def sum_up(self) -> None:
        """Looks at the points that are new."""
        self.summary.update(self.curve.steps, self.curve.values)
        if self.smoothed is not None:
            self._smoothed_summary.update(self.smoothed.steps, self.smoothed.values)

    def draw(self, first: float, last: float, n_pixels: int, scaled: Callable[[Floats], Floats]) -> None:
        """Args: first, last: Steps between which it is seen; scaled: From losses to heights on the axis."""
        part = self.summary.decimate(first, last, n_pixels, _N_MEANS)
        low, high = scaled(part.low), scaled(part.high)
        if part.is_exact:
            self.band.clear()
            self.outline.setData(part.x, high)
            self.dots.setData(*((part.x, high) if 0 < len(part.x) <= self._most_dots else ([], [])))
        else:
            self.dots.clear()
            self.outline.clear()
            self.band.setData(np.concatenate([part.x, part.x[::-1]]), np.concatenate([high, low[::-1]]))
        if self.smoothed is not None and len(self.smoothed):
            part = self._smoothed_summary.decimate(first, last, n_pixels, _N_MEANS_OF_SMOOTHED)
        self.line.setData(part.mean_x, scaled(part.mean_y))

    def value_at(self, step: float | None) -> float:
        """The value at the point nearest to a step, the newest ones for None; NaN where there is none."""
        is_smoothed = self.smoothed is not None and len(self.smoothed) > 0
        curve = self.smoothed if self.smoothed is not None and is_smoothed else self.curve
        if not len(curve):
            return math.nan
        if step is None:
            return float(curve.values[-1]) if is_smoothed else curve.recent
        place = int(np.searchsorted(curve.steps, round(step)))
        around = [index for index in (place - 1, place) if 0 <= index < len(curve)]
        nearest = min(around, key=lambda index: abs(float(curve.steps[index]) - step))
        return float(curve.values[nearest])


def _faint(ink: Ink, alpha: int) -> QColor:
    faint = ink.color
    faint.setAlpha(alpha)
    return faint
