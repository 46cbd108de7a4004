"""One line: a button that hands the instrument to the DDSP-VST plug-in, and where its file lies then."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from app.state.plugin_file import PluginLine
from app.views.style import label, set_text


class PluginLineView(QWidget):
    """Signals: requests of the user.

    send_requested: The file shall be made and put where the plug-in looks for it.
    """

    send_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QPushButton("Send to DDSP-VST")
        self.button.setToolTip("Makes a file of the model, and puts it where the plug-in looks for its models")
        self.button.clicked.connect(self.send_requested)
        self.words = label("", "small", wraps=True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.button)
        row.addWidget(self.words, 1)
        self.set_line(PluginLine())

    def set_line(self, line: PluginLine) -> None:
        set_text(self.words, line.words)
        self.words.setToolTip(line.tip)
        self.button.setEnabled(line.can_send)
