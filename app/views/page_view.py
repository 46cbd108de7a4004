"""The room of a page: it scrolls where there is less of it than the page needs, and squeezes nothing."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QLabel, QScrollArea, QStackedLayout, QWidget


class PageView(QScrollArea):
    """Shows one page as large as the room is, or as large as the page must be."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self._page = page
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(page)
        page.installEventFilter(self)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def needed_size(self) -> QSize:
        """With less of it the page scrolls."""
        return self._page.minimumSizeHint() + QSize(0, _lines_beyond(self._page))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and watched is self._page:
            self._fit()
        return False

    def _fit(self) -> None:
        room, needed = self.maximumViewportSize(), self.needed_size()
        bar = self.verticalScrollBar().sizeHint().width() if needed.height() > room.height() else 0
        width = max(room.width() - bar, needed.width())
        self._page.resize(width, max(room.height(), needed.height()))


class CurrentOnly(QStackedLayout):
    """Needs the room of what it shows; Qt's own asks for that of all it could show."""

    def minimumSize(self) -> QSize:
        widget = self.currentWidget()
        return widget.minimumSizeHint().expandedTo(widget.minimumSize()) if widget is not None else QSize()


def _lines_beyond(page: QWidget) -> int:
    """Pixels that wrapped words need at their width beyond what Qt's hint for any width says."""
    return sum(
        max(0, each.heightForWidth(each.width()) - each.minimumSizeHint().height())
        for each in page.findChildren(QLabel)
        if each.wordWrap() and each.text() and each.isVisible() and not _is_scrolled(each, page)
    )


def _is_scrolled(widget: QWidget, page: QWidget) -> bool:
    above = widget.parentWidget()
    while above is not None and above is not page:
        if isinstance(above, QAbstractScrollArea):
            return True
        above = above.parentWidget()
    return False
