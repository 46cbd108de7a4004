"""A thin bar: how far something is, or that something goes on while nobody can tell how far."""

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.plots.colors import Ink

_HEIGHT = 6
_TICK_MS = 50
_ROUND_SECONDS = 1.6
_RUNNER = 0.22  # share of the width


class ProgressLine(QWidget):
    """Unlike QProgressBar it never paints at once, in the middle of other work, but with everything else."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fraction: float | None = 0.0
        self._place = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._run_on)
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName("Progress")

    def set_fraction(self, fraction: float | None) -> None:
        """From 0 to 1; None lets a light run along the bar."""
        if fraction == self.fraction:
            return
        self.fraction = fraction
        self.setAccessibleDescription("under way" if fraction is None else f"{fraction:.0%}")
        self._set_running()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        area = QRectF(self.rect())
        painter.setBrush(Ink.RAISED.color)
        painter.drawRoundedRect(area, _HEIGHT / 2, _HEIGHT / 2)
        painter.setBrush(Ink.ACCENT.color)
        if self.fraction is None:
            left = (self._place * (1 + _RUNNER) - _RUNNER) * area.width()
            lit = QRectF(left, 0, _RUNNER * area.width(), _HEIGHT).intersected(area)
        else:
            lit = QRectF(0, 0, max(_HEIGHT, self.fraction * area.width()) if self.fraction > 0 else 0, _HEIGHT)
        painter.drawRoundedRect(lit, _HEIGHT / 2, _HEIGHT / 2)
        painter.end()

    def showEvent(self, event: QShowEvent) -> None:
        self._set_running()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    def _set_running(self) -> None:
        if self.fraction is None and self.isVisible():
            self._timer.start()
        else:
            self._timer.stop()

    def _run_on(self) -> None:
        self._place = (self._place + _TICK_MS / 1000 / _ROUND_SECONDS) % 1.0
        self.update()
