"""Looks into Cloud Storage: folders to walk through, one to copy here, a place to copy a data set to."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.state import formatting
from app.state.bucket import BucketDialogState, Doing, parent_of
from app.state.recording_rows import one_line
from app.views.activity_bar import ActivityBar
from app.views.icons import icon
from app.views.style import label, set_text
from ddsp_backend.jobs.events import BucketEntryFound
from ddsp_backend.storage import SCHEME

_SIZE = QSize(620, 520)


class BucketDialog(QDialog):
    """Signals:

    look_requested: Look into a folder of a bucket.
    fetch_requested: Copy the folder that is shown to this computer, and use it.
    send_requested: Copy the instrument's data set into the folder that is typed.
    stop_requested: Stop was pressed.
    """

    look_requested = Signal(str)
    fetch_requested = Signal()
    send_requested = Signal(str)
    stop_requested = Signal()

    def __init__(self, *, can_send: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Cloud Storage")
        self.resize(_SIZE)
        self._can_send = can_send
        self._shown: tuple[BucketEntryFound, ...] = ()
        intro = label(
            "Recordings in a bucket of Google Cloud Storage. You log in with Google's own program "
            "(gcloud auth application-default login); Timbre Studio does not store your login.",
            "dim",
            wraps=True,
        )
        self.address = QLineEdit(SCHEME)
        self.address.setPlaceholderText("gs://bucket/folder, or gs:// for all buckets")
        self.address.setAccessibleName("Folder in a bucket")
        self.address.returnPressed.connect(self._look)
        self.up_button = QPushButton("Up")
        self.up_button.setAutoDefault(False)
        self.up_button.clicked.connect(lambda: self._go(parent_of(self.address.text().strip())))
        self.look_button = QPushButton("Look")
        self.look_button.setAutoDefault(False)
        self.look_button.clicked.connect(self._look)
        row = QHBoxLayout()
        row.addWidget(self.address, 1)
        row.addWidget(self.up_button)
        row.addWidget(self.look_button)
        self.list = QListWidget()
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName("Contents of the folder")
        self.list.itemActivated.connect(self._enter)
        self.activity = ActivityBar()
        self.activity.stop_requested.connect(self.stop_requested)
        self.message = label("", "", wraps=True)
        self.hint = label("", "small", wraps=True)
        self.hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.fetch_button = QPushButton("Copy here and add")
        self.fetch_button.setToolTip(
            "Copies them into the library's folder 'From Cloud Storage' and adds them to the list"
        )
        self.send_button = QPushButton("Copy the data set there")
        self.send_button.setToolTip("The examples that were prepared from this instrument's recordings")
        for button in (self.fetch_button, self.send_button):
            button.setAutoDefault(False)
            self.buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        self.fetch_button.clicked.connect(self.fetch_requested)
        self.send_button.clicked.connect(lambda: self.send_requested.emit(self.address.text().strip()))
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(intro)
        column.addLayout(row)
        column.addWidget(self.list, 1)
        for widget in (self.activity, self.message, self.hint, self.buttons):
            column.addWidget(widget)
        self.set_state(BucketDialogState())

    def set_state(self, state: BucketDialogState) -> None:
        is_idle = state.doing is Doing.NOTHING
        for widget in (self.address, self.up_button, self.look_button, self.list):
            widget.setEnabled(is_idle)
        if state.entries is not self._shown:
            self._shown = state.entries
            self.list.clear()
            for entry in state.entries:
                self.list.addItem(_item(entry))
        self.activity.set_activity(state.activity)
        set_text(self.message, state.title)
        self.message.setVisible(bool(state.title))
        set_text(self.hint, state.hint)
        self.hint.setVisible(bool(state.hint))
        self.fetch_button.setEnabled(state.can_fetch)
        self.send_button.setVisible(self._can_send)
        self.send_button.setEnabled(is_idle)

    def recolor(self) -> None:
        for place in range(self.list.count()):
            item = self.list.item(place)
            item.setIcon(_icon(item.data(Qt.ItemDataRole.UserRole)))

    def _look(self) -> None:
        if address := self.address.text().strip():
            self.look_requested.emit(address)

    def _enter(self, item: QListWidgetItem) -> None:
        entry: BucketEntryFound = item.data(Qt.ItemDataRole.UserRole)
        if entry.is_folder:
            self._go(entry.path)

    def _go(self, folder: str) -> None:
        self.address.setText(folder)
        self._look()


def _item(entry: BucketEntryFound) -> QListWidgetItem:
    name = one_line(entry.path.removeprefix(SCHEME).rpartition("/")[2])
    text = name if entry.is_folder else f"{name}    {formatting.file_size(entry.size)}"
    item = QListWidgetItem(_icon(entry), text)
    item.setData(Qt.ItemDataRole.UserRole, entry)
    return item


def _icon(entry: BucketEntryFound) -> QIcon:
    return icon("folder" if entry.is_folder else "file")
