"""The legend of the loss plot: names, colours, values; a click hides a curve or brings it back."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from app.plots.colors import Ink
from app.plots.sizes import scaled
from app.plots.tab_order import visit_in_place

_DOT = 8.0
_SPACE = 5.0
_WIDEST_VALUE = "00.00"
_LEAST_NAME = 44  # pixels; the whole name is a tool tip


class LossLegend(QWidget):
    """Signals: toggled: A curve was hidden or brought back."""

    toggled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[str, _Entry] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addStretch()

    def set_entries(self, entries: Sequence[tuple[str, str, Ink]]) -> None:
        """Names, titles and inks. What was hidden stays hidden."""
        hidden = {name for name, entry in self._entries.items() if not entry.isChecked()}
        for entry in self._entries.values():
            self._row.removeWidget(entry)
            entry.hide()
            entry.deleteLater()
        self._entries = {}
        for place, (name, title, ink) in enumerate(entries):
            entry = _Entry(title, ink)
            entry.setChecked(name not in hidden)
            entry.toggled.connect(self.toggled)
            self._row.insertWidget(place, entry)
            self._entries[name] = entry
        visit_in_place(self, self._entries.values())

    def set_value(self, name: str, value: float) -> None:
        self._entries[name].set_value(value)

    def is_on(self, name: str) -> bool:
        return self._entries[name].isChecked()

    def has(self, name: str) -> bool:
        return name in self._entries

    def entry(self, name: str) -> "_Entry":
        return self._entries[name]

    def value(self, name: str) -> str:
        """What is written beside the name."""
        return self._entries[name].value


class _Entry(QAbstractButton):
    def __init__(self, title: str, ink: Ink) -> None:
        super().__init__()
        self._ink = ink
        self.value = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)  # Qt's own buttons never shrink
        self.setCheckable(True)
        self.setText(title)
        self.setAccessibleName(f"Show the curve {title}")
        self.setToolTip(f"{title}: click to hide or show this curve")
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_value(self, value: float) -> None:
        text = f"{value:.{_decimals(value)}f}" if math.isfinite(value) else "-"
        if text != self.value:
            self.value = text
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(
            math.ceil(_DOT + 2 * _SPACE + self._width_of(self.text()) + self._width_of(_WIDEST_VALUE)), scaled(24)
        )

    def minimumSizeHint(self) -> QSize:
        """Where there is little room, the name alone, and where there is less, its beginning."""
        return QSize(math.ceil(_DOT + _SPACE + min(self._width_of(self.text()), scaled(_LEAST_NAME))), scaled(24))

    def title_within(self, width: float) -> str:
        """As much of the name as there is room for, in pixels."""
        return QFontMetricsF(self.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, width)

    def _width_of(self, text: str) -> float:
        return QFontMetricsF(self.font()).horizontalAdvance(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush((self._ink if self.isChecked() else Ink.TEXT_FAINT).color)
        painter.drawEllipse(QPointF(_DOT / 2, middle), _DOT / 2, _DOT / 2)
        left = _DOT + _SPACE
        area = QRectF(left, 0, self.width() - left, self.height())
        painter.setPen((Ink.TEXT if self.isChecked() else Ink.TEXT_FAINT).color)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self.title_within(area.width()))
        painter.setPen((Ink.TEXT_DIM if self.isChecked() else Ink.TEXT_FAINT).color)
        area.setLeft(left + self._width_of(self.text()) + _SPACE)
        if self._width_of(self.value) <= area.width():
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self.value)
        painter.end()


def _decimals(value: float) -> int:
    """As many as leave four digits."""
    return max(0, 4 - len(f"{abs(value):.0f}"))
