"""The fourth page: one plays the model with mouse and keys, and turns its knobs."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.plots.sizes import widened
from app.state.computer_keys import note_of_key, octave_after
from app.state.play_knobs import ENVELOPE, INPUT_KNOBS, KNOBS, places
from app.state.play_page import BUFFERS, KEYS, PlayPageState, PlayPhase
from app.views.icons import icon_button, set_icon
from app.views.knob_row import KnobRow
from app.views.level_meter import LevelMeter
from app.views.notice_bar import NoticeBar
from app.views.piano_keys import PianoKeys
from app.views.style import label, set_text

_SIDE_WIDTH = 310
_VELOCITY = 96  # of the computer's keys, which know no other
_COMMAND_KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class PlayPage(QWidget):
    """Signals: requests of the user.

    note_pressed: A MIDI number and a velocity. note_released: A MIDI number.
    octave_chosen: Where the computer's keys play.
    knob_turned: The name of a knob, and where its slider stands.
    output_chosen: The name of an output. input_chosen: That of an input which plays; empty for keys.
    buffer_chosen: Seconds. look_requested: Look for devices again.
    fit_toggled: Whether what comes in is moved to where the instrument plays.
    """

    note_pressed = Signal(int, int)
    note_released = Signal(int)
    octave_chosen = Signal(int)
    knob_turned = Signal(str, int)
    output_chosen = Signal(str)
    input_chosen = Signal(str)
    buffer_chosen = Signal(float)
    fit_toggled = Signal(bool)
    measure_requested = Signal()
    record_requested = Signal()
    file_requested = Signal()
    look_requested = Signal()
    notice_dismissed = Signal()
    notice_action_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = PlayPageState()
        self._held: dict[str, int] = {}  # computer keys that are down, and what they play
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Play with the keys A to P")
        self.notice = NoticeBar()
        self.notice.dismissed.connect(self.notice_dismissed)
        self.notice.action_requested.connect(self.notice_action_requested)
        self.headline = label("", "title")
        self.advice = label("", "dim", wraps=True)
        self.figures = label("", "small", wraps=True)
        self.keyboards = label("", "small", wraps=True)
        self.meter = LevelMeter()
        self.meter.setAccessibleName("Output level")
        self.input_meter = LevelMeter()
        self.outputs, self.players, self.buffers = _box("Sound output"), _box("Who plays"), _box("Delay")
        self.outputs.activated.connect(lambda place: self.output_chosen.emit(self.outputs.itemText(place)))
        self.players.activated.connect(
            lambda place: self.input_chosen.emit(self.players.itemText(place) if place else "")
        )
        for seconds, title in BUFFERS.items():
            self.buffers.addItem(title, seconds)
        self.buffers.activated.connect(lambda place: self.buffer_chosen.emit(self.buffers.itemData(place)))
        self.look_button = QPushButton("Look again")
        self.look_button.setProperty("role", "quiet")
        self.look_button.setToolTip("Finds a device that you have just connected, and opens it")
        self.look_button.clicked.connect(self.look_requested)
        self.measure_button = QPushButton("Measure")
        self.measure_button.setProperty("role", "quiet")
        self.measure_button.setToolTip(
            "Plays clicks and hears when they come back. Connect the output with the input, or hold the microphone to "
            "the headphones."
        )
        self.measure_button.clicked.connect(self.measure_requested)
        self.record_button = icon_button("record", "Record")
        self.record_button.setToolTip("Keeps what you play as a wav file, in the instrument's folder")
        self.record_button.clicked.connect(self.record_requested)
        self.file_button = icon_button("play", "")
        self.file_button.setToolTip("Plays its notes with this instrument, one at a time. You can also drop one here.")
        self.file_button.clicked.connect(self.file_requested)
        self.fit = QCheckBox("Fit to the instrument's range")
        self.fit.setToolTip("Moves what comes in by octaves, and makes its soft and loud those of the instrument")
        self.fit.clicked.connect(self.fit_toggled)
        for button in (self.look_button, self.measure_button, self.record_button, self.file_button, self.fit):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the letters to the notes
        self.knobs = {knob.name: KnobRow(knob) for knob in (*KNOBS, *INPUT_KNOBS)}
        for name, row in self.knobs.items():
            row.turned.connect(partial(self.knob_turned.emit, name))
        self.keys = PianoKeys()
        self.keys.pressed.connect(self.note_pressed)
        self.keys.released.connect(self.note_released)

        words = QVBoxLayout()
        words.setSpacing(6)
        words.addWidget(self.headline)
        words.addWidget(self.advice)
        words.addSpacing(6)
        words.addWidget(self.meter)
        words.addWidget(self.figures)
        words.addSpacing(6)
        words.addWidget(self.keyboards)
        words.addSpacing(10)
        buttons = QHBoxLayout()
        buttons.addWidget(self.record_button)
        buttons.addWidget(self.file_button)
        buttons.addStretch()
        words.addLayout(buttons)
        words.addSpacing(6)
        words.addLayout(self._make_devices())
        words.addStretch()
        top = QHBoxLayout()
        top.setSpacing(24)
        top.addLayout(words, 1)
        top.addWidget(self._make_side(), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        column.addWidget(self.notice)
        column.addLayout(top, 1)
        column.addWidget(self.keys)
        self.set_state(self._state)

    def _make_devices(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setColumnStretch(1, 1)
        rows = (("Played by", self.players), ("Output", self.outputs), ("Delay", self.buffers))
        for row, (name, box) in enumerate(rows):
            grid.addWidget(label(name, "small"), row, 0)
            grid.addWidget(box, row, 1)
        grid.addWidget(self.look_button, 1, 2)
        grid.addWidget(self.measure_button, 2, 2)
        return grid

    def _make_side(self) -> QWidget:
        card = QFrame()
        card.setProperty("role", "card")
        card.setFixedWidth(widened(_SIDE_WIDTH))
        inside = QVBoxLayout(card)
        inside.setContentsMargins(14, 12, 14, 12)
        inside.setSpacing(8)
        inside.addWidget(label("Sound", "section"))
        for knob in KNOBS:
            inside.addWidget(self.knobs[knob.name])
        self._input_rows = (self.input_meter, *(self.knobs[knob.name] for knob in INPUT_KNOBS), self.fit)
        for row in self._input_rows:
            inside.addWidget(row)
        return card

    # --- what is told -------------------------------------------------------------------------------------------------
    def set_state(self, state: PlayPageState) -> None:
        self._state = state
        set_text(self.headline, state.headline)
        set_text(self.advice, state.advice)
        set_text(self.figures, state.figures)
        set_text(self.keyboards, state.midi_words if state.can_play else "")
        self.meter.set_level(state.level_db)
        self.keys.setEnabled(state.can_play)
        self.keys.set_sounding(round(state.note) if state.note else None)
        self.keys.set_range(round(state.lowest_midi), round(state.highest_midi))
        self.keys.set_octave(state.octave)
        for name, place in places(state.knobs).items():
            self.knobs[name].set_place(place)
        _fill(self.outputs, state.outputs, state.output)
        _fill(self.players, state.players, state.input or KEYS)
        self.buffers.setCurrentIndex(self.buffers.findData(state.buffer))
        for row in self._input_rows:
            row.setVisible(bool(state.input))
        for name in ENVELOPE:
            self.knobs[name].setVisible(not state.input)
        self.input_meter.set_level(state.input_db)
        self.measure_button.setVisible(bool(state.input))
        self.measure_button.setEnabled(state.can_measure)
        self.fit.setChecked(state.knobs.fits)
        if self.record_button.text() != state.record_word:
            self.record_button.setText(state.record_word)
            set_icon(self.record_button, "stop" if state.take_seconds else "record")
        if self.file_button.text() != state.file_word:
            self.file_button.setText(state.file_word)
            set_icon(self.file_button, "stop" if state.is_playing_file else "play")
        for button in (self.record_button, self.file_button):
            button.setEnabled(state.can_play)
        for widget in (*self.knobs.values(), self.outputs, self.players, self.buffers, self.look_button):
            widget.setEnabled(state.phase is not PlayPhase.EMPTY)
        self.notice.set_notice(state.notice)

    # --- the computer's keys ------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = _letter(event)
        if not key or not self._state.can_play:
            super().keyPressEvent(event)
            return
        if event.isAutoRepeat() or key in self._held:
            return
        octave = octave_after(key, self._state.octave)
        if octave != self._state.octave:
            self.octave_chosen.emit(octave)
        note = note_of_key(key, self._state.octave)
        if note is not None:
            self._held[key] = note
            self.note_pressed.emit(note, _VELOCITY)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        note = None if event.isAutoRepeat() else self._held.pop(_letter(event), None)
        if note is not None:
            self.note_released.emit(note)
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._let_go()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._let_go()

    def _let_go(self) -> None:
        """The keys that come up elsewhere are not told to this page."""
        held, self._held = self._held, {}
        for note in held.values():
            self.note_released.emit(note)


def _letter(event: QKeyEvent) -> str:
    """The letter of a key that stands alone; empty for any other."""
    if event.modifiers() & _COMMAND_KEYS or not Qt.Key.Key_A.value <= event.key() <= Qt.Key.Key_Z.value:
        return ""
    return chr(event.key())


def _box(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a letter would choose in it
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(6)
    return box


def _fill(box: QComboBox, names: tuple[str, ...], chosen: str) -> None:
    if tuple(box.itemText(place) for place in range(box.count())) != names:
        box.clear()
        box.addItems(names)
    place = box.findText(chosen)
    if place >= 0 and place != box.currentIndex():
        box.setCurrentIndex(place)
