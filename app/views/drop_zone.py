"""The place for recordings: drop a folder or files, or choose them."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.plots.colors import Ink
from app.views.icons import icon_button, set_picture
from app.views.style import label, set_text
from ddsp_backend.audio.formats import NAMED_FORMATS

_TITLE = "Drop a folder of recordings here"
_HINT = (
    "A few minutes of one instrument or voice, one note at a time, with little room sound.\n"
    f"{NAMED_FORMATS}, or the sound of a video."
)
_CAME = "This model came without recordings"


class DropZone(QFrame):
    """Inviting while there is nothing. Drops are taken by the window, everywhere.

    Signals: a button was pressed.
    """

    folder_requested = Signal()
    files_requested = Signal()
    bucket_requested = Signal()
    demo_requested = Signal()
    record_requested = Signal()
    undo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "drop")
        self.setAccessibleName("Recordings: drop a folder or files anywhere in this window")
        folder = icon_button("folder", " Choose a folder")
        files = icon_button("file", " Choose files")
        folder.clicked.connect(self.folder_requested)
        files.clicked.connect(self.files_requested)
        record = icon_button("record", " Record takes")
        record.setToolTip("Records from a microphone or an audio interface, with a level meter and a guide")
        record.clicked.connect(self.record_requested)
        self.folder_button, self.files_button, self.record_button = folder, files, record
        self._lay_out(folder, files, record)

    def _lay_out(self, *buttons: QPushButton) -> None:
        picture = QLabel()
        set_picture(picture, "drop", 44, Ink.ACCENT)
        title = label(_TITLE, "title")
        hint = label(_HINT, "dim", wraps=True)
        self.title, self.hint = title, hint
        demo_hint = QLabel("No recordings at hand?")
        demo_hint.setProperty("role", "dim")
        self.demo_button = icon_button("demo", " Try with the demo instrument")
        self.demo_button.setProperty("role", "quiet")
        self.demo_button.clicked.connect(self.demo_requested)
        self.bucket_button = icon_button("folder", " Look into Cloud Storage")
        self.bucket_button.setProperty("role", "quiet")
        self.bucket_button.setToolTip("Recordings in a bucket of Google Cloud Storage, gs://...")
        self.bucket_button.clicked.connect(self.bucket_requested)
        self.undo_button = QPushButton()
        self.undo_button.setProperty("role", "link")
        self.undo_button.setVisible(False)
        self.undo_button.clicked.connect(self.undo_requested)
        for words in (picture, title, hint):
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)

        column = QVBoxLayout(self)
        column.setContentsMargins(32, 32, 32, 24)
        column.addStretch(3)
        column.addWidget(picture)
        column.addSpacing(14)
        column.addWidget(title)
        column.addSpacing(8)
        column.addWidget(hint)
        column.addSpacing(22)
        column.addLayout(_centred(*buttons))
        column.addLayout(_centred(self.undo_button))
        column.addStretch(4)
        column.addLayout(_centred(demo_hint, self.demo_button, self.bucket_button))

    def set_came(self, words: str) -> None:
        """What is known of a model that came as a file, and so without recordings; empty for any other."""
        set_text(self.title, _CAME if words else _TITLE)
        set_text(self.hint, words or _HINT)

    def set_undo(self, text: str) -> None:
        """What can be undone; empty: nothing."""
        self.undo_button.setVisible(bool(text))
        self.undo_button.setText(f" {text}")


def _centred(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(10)
    row.addStretch()
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch()
    return row
