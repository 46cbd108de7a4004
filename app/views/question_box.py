"""Asks before something is done that cannot be undone. It does not hold up the window."""

from collections.abc import Callable

from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

from app.plots.colors import Ink
from app.state.question import Question
from app.views.icons import pixmap

_ICON_SIZE = 36


class QuestionBox(QMessageBox):
    """Goes when it is answered. Enter and Escape choose the answer that changes nothing."""

    def __init__(
        self,
        question: Question,
        window: QWidget,
        *,
        on_yes: Callable[[], None],
        on_no: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(window)
        self.setIconPixmap(pixmap("warning", _ICON_SIZE, Ink.WARNING))
        self.setWindowTitle(question.title)
        self.setText(question.title)
        self.setInformativeText(question.text)
        self.addButton(question.yes, QMessageBox.ButtonRole.AcceptRole)
        keep = self.addButton(question.no, QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(keep)
        self.setEscapeButton(keep)
        self.accepted.connect(on_yes)
        self.rejected.connect(on_no)
        self.finished.connect(self.deleteLater)
        self.open()

    def button_saying(self, text: str) -> QPushButton | None:
        buttons = (button for button in self.buttons() if isinstance(button, QPushButton))
        return next((button for button in buttons if button.text().replace("&", "") == text), None)
