"""One setting of the sound: its name, a slider, and its value in words."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from app.plots.sizes import scaled
from app.state.play_knobs import Knob
from app.views.style import label, set_text

_NAME_WIDTH, _VALUE_WIDTH = 84, 76


class KnobRow(QWidget):
    """Signals: turned: The new place of the slider."""

    turned = Signal(int)

    def __init__(self, knob: Knob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._knob = knob
        name = label(knob.title, "small")
        name.setFixedWidth(scaled(_NAME_WIDTH))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(knob.lowest, knob.highest)
        self.slider.setPageStep(knob.page)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the letters to the notes
        self.slider.setAccessibleName(knob.title)
        self.slider.setToolTip(knob.tip)
        self.slider.valueChanged.connect(self.turned)
        self._value = label("", "small")
        self._value.setFixedWidth(scaled(_VALUE_WIDTH))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(name)
        row.addWidget(self.slider, 1)
        row.addWidget(self._value)

    def set_place(self, place: int) -> None:
        if not self.slider.isSliderDown() and self.slider.value() != place:
            self.slider.blockSignals(True)
            self.slider.setValue(place)
            self.slider.blockSignals(False)
        words = self._knob.words(place)
        set_text(self._value, words)
        self.slider.setAccessibleDescription(words)
