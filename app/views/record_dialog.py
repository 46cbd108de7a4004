"""Records takes: an input, its level, one large button, and what to play."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.plots.colors import Ink
from app.plots.sizes import widened
from app.state.notices import Choice
from app.state.recording import RecordDialogState, RecordingPhase
from app.state.take_guide import GuideItem
from app.views.growing_dialog import GrowingDialog
from app.views.icons import icon_button, set_icon
from app.views.level_meter import LevelMeter
from app.views.progress_line import ProgressLine
from app.views.style import label, restyle, set_text

_SIZE = QSize(720, 470)
_GUIDE_WIDTH = 300


class RecordDialog(GrowingDialog):
    """Signals:

    input_chosen: The key of an input.
    look_requested: Look for inputs again.
    record_requested: The large button; `counts_in` says how a take begins.
    """

    input_chosen = Signal(str)
    look_requested = Signal()
    record_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Record takes")
        self.resize(_SIZE)
        self._inputs: tuple[Choice, ...] = ()
        self.inputs = QComboBox()
        self.inputs.setAccessibleName("Sound input")
        self.inputs.activated.connect(self._choose)
        self.look_button = QPushButton("Look again")
        self.look_button.setProperty("role", "quiet")
        self.look_button.setToolTip("Finds a microphone or an interface that you have just connected")
        self.look_button.clicked.connect(self.look_requested)
        self.meter = LevelMeter()
        self.advice = label("", "small", wraps=True)
        self.headline = label("", "title")
        self.headline.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.record_button = icon_button("record", "Record", Ink.ON_ACCENT)
        self.record_button.setProperty("role", "primary")
        self.record_button.setMinimumHeight(44)
        self.record_button.setDefault(True)
        self.record_button.clicked.connect(self.record_requested)
        self.count_in = QCheckBox("Count in with four clicks")
        self.count_in.setToolTip("Four clicks in your headphones, then the take begins")
        self.problem = label("", "", wraps=True)
        self.cure = label("", "small", wraps=True)
        self.takes = label("", "small", wraps=True)
        self.guide = GuideList()
        close = QPushButton("Done")
        close.setAutoDefault(False)
        close.clicked.connect(self.accept)
        for button in (self.look_button, close):
            button.setAutoDefault(False)

        source = QHBoxLayout()
        source.addWidget(self.inputs, 1)
        source.addWidget(self.look_button)
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addWidget(label("Input", "section"))
        left.addLayout(source)
        left.addWidget(self.meter)
        left.addWidget(self.advice)
        left.addStretch()
        left.addWidget(self.headline)
        left.addWidget(self.record_button)
        left.addWidget(self.count_in)
        left.addStretch()
        for widget in (self.problem, self.cure, self.takes):
            left.addWidget(widget)
        right = QVBoxLayout()
        right.addWidget(label("What to play", "section"))
        right.addWidget(self.guide)
        right.addStretch()
        feet = QWidget()
        foot = QHBoxLayout(feet)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.addStretch()
        foot.addWidget(close)
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(8, 6, 8, 0)
        row.setSpacing(24)
        row.addLayout(left, 1)
        row.addLayout(right)
        self.set_content(content, feet)
        self.set_state(RecordDialogState())

    @property
    def counts_in(self) -> bool:
        return self.count_in.isChecked()

    def set_state(self, state: RecordDialogState) -> None:
        if state.inputs != self._inputs:
            self._inputs = state.inputs
            self.inputs.clear()
            for choice in state.inputs:
                self.inputs.addItem(choice.title, choice.key)
        place = self.inputs.findData(state.input)
        if place >= 0 and place != self.inputs.currentIndex():
            self.inputs.setCurrentIndex(place)
        is_resting = not state.can_press or state.phase is RecordingPhase.READY
        for widget in (self.inputs, self.look_button, self.count_in):
            widget.setEnabled(is_resting)
        self.meter.set_level(state.level_db)
        set_text(self.advice, state.advice)
        set_text(self.headline, state.headline)
        restyle(self.headline, tone="bad" if state.phase is RecordingPhase.RECORDING else "plain")
        if self.record_button.text() != state.button:
            self.record_button.setText(state.button)
            set_icon(self.record_button, "stop" if state.button == "Stop" else "record", Ink.ON_ACCENT)
        self.record_button.setEnabled(state.can_press)
        for line, text in ((self.problem, state.problem), (self.cure, state.cure), (self.takes, state.takes)):
            set_text(line, text)
            line.setVisible(bool(text))
        self.guide.set_items(state.guide)
        self.grow()

    def _choose(self, place: int) -> None:
        self.input_chosen.emit(self.inputs.itemData(place))


class GuideList(QWidget):
    """What to play, each with a bar that fills as it is played."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(widened(_GUIDE_WIDTH))
        self._rows: list[tuple[QLabel, QLabel, QLabel, ProgressLine]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)

    def set_items(self, items: Sequence[GuideItem]) -> None:
        while len(self._rows) < len(items):
            self._rows.append(self._new_row())
        for (title, hint, heard, line), item in zip(self._rows, items, strict=False):
            set_text(title, item.title)
            if hint.text() != item.hint:
                hint.setText(item.hint)
                height = hint.heightForWidth(widened(_GUIDE_WIDTH))
                hint.setMinimumHeight(height)  # a layout squeezes wrapped lines otherwise
            set_text(heard, item.heard)
            line.set_fraction(item.filled)
            line.setAccessibleName(item.title)

    def _new_row(self) -> tuple[QLabel, QLabel, QLabel, ProgressLine]:
        row = QFrame()
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        title, heard, hint = label(""), label("", "small", wraps=True), label("", "small", wraps=True)
        line = ProgressLine()
        for widget in (title, hint, line, heard):
            column.addWidget(widget)
        self._column.addWidget(row)
        return title, hint, heard, line
