"""What lies over the window while recordings are dragged across it, and says what dropping them there will do."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from app.plots.colors import Ink
from app.state.window import DropOffer
from app.views.icons import set_picture
from app.views.style import label, set_text

_MARGIN = 14


class DropVeil(QFrame):
    """Covers its parent while it is shown. The drop itself is the window's."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._covered = parent
        self.setProperty("role", "veil")
        picture = QLabel()
        set_picture(picture, "drop", 44, Ink.ACCENT)
        self.title = label("", "title", wraps=True)
        self.hint = label("", "dim", wraps=True)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addStretch()
        for widget in (picture, self.title, self.hint):
            widget.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(widget)
        column.addStretch()
        self.hide()

    def set_offer(self, offer: DropOffer) -> None:
        set_text(self.title, offer.title)
        set_text(self.hint, offer.hint)

    def cover(self) -> None:
        self.setGeometry(self._covered.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN))
        self.raise_()
        self.show()


def dragged_paths(event: QDropEvent) -> tuple[str, ...]:
    """Files and folders of this computer that another program drags; none where nothing can be made of it."""
    if event.source() is not None:  # dragged out of this window
        return ()
    return tuple(path for url in event.mimeData().urls() if url.isLocalFile() and (path := url.toLocalFile()))


def answer_with_a_copy(event: QDropEvent) -> None:
    """Accepts as a copy whatever was proposed: a file manager that is told "moved" deletes the originals."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
