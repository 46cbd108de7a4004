"""How recordings of the user's own are played through the model, and a button to choose one."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.state.renders import LIMITS, RenderOptions
from app.views.icons import icon_button
from app.views.number_fields import DecimalField
from app.views.style import label, set_text

_OCTAVE = 12.0
_PERCENT = 100


class RenderBox(QFrame):
    """Signals:

    options_chosen: A control was moved; `RenderOptions` as all of them now say.
    file_requested: The button that opens a file dialog.
    """

    options_chosen = Signal(object)
    file_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "drop")
        self.setAccessibleName("How your recordings are played through this model")
        title = label("Drop a recording, or a folder, to hear it through this model", wraps=True)
        self.file_button = icon_button("file", " Choose files")
        self.file_button.clicked.connect(self.file_requested)
        self.fit = QCheckBox("Fit to this instrument")
        self.fit.setToolTip("Moves the melody by whole octaves into the instrument's range, and matches its dynamics")
        self.reverb = QCheckBox("In the model's room")
        self.reverb.setToolTip("Play it in the room that the model learned from its recordings")
        self.as_plugin = QCheckBox("As DDSP-VST plays it")
        self.as_plugin.setToolTip("Without the room, and with the plug-in's own way from one moment to the next")
        self.pitch_shift = _spin(LIMITS["pitch_shift"], " st", "Pitch shift in semitones; 12 are an octave")
        self.loudness_shift = _spin(
            LIMITS["loudness_shift"], " dB", "How much louder or softer the instrument is played"
        )
        self.octave_down = QPushButton("− octave")
        self.octave_up = QPushButton("+ octave")
        self.octave_down.setToolTip("An octave lower")
        self.octave_up.setToolTip("An octave higher")
        self.octave_down.clicked.connect(lambda: self._move_octave(-_OCTAVE))
        self.octave_up.clicked.connect(lambda: self._move_octave(_OCTAVE))
        self.threshold, self._threshold_words = _slider(
            2 * _PERCENT, "Gate", "turns down what lies between notes, such as breath, hum and noise from the next room"
        )
        self.autotune, self._autotune_words = _slider(_PERCENT, "Autotune", "brings the pitch to the nearest note")
        self.reset_button = QPushButton("Reset")
        self.reset_button.setProperty("role", "link")
        self.reset_button.clicked.connect(self._reset)
        for signal in (
            self.fit.toggled,
            self.reverb.toggled,
            self.as_plugin.toggled,
            self.pitch_shift.valueChanged,
            self.loudness_shift.valueChanged,
            self.threshold.valueChanged,
            self.autotune.valueChanged,
        ):
            signal.connect(self._on_moved)
        self._lay_out(title)
        self.set_options(RenderOptions())

    def _lay_out(self, title: QLabel) -> None:
        fields = QGridLayout()
        fields.setHorizontalSpacing(8)
        fields.setVerticalSpacing(3)
        for place, (name, field) in enumerate((("Pitch", self.pitch_shift), ("Loudness", self.loudness_shift))):
            fields.addWidget(label(name, "small"), 0, place)
            fields.addWidget(field, 1, place)
        for place, button in enumerate((self.octave_down, self.octave_up)):
            fields.addWidget(button, 2, place)
        for row, (name, slider, words) in enumerate(
            (("Gate", self.threshold, self._threshold_words), ("Autotune", self.autotune, self._autotune_words))
        ):
            fields.addWidget(label(name, "small"), 3 + 2 * row, 0)
            fields.addWidget(words, 3 + 2 * row, 1, Qt.AlignmentFlag.AlignRight)
            fields.addWidget(slider, 4 + 2 * row, 0, 1, 2)
        switches = QHBoxLayout()
        switches.addWidget(self.reverb)
        switches.addStretch()
        switches.addWidget(self.reset_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(self.file_button)
        column.addWidget(self.fit)
        column.addLayout(fields)
        column.addLayout(switches)
        column.addWidget(self.as_plugin)

    def options(self) -> RenderOptions:
        return RenderOptions(
            reverb=self.reverb.isChecked(),
            as_plugin=self.as_plugin.isChecked(),
            pitch_shift=self.pitch_shift.value(),
            loudness_shift=self.loudness_shift.value(),
            fit=self.fit.isChecked(),
            threshold=self.threshold.value() / _PERCENT,
            autotune=self.autotune.value() / _PERCENT,
        )

    def set_options(self, options: RenderOptions) -> None:
        """Asks for nothing."""
        if options != self.options():
            switches = (self.fit, self.reverb, self.as_plugin)
            fields = (*switches, self.pitch_shift, self.loudness_shift, self.threshold, self.autotune)
            blockers = [QSignalBlocker(field) for field in fields]
            self.fit.setChecked(options.fit)
            self.reverb.setChecked(options.reverb)
            self.as_plugin.setChecked(options.as_plugin)
            self.pitch_shift.setValue(options.pitch_shift)
            self.loudness_shift.setValue(options.loudness_shift)
            self.threshold.setValue(round(options.threshold * _PERCENT))
            self.autotune.setValue(round(options.autotune * _PERCENT))
            del blockers
        set_text(self._threshold_words, f"{options.threshold:.0%}" if options.threshold else "off")
        set_text(self._autotune_words, f"{options.autotune:.0%}" if options.autotune else "off")
        self.reverb.setEnabled(not options.as_plugin)  # there is no room then
        self.reset_button.setVisible(options != RenderOptions())

    def _on_moved(self) -> None:
        options = self.options()
        self.set_options(options)
        self.options_chosen.emit(options)

    def _move_octave(self, semitones: float) -> None:
        self.pitch_shift.setValue(self.pitch_shift.value() + semitones)

    def _reset(self) -> None:
        self.set_options(RenderOptions())
        self._on_moved()


def _spin(limits: tuple[float, float], unit: str, tip: str) -> DecimalField:
    spin = DecimalField()
    spin.setRange(*limits)
    spin.setDecimals(1)
    spin.setSuffix(unit)
    spin.setToolTip(tip)
    spin.setAccessibleName(tip)
    spin.lineEdit().setTextMargins(6, 0, 0, 0)
    return spin


def _slider(most: int, name: str, tip: str) -> tuple[QSlider, QLabel]:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, most)
    slider.setPageStep(10)
    slider.setToolTip(f"{name}: {tip}")
    slider.setAccessibleName(name)
    return slider, label("off", "small")
