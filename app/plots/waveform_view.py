"""A waveform: what is loudest in each pixel, and, brighter, how much sound it holds."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.plots import colors
from app.plots.peaks import Floats, Peaks, columns_between
from app.plots.time_axis import TimeAxis
from app.plots.time_lane import TimeLane

_MARGIN = 3.0
# A quiet recording is drawn larger, up to this much, so that there is something to see.
_MOST_GAIN = 8.0


class WaveformView(TimeLane):
    """Shows `Peaks`; several of them lie at one scale when they are given the same `full_scale`."""

    def __init__(self, axis: TimeAxis, color: str, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self._color = QColor(color)
        self._peaks: Peaks | None = None
        self._full_scale = 1.0
        self.setMinimumHeight(40)

    def set_peaks(self, peaks: Peaks | None, full_scale: float = 1.0) -> None:
        """Args: full_scale: The amplitude that reaches the edges, where it is not so small that nothing would."""
        if peaks is not self._peaks or full_scale != self._full_scale:
            self._peaks, self._full_scale = peaks, max(full_scale, 1 / _MOST_GAIN)
            self.refresh()

    def draw_content(self, painter: QPainter, area: QRectF) -> None:
        middle = area.center().y()
        painter.setPen(QPen(QColor(colors.GRID), 1))
        painter.drawLine(QPointF(0, middle), QPointF(area.width(), middle))
        if self._peaks is None:
            return
        n_pixels = max(int(area.width() * painter.device().devicePixelRatio()), 1)
        columns = columns_between(self._peaks, self.axis.first, self.axis.last, n_pixels)
        scale = (area.height() / 2 - _MARGIN) / self._full_scale
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        outline = QColor(self._color)
        outline.setAlphaF(0.55)
        _fill(painter, outline, columns.low, columns.high, middle, scale, area.width())
        _fill(painter, self._color, -columns.rms, columns.rms, middle, scale, area.width())


def _fill(
    painter: QPainter, color: QColor, low: Floats, high: Floats, middle: float, scale: float, width: float
) -> None:
    step = width / len(low)
    # At least a hair's breadth, so that silence is a line and not a hole.
    tops = [QPointF((i + 0.5) * step, middle - max(float(y) * scale, 0.4)) for i, y in enumerate(high)]
    bottoms = [QPointF((i + 0.5) * step, middle - min(float(y) * scale, -0.4)) for i, y in enumerate(low)]
    painter.setBrush(color)
    painter.drawPolygon(QPolygonF([*tops, *reversed(bottoms)]))
