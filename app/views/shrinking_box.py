"""A box to choose from that gives way where there is little room; its list shows every choice whole."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QComboBox

_LEAST_LETTERS = 9
_ARROW = 44  # pixels: the arrow and what lies around the words


class ShrinkingBox(QComboBox):
    def minimumSizeHint(self) -> QSize:
        wanted = super().minimumSizeHint()
        least = self.fontMetrics().averageCharWidth() * _LEAST_LETTERS + _ARROW
        return QSize(min(wanted.width(), least), wanted.height())
