"""The window: instruments on the left, three steps above, one page."""

from PySide6.QtCore import QByteArray, QSize, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMainWindow, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from app.plots.sizes import scaled
from app.state.window import Page, WindowState, offer_for
from app.views.drop_veil import DropVeil, answer_with_a_copy, dragged_paths
from app.views.notice_bar import NoticeBar
from app.views.page_view import PageView
from app.views.sidebar import Sidebar
from app.views.stepper import Stepper

_FIRST_SIZE = QSize(1240, 800)
_SMALLEST = QSize(980, 640)
_FRAME = QSize(16, 48)  # what a title bar and borders take of the screen


class _Pages(QStackedWidget):
    """Take the height that is left: Qt would ask for the height that each page likes best, and squeeze the
    title where there is less."""

    def hasHeightForWidth(self) -> bool:
        return False


class MainWindow(QMainWindow):
    """Signals: requests of the user.

    painted: The first picture is drawn; what takes time may begin.
    dropped: Paths of files and folders, a tuple of texts; what becomes of them the veil has said.
    close_requested: It stays open until `allow_close()` was called.
    """

    painted = Signal()
    page_requested = Signal(object)
    renamed = Signal(str)
    dropped = Signal(object)
    close_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Timbre Studio")
        screen = self.screen().availableSize() - _FRAME
        # Large letters need a larger window, as far as the screen goes; from there on the pages scroll. A screen of
        # 1366x768 that the system enlarges by a quarter is smaller than what the pages like.
        roomy = QSize(scaled(_SMALLEST.width()), scaled(_SMALLEST.height()))
        self.setMinimumSize(roomy.boundedTo(screen))
        self.resize(_FIRST_SIZE.expandedTo(roomy).boundedTo(screen))
        self._is_close_allowed = False
        self._was_painted = False
        self._offer = WindowState().drop
        self.sidebar = Sidebar()
        self.stepper = Stepper()
        self.stepper.requested.connect(self.page_requested)
        self.title = QLineEdit()
        self.title.setProperty("role", "title")
        self.title.setPlaceholderText("New instrument")
        self.title.setAccessibleName("Name of the instrument")
        self.title.editingFinished.connect(self._on_title_edited)
        self._told_title = ""
        for widget in (self.title, self.stepper):
            widget.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.notice = NoticeBar()
        self._pages = _Pages()

        main = QVBoxLayout()
        main.setContentsMargins(26, 14, 26, 22)
        main.setSpacing(12)
        main.addWidget(self.title)
        main.addWidget(self.stepper)
        main.addWidget(self.notice)
        main.addWidget(self._pages, 1)
        central = QWidget()
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sidebar)
        row.addLayout(main, 1)
        self.setCentralWidget(central)
        self.setAcceptDrops(True)
        self.title.setAcceptDrops(False)
        self.veil = DropVeil(central)

    def add_page(self, page: Page, widget: QWidget) -> None:
        self._pages.insertWidget(page.value, PageView(widget))
        for field in widget.findChildren(QLineEdit):
            field.setAcceptDrops(False)  # it would take a recording's name as text, and the window nothing

    def set_state(self, state: WindowState) -> None:
        self.sidebar.set_state(state)
        self.stepper.set_page(state.page)
        self.notice.set_notice(state.notice)
        if self._pages.currentIndex() != state.page.value:
            self._pages.setCurrentIndex(state.page.value)
        if state.title != self._told_title:
            self._told_title = state.title
            self.title.setText(state.title)
        self.title.setReadOnly(not state.title)
        self._offer = state.drop

    def restore(self, geometry: str) -> None:
        """Sizes the window as it was; nonsense is ignored."""
        if geometry:
            self.restoreGeometry(QByteArray.fromHex(geometry.encode("ascii", "ignore")))

    def geometry_text(self) -> str:
        return bytes(self.saveGeometry().toHex().data()).decode()

    def allow_close(self) -> None:
        self._is_close_allowed = True

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._is_close_allowed:
            self.close_requested.emit()  # may allow it at once
        event.setAccepted(self._is_close_allowed)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths := dragged_paths(event):
            answer_with_a_copy(event)
            self.veil.set_offer(offer_for(paths, self._offer))
            self.veil.cover()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        answer_with_a_copy(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.veil.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.veil.hide()
        if paths := dragged_paths(event):
            answer_with_a_copy(event)
            self.dropped.emit(paths)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.veil.isVisible():
            self.veil.cover()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self, self.painted.emit)

    def _on_title_edited(self) -> None:
        name = self.title.text().strip()
        if self._told_title and name and name != self._told_title:
            self.renamed.emit(name)
        elif not name:
            self.title.setText(self._told_title)
        self.title.clearFocus()
