"""The level of a sound input: a bar in dB with its loudest moment of late."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.plots.colors import Ink

_HEIGHT = 22
_LOWEST_DB = -60.0
_GOOD_DB, _LOUD_DB = -6.0, -1.0
_FALL_DB = 1.2  # a look: the bar falls back slowly enough to be read


class LevelMeter(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName("Input level")
        self._shown_db = self._held_db = _LOWEST_DB
        self._n_held = 0

    def set_level(self, level_db: float) -> None:
        """To be told some twenty times a second. Args: level_db: Of the loudest sample since the last time, dBFS."""
        level_db = min(0.0, max(_LOWEST_DB, level_db))
        self._shown_db = max(level_db, self._shown_db - _FALL_DB)
        self._n_held += 1
        if level_db >= self._held_db or self._n_held > 40:
            self._held_db, self._n_held = level_db, 0
        self.setAccessibleDescription(f"{self._shown_db:.0f} dB")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        area = QRectF(self.rect()).adjusted(0, 4, 0, -4)
        painter.setBrush(Ink.RAISED.color)
        painter.drawRoundedRect(area, 4, 4)
        zones = ((_LOWEST_DB, _GOOD_DB, Ink.GOOD), (_GOOD_DB, _LOUD_DB, Ink.WARNING), (_LOUD_DB, 0.0, Ink.BAD))
        for low, high, ink in zones:
            if self._shown_db > low:
                left, right = self._x(low), self._x(min(high, self._shown_db))
                painter.setBrush(ink.color)
                painter.drawRect(QRectF(left, area.top(), right - left, area.height()))
        painter.setBrush(Ink.TEXT.color)
        painter.drawRect(QRectF(self._x(self._held_db) - 1, area.top() - 3, 2, area.height() + 6))
        painter.end()

    def _x(self, level_db: float) -> float:
        return self.width() * (level_db - _LOWEST_DB) / -_LOWEST_DB
