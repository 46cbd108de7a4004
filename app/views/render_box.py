"""The place for a recording of one's own: dropped here, it is played through the model."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.plots import colors
from app.state.renders import RenderOptions
from app.views.icons import icon, pixmap
from app.views.style import label, restyle

# The limits of RenderSpec; beyond these few would still know the instrument.
_MOST_SEMITONES = 24.0
_MOST_DB = 24.0


class RenderBox(QFrame):
    """Signals:

    render_requested: The path of a recording, and its `RenderOptions`.
    file_requested: The button that opens a file dialog; `options()` says how it is to be rendered.
    """

    render_requested = Signal(str, object)
    file_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "drop")
        self.setAcceptDrops(True)
        self.setAccessibleName("Drop a recording to hear it through this model")
        picture = QLabel()
        picture.setPixmap(pixmap("drop", 22, colors.ACCENT))
        title = label("Drop a recording to hear it through this model", wraps=True)
        self.file_button = QPushButton(icon("file"), " Choose a file")
        self.file_button.clicked.connect(self.file_requested)
        self.reverb = QCheckBox("In the model's room")
        self.reverb.setChecked(True)
        self.reverb.setToolTip("Play it in the room that the model learned from its recordings")
        self.pitch_shift = _spin(_MOST_SEMITONES, " st", "Pitch shift in semitones; 12 are an octave")
        self.pitch_shift.setDecimals(1)
        self.loudness_shift = _spin(_MOST_DB, " dB", "How much louder or softer the instrument is played")
        self.loudness_shift.setDecimals(1)

        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(title, 1)
        fields = QGridLayout()
        fields.setHorizontalSpacing(8)
        fields.setVerticalSpacing(2)
        for place, (name, field) in enumerate((("Pitch", self.pitch_shift), ("Loudness", self.loudness_shift))):
            fields.addWidget(label(name, "small"), 0, place)
            fields.addWidget(field, 1, place)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(10)
        column.addLayout(head)
        column.addLayout(fields)
        column.addWidget(self.reverb)
        column.addWidget(self.file_button)

    def options(self) -> RenderOptions:
        return RenderOptions(self.reverb.isChecked(), self.pitch_shift.value(), self.loudness_shift.value())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            restyle(self, hovered=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        restyle(self, hovered=False)

    def dropEvent(self, event: QDropEvent) -> None:
        restyle(self, hovered=False)
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
        for path in paths:
            self.render_requested.emit(path, self.options())


def _spin(most: float, unit: str, tip: str) -> QDoubleSpinBox:
    spin = QDoubleSpinBox()
    spin.setRange(-most, most)
    spin.setSuffix(unit)
    spin.setToolTip(tip)
    spin.setAccessibleName(tip)
    spin.lineEdit().setTextMargins(6, 0, 0, 0)
    return spin
