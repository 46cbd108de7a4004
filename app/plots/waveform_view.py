"""A waveform: what is loudest in each pixel, and, brighter, how much sound it holds."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.plots.colors import Ink
from app.plots.time_axis import TimeAxis
from app.plots.time_lane import TimeLane
from app.state.peaks import Floats, Peaks, columns_between

_MARGIN = 3.0
_OUTLINE = np.float32(0.55)
# A quiet recording is drawn larger, up to this much, so that there is something to see.
_MOST_GAIN = 8.0


class WaveformView(TimeLane):
    """Shows `Peaks`; several of them lie at one scale when they are given the same `full_scale`."""

    def __init__(self, axis: TimeAxis, ink: Ink, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self._ink = ink
        self._peaks: Peaks | None = None
        self._full_scale = 1.0
        self.setMinimumHeight(30)

    def set_peaks(self, peaks: Peaks | None, full_scale: float = 1.0) -> None:
        """Args: full_scale: The amplitude that reaches the edges, where it is not so small that nothing would."""
        if peaks is not self._peaks or full_scale != self._full_scale:
            self._peaks, self._full_scale = peaks, max(full_scale, 1 / _MOST_GAIN)
            self.refresh()

    def set_ink(self, ink: Ink) -> None:
        if ink is not self._ink:
            self._ink = ink
            self.refresh()

    def draw_content(self, painter: QPainter, area: QRectF) -> None:
        middle = area.center().y()
        painter.setPen(QPen(Ink.GRID.color, 1))
        painter.drawLine(QPointF(0, middle), QPointF(area.width(), middle))
        if self._peaks is None:
            return
        ratio = painter.device().devicePixelRatio()
        width, height = max(int(area.width() * ratio), 1), max(int(area.height() * ratio), 1)
        columns = columns_between(self._peaks, self.axis.first, self.axis.last, width)
        scale = (height / 2 - _MARGIN * ratio) / self._full_scale
        loudest = _covered(columns.low * scale, columns.high * scale, height)
        loud = _covered(-columns.rms * scale, columns.rms * scale, height)
        painter.drawImage(area, _tinted(np.maximum(_OUTLINE * loudest, loud), self._ink.color))


def _covered(low: Floats, high: Floats, height: int) -> Floats:
    """How much of each pixel [height, columns] lies between two lines, which are given in pixels above the middle."""
    y = height / 2 - 0.5 - np.arange(height, dtype=np.float32)[:, None]
    # At least a hair's breadth, so that silence is a line and not a hole.
    covered: Floats = np.clip(np.maximum(high, 0.5) - y + 0.5, 0, 1) * np.clip(y - np.minimum(low, -0.5) + 0.5, 0, 1)
    return covered


def _tinted(opacity: Floats, color: QColor) -> QImage:
    height, width = opacity.shape
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    pixels = np.frombuffer(image.bits(), np.uint8).reshape(height, image.bytesPerLine() // 4, 4)[:, :width]
    # Little endian: blue, green, red, alpha.
    pixels[:] = opacity[:, :, None] * np.array([color.blue(), color.green(), color.red(), 255], np.float32)
    return image
