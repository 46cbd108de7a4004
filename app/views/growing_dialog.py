"""A dialog that is as large as what it says."""

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.views.page_view import PageView

_TITLE_BAR = 48  # pixels of the screen's height


class GrowingDialog(QDialog):
    """Grows with its content as far as the screen goes; from there on the content scrolls, and the feet stay."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: PageView | None = None
        self._column = QVBoxLayout(self)
        self._column.setSpacing(12)

    def set_content(self, content: QWidget, feet: QWidget | None = None) -> None:
        self._view = PageView(content)
        self._column.addWidget(self._view, 1)
        if feet is not None:
            self._column.addWidget(feet)

    def grow(self) -> None:
        """After something was said that may need more room. Nothing shrinks: that would be restless."""
        if self._view is None or not self.isVisible():
            return
        self._column.activate()
        most = self.screen().availableSize()
        beyond = self._view.needed_size() - self._view.size()
        width = min(self.width() + max(beyond.width(), 0), most.width())
        height = min(self.height() + max(beyond.height(), 0), most.height() - _TITLE_BAR)
        self.resize(max(self.width(), width), max(self.height(), height))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.grow()
