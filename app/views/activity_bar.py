"""A running job: what it does, how far it is, and the button that stops it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.state.notices import Activity
from app.views.icons import icon_button
from app.views.progress_line import ProgressLine
from app.views.style import label, set_text


class ActivityBar(QFrame):
    """Hidden while nothing runs.

    Signals:
      stop_requested: Stop was pressed.
    """

    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._title = label("", "heading", wraps=True)
        self._detail = label("", "small", wraps=True)
        self.line = ProgressLine()
        self.stop_button = icon_button("stop", "Stop")
        self.stop_button.setToolTip("Saves the work, so that you can resume it later")
        self.stop_button.clicked.connect(self.stop_requested)
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(self._title)
        words.addWidget(self._detail)
        first = QHBoxLayout()
        first.addLayout(words, 1)
        first.addWidget(self.stop_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 11, 12, 13)
        column.setSpacing(10)
        column.addLayout(first)
        column.addWidget(self.line)
        self.setVisible(False)

    def set_activity(self, activity: Activity | None) -> None:
        self.setVisible(activity is not None)
        if activity is None:
            return
        set_text(self._title, activity.title)
        set_text(self._detail, activity.detail)
        self._detail.setVisible(bool(activity.detail))
        self.line.set_fraction(activity.fraction)
        self.stop_button.setEnabled(not activity.is_stopping)
        text = "Stopping" if activity.is_stopping else "Stop"
        if self.stop_button.text() != text:
            self.stop_button.setText(text)
