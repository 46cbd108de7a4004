"""The steps above the page: data, training, listening, playing."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from app.state.window import Page


class Stepper(QWidget):
    """Signals: requested: The page whose step was pressed. Ctrl+1 to Ctrl+4 do the same."""

    requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        for page in Page:
            button = QPushButton(f"{page.value + 1}   {page.title}")
            button.setProperty("role", "step")
            button.setCheckable(True)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.setShortcut(QKeySequence(f"Ctrl+{page.value + 1}"))
            button.setToolTip(f"{page.title} (Ctrl+{page.value + 1})")
            self._group.addButton(button, page.value)
            row.addWidget(button)
        row.addStretch()
        self._group.idClicked.connect(self._on_clicked)

    def button(self, page: Page) -> QPushButton:
        button = self._group.button(page.value)
        assert isinstance(button, QPushButton)
        return button

    def set_page(self, page: Page) -> None:
        self.button(page).setChecked(True)

    def _on_clicked(self, number: int) -> None:
        self.requested.emit(Page(number))
