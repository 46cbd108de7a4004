"""The chosen recording in full: every word of its verdict, its waveform and pitch, and a button to hear it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.plots.colors import Ink
from app.plots.pitch_view import PitchView
from app.plots.time_axis import TimeAxis
from app.plots.time_ruler import TimeRuler
from app.plots.waveform_view import WaveformView
from app.state import formatting
from app.state.notices import Tone
from app.state.recording_picture import RecordingPicture
from app.state.recordings_panel import RecordingDetails
from app.views.icons import set_icon
from app.views.style import label, set_text

_TONES = {Tone.PLAIN: Ink.TEXT_DIM, Tone.GOOD: Ink.GOOD, Tone.WARNING: Ink.WARNING, Tone.BAD: Ink.BAD}
_WAVEFORM_HEIGHT = 52


class RecordingDetailsView(QFrame):
    """Signals:

    play_toggled: Of what is shown.
    seek_requested: Seconds.
    locate_requested: The recording is missing, and the user knows where it is.
    """

    play_toggled = Signal()
    seek_requested = Signal(float)
    locate_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._details: RecordingDetails | None = None
        self._is_playing: bool | None = None
        self.play_button = QToolButton()
        self.play_button.clicked.connect(self.play_toggled)
        self.name = label("", "heading")
        self.name.setMinimumWidth(40)
        self.time = label("", "small")
        self.words = label("", wraps=True)
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.locate_button = QPushButton("Locate ...")
        self.locate_button.setToolTip(
            "Choose the folder where it is now; other recordings that moved with it are found too"
        )
        self.locate_button.clicked.connect(self.locate_requested)
        self.axis = TimeAxis(self)
        self.axis.seek_requested.connect(self.seek_requested)
        self.waveform = WaveformView(self.axis, Ink.ORIGINAL)
        self.waveform.setAccessibleName("Waveform of the recording")
        self.waveform.setMaximumHeight(_WAVEFORM_HEIGHT)
        self.pitch = PitchView(self.axis)
        self.pitch.setToolTip("The pitch that was heard: bright where it is sure, grey where it is a guess")
        self.waveform.setToolTip("Click to go there, turn the wheel to zoom, double-click to see all")
        self.empty = label("", "dim", wraps=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lanes = QWidget()
        self._lay_out()
        self.set_playing(False)
        self.set_details(None)

    def _lay_out(self) -> None:
        lanes = QVBoxLayout(self._lanes)
        lanes.setContentsMargins(0, 0, 0, 0)
        lanes.setSpacing(2)
        lanes.addWidget(self.waveform, 2)
        lanes.addWidget(self.pitch, 3)
        lanes.addWidget(TimeRuler(self.axis))
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.play_button)
        head.addWidget(self.name, 1)
        head.addWidget(self.time)
        head.addWidget(self.locate_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 6)
        column.setSpacing(5)
        column.addLayout(head)
        column.addWidget(self.words)
        column.addWidget(self._lanes, 1)
        column.addWidget(self.empty, 1)

    # --- what is told -------------------------------------------------------------------------------------------------
    def set_details(self, details: RecordingDetails | None) -> None:
        self._details = details
        is_shown = details is not None
        for widget in (self.play_button, self.name, self.words):
            widget.setVisible(is_shown)
        self.locate_button.setVisible(details is not None and details.can_be_located)
        if details is None:
            set_text(self.empty, "Choose a recording above to see and hear it.")
            set_text(self.time, "")
            self.set_picture(None)
            return
        set_text(self.name, self.name.fontMetrics().elidedText(details.name, Qt.TextElideMode.ElideMiddle, 420))
        self.name.setToolTip(details.path)
        set_text(self.words, _rich(details))
        self.play_button.setEnabled(details.can_be_played)
        set_text(self.empty, "" if not details.can_be_played else "Its picture appears when it has been analysed.")
        self.set_playhead(None)

    def recolor(self) -> None:
        if self._details is not None:
            set_text(self.words, _rich(self._details))

    def set_picture(self, picture: RecordingPicture | None) -> None:
        self._lanes.setVisible(picture is not None)
        self.empty.setVisible(picture is None)
        self.axis.set_length(picture.peaks.seconds if picture is not None else 0.0)
        peaks = picture.peaks if picture is not None else None
        loudest = float(max(peaks.high.max(), -peaks.low.min())) if peaks is not None else 1.0
        self.waveform.set_peaks(peaks, loudest)
        self.pitch.set_picture(picture)

    def set_playing(self, is_playing: bool) -> None:
        if is_playing != self._is_playing:
            self._is_playing = is_playing
            set_icon(self.play_button, "pause" if is_playing else "play")
            word = "Pause" if is_playing else "Play"
            self.play_button.setAccessibleName(word)
            self.play_button.setToolTip(f"{word} (Space)")

    def set_playhead(self, seconds: float | None) -> None:
        """Where it is heard; told some thirty times a second."""
        self.axis.set_playhead(seconds)
        length = formatting.clock(self._details.seconds) if self._details is not None else ""
        set_text(self.time, f"{formatting.clock(seconds)} / {length}" if seconds is not None else length)


def _rich(details: RecordingDetails) -> str:
    """The verdict in its colour, its reasons, and what the file is. Names of files are never part of it."""
    reasons = " ".join(_escaped(sentence) for sentence in details.sentences)
    color = _TONES[details.tone].hex
    facts = f" <span style='color:{Ink.TEXT_DIM.hex}'>{_escaped(details.facts)}</span>" if details.facts else ""
    return f"<b style='color:{color}'>{_escaped(details.word)}</b> {reasons}{facts}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
