"""Seconds above or below the lanes."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.plots.colors import Ink
from app.plots.sizes import font_of, scaled
from app.plots.time_axis import TimeAxis
from app.plots.time_lane import TimeLane

_HEIGHT = 22
_FONT_PIXELS = 10
_LEAST_DISTANCE = 70.0
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800)


class TimeRuler(TimeLane):
    def __init__(self, axis: TimeAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self._font = font_of(self.font(), _FONT_PIXELS)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, scaled(_HEIGHT))

    def draw_content(self, painter: QPainter, area: QRectF) -> None:
        painter.fillRect(area, Ink.SURFACE.color)
        span = self.axis.last - self.axis.first
        wanted = span * scaled(_LEAST_DISTANCE) / max(area.width(), 1)
        step = next((step for step in _STEPS if step >= wanted), _STEPS[-1])
        painter.setFont(self._font)
        for number in range(math.ceil(self.axis.first / step), math.floor(self.axis.last / step) + 1):
            x = self.x_of(number * step)
            painter.setPen(QPen(Ink.LINE.color, 1))
            painter.drawLine(QPointF(x, 0), QPointF(x, 5))
            painter.setPen(Ink.TEXT_DIM.color)
            text = clock_text(number * step, step)
            width = painter.fontMetrics().horizontalAdvance(text)
            left = min(max(x - width / 2, 3), area.width() - width - 3)
            painter.drawText(QPointF(left, area.height() - 5), text)


def clock_text(seconds: float, step: float) -> str:
    """1:02.5, with the decimals that neighbours `step` seconds apart need."""
    n_decimals = 0 if step >= 1 else 1 if step >= 0.1 else 2
    minutes, rest = divmod(round(seconds, n_decimals), 60)
    width = 2 if n_decimals == 0 else n_decimals + 3
    return f"{int(minutes)}:{rest:0{width}.{n_decimals}f}"
