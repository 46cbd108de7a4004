"""One line: buttons that hand the instrument to the DDSP-VST plug-in and to others, and where its file lies then."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from app.state.plugin_file import PluginLine
from app.state.shared_file import ShareLine
from app.views.style import label, set_text


class PluginLineView(QWidget):
    """Signals: requests of the user.

    send_requested: The file shall be made and put where the plug-in looks for it.
    share_requested: A file for others shall be made.
    """

    send_requested = Signal()
    share_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QPushButton("Send to DDSP-VST")
        self.button.setToolTip("Makes a file of the model, and puts it where the plug-in looks for its models")
        self.button.clicked.connect(self.send_requested)
        self.share_button = QPushButton("Share ...")
        self.share_button.setToolTip("Makes one file of the model that others can open. No recording goes into it")
        self.share_button.clicked.connect(self.share_requested)
        self.words = label("", "small", wraps=True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.button)
        row.addWidget(self.share_button)
        row.addWidget(self.words, 1)
        self.set_line(PluginLine(), ShareLine())

    def set_line(self, line: PluginLine, sharing: ShareLine) -> None:
        set_text(self.words, sharing.words or line.words)
        self.words.setToolTip("" if sharing.words else line.tip)
        self.button.setEnabled(line.can_send)
        self.share_button.setEnabled(sharing.can_share)
