"""Play, loop, where it is, and how loud it is."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSlider, QToolButton, QWidget

from app.plots.colors import Ink
from app.plots.sizes import scaled
from app.state.listening_page import ListeningPageState
from app.views.icons import set_icon, set_picture
from app.views.style import label, set_text

_FULL = 100


class TransportBar(QWidget):
    """Signals: requests of the user. `volume_chosen` carries a gain from 0 to 1."""

    play_toggled = Signal()
    loop_toggled = Signal(bool)
    level_match_toggled = Signal(bool)
    volume_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.play_button = QPushButton()
        self.play_button.setProperty("role", "primary")
        self.play_button.setIconSize(QSize(20, 20))
        self.play_button.setFixedWidth(scaled(60))
        self.play_button.clicked.connect(self.play_toggled)
        self._is_playing: bool | None = None
        self._is_looping: bool | None = None
        self.loop_button = QToolButton()
        self.loop_button.setCheckable(True)
        self.loop_button.setIconSize(QSize(20, 20))
        self.loop_button.setToolTip("Repeat (L). Drag over the waveform to repeat a part of it.")
        self.loop_button.clicked.connect(self.loop_toggled)
        self.time = label("")
        self.time.setMinimumWidth(scaled(92))
        self.level_match = QCheckBox("Equally loud")
        self.level_match.setToolTip(
            "Play everything as loud as the original, because louder always seems to sound better"
        )
        self.level_match.clicked.connect(self.level_match_toggled)
        speaker = QLabel()
        set_picture(speaker, "volume", 18)
        self.volume = QSlider(Qt.Orientation.Horizontal)
        self.volume.setRange(0, _FULL)
        self.volume.setMinimumWidth(48)
        self.volume.setMaximumWidth(110)
        self.volume.setAccessibleName("Volume")
        self.volume.setToolTip("Volume")
        self.volume.valueChanged.connect(self._on_volume_changed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.play_button)
        row.addWidget(self.loop_button)
        row.addWidget(self.time)
        row.addStretch(2)
        row.addWidget(self.level_match)
        row.addSpacing(6)
        row.addWidget(speaker)
        row.addWidget(self.volume, 1)

    def set_state(self, state: ListeningPageState) -> None:
        has_sound = state.pictures is not None
        if state.is_playing != self._is_playing:
            self._is_playing = state.is_playing
            set_icon(self.play_button, "pause" if state.is_playing else "play", Ink.ON_ACCENT)
            self.play_button.setToolTip("Pause (space)" if state.is_playing else "Play (space)")
            self.play_button.setAccessibleName("Pause" if state.is_playing else "Play")
        self.play_button.setEnabled(has_sound)
        self._set_looping(state.is_looping)
        self.level_match.setChecked(state.is_level_matched)
        volume = round(_FULL * state.volume**0.5)
        if not self.volume.isSliderDown() and self.volume.value() != volume:
            self.volume.setValue(volume)

    def _set_looping(self, is_looping: bool) -> None:
        self.loop_button.setChecked(is_looping)
        if is_looping == self._is_looping:
            return
        self._is_looping = is_looping
        set_icon(self.loop_button, "loop", Ink.ACCENT if is_looping else Ink.TEXT_DIM)
        self.loop_button.setAccessibleName("Repeat: on" if is_looping else "Repeat: off")

    def set_time(self, seconds: float, length: float) -> None:
        set_text(self.time, f"{_clock(seconds)} / {_clock(length)}" if length > 0 else "")

    def _on_volume_changed(self, value: int) -> None:
        # The square is near enough to how loudness is felt, and it is silent at zero.
        self.volume_chosen.emit((value / _FULL) ** 2)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(seconds, 0.0), 60)
    return f"{int(minutes)}:{int(rest * 10) / 10:04.1f}"
