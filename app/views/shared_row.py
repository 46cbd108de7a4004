"""Two things beside each other that share the width."""

from collections.abc import Callable

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

_SPACING = 14
_LEFT_SHARE = 6 / 11


class SharedRow(QWidget):
    """The left one gets a little more than half, and more still while it needs it and the right one does not.

    Args:
      wanted: Width at which the left one shows all that it has, in pixels.
      least: Width that the right one keeps, in pixels.
    """

    def __init__(self, left: QWidget, right: QWidget, wanted: Callable[[], int], least: Callable[[], int]) -> None:
        super().__init__()
        self._wanted, self._least = wanted, least
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(_SPACING)
        self._row.addWidget(left)
        self._row.addWidget(right)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._share()  # something in it needs more room, or less
        return super().event(event)

    def _share(self) -> None:
        width = self.width() - _SPACING
        left = max(min(max(round(_LEFT_SHARE * width), self._wanted()), width - self._least()), 1)
        for place, share in enumerate((left, max(width - left, 1))):
            if self._row.stretch(place) != share:
                self._row.setStretch(place, share)
