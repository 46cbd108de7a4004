"""How far a recording is on its way through the model."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.state.notices import Activity
from app.views.progress_line import ProgressLine
from app.views.style import label, set_text


class MakingPanel(QWidget):
    """Hidden while nothing is made. Signals: stop_requested."""

    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = label("")
        self.detail = label("", "small")
        self.line = ProgressLine()
        self.stop_button = QPushButton("Stop")
        self.stop_button.setProperty("role", "link")
        self.stop_button.clicked.connect(self.stop_requested)
        words = QHBoxLayout()
        words.addWidget(self.stage)
        words.addWidget(self.detail, 1)
        words.addWidget(self.stop_button, 0, Qt.AlignmentFlag.AlignRight)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(words)
        column.addWidget(self.line)
        self.hide()

    def set_activity(self, activity: Activity | None) -> None:
        self.setVisible(activity is not None)
        if activity is not None:
            set_text(self.stage, activity.title)
            set_text(self.detail, activity.detail)
            self.line.set_fraction(activity.fraction)
