"""The place for recordings: drop a folder or files, or choose them."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.plots import colors
from app.views.icons import icon, pixmap
from app.views.style import restyle


class DropZone(QFrame):
    """Large and inviting while there is nothing, a strip once there is.

    Signals:
      dropped: Paths of files and folders, a tuple of texts.
      folder_requested, files_requested, bucket_requested, demo_requested: A button was pressed.
    """

    dropped = Signal(object)
    folder_requested = Signal()
    files_requested = Signal()
    bucket_requested = Signal()
    demo_requested = Signal()

    def __init__(self, *, is_large: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "drop")
        self.setAcceptDrops(True)
        self.setAccessibleName("Recordings: drop a folder or files here")
        folder = QPushButton(icon("folder"), " Choose a folder" if is_large else " Add a folder")
        files = QPushButton(icon("file"), " Choose files" if is_large else " Add files")
        folder.clicked.connect(self.folder_requested)
        files.clicked.connect(self.files_requested)
        self.folder_button, self.files_button = folder, files
        if is_large:
            self._lay_out_large(folder, files)
        else:
            self._lay_out_strip(folder, files)

    def _lay_out_large(self, folder: QPushButton, files: QPushButton) -> None:
        picture = QLabel()
        picture.setPixmap(pixmap("drop", 44, colors.ACCENT))
        title = QLabel("Drop a folder of recordings here")
        title.setProperty("role", "title")
        hint = QLabel(
            "Some minutes of one instrument or voice, one note at a time, as dry as you have it.\n"
            "wav, aiff, flac, ogg, mp3, m4a, aac, opus, or the sound of a video."
        )
        hint.setProperty("role", "dim")
        demo_hint = QLabel("No recordings at hand?")
        demo_hint.setProperty("role", "dim")
        self.demo_button = QPushButton(icon("demo"), " Try with the demo instrument")
        self.demo_button.setProperty("role", "quiet")
        self.demo_button.clicked.connect(self.demo_requested)
        self.bucket_button = QPushButton(icon("folder"), " Look into Cloud Storage")
        self.bucket_button.setProperty("role", "quiet")
        self.bucket_button.setToolTip("Recordings in a bucket of Google Cloud Storage, gs://...")
        self.bucket_button.clicked.connect(self.bucket_requested)
        for label in (picture, title, hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)

        column = QVBoxLayout(self)
        column.setContentsMargins(32, 32, 32, 24)
        column.addStretch(3)
        column.addWidget(picture)
        column.addSpacing(14)
        column.addWidget(title)
        column.addSpacing(8)
        column.addWidget(hint)
        column.addSpacing(22)
        column.addLayout(_centred(folder, files))
        column.addStretch(4)
        column.addLayout(_centred(demo_hint, self.demo_button, self.bucket_button))

    def _lay_out_strip(self, folder: QPushButton, files: QPushButton) -> None:
        picture = QLabel()
        picture.setPixmap(pixmap("drop", 20, colors.TEXT_DIM))
        hint = QLabel("Drop more recordings here")
        hint.setProperty("role", "dim")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(picture)
        row.addWidget(hint)
        row.addStretch()
        row.addWidget(folder)
        row.addWidget(files)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            restyle(self, hovered=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        restyle(self, hovered=False)

    def dropEvent(self, event: QDropEvent) -> None:
        restyle(self, hovered=False)
        paths = tuple(url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile())
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)


def _centred(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(10)
    row.addStretch()
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch()
    return row
