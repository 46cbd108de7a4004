"""The original above what the model makes of it: waveforms and spectrograms along one time."""

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.plots.colors import Ink
from app.plots.spectrogram_view import SpectrogramView
from app.plots.time_axis import TimeAxis
from app.plots.time_ruler import TimeRuler
from app.plots.waveform_view import WaveformView
from app.state.listening_page import Pictures, SoundPart
from app.views.part_switch import PART_INKS

_WAVEFORM_HEIGHT = 58


class SoundLanes(QFrame):
    """`axis` says where the user clicked and what was dragged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.axis = TimeAxis(self)
        self._pictures: Pictures | None = None
        self.original_waveform = WaveformView(self.axis, Ink.ORIGINAL)
        self.original_spectrogram = SpectrogramView(self.axis, SoundPart.ORIGINAL.title)
        self.output_waveform = WaveformView(self.axis, Ink.RESYNTHESIZED)
        self.output_spectrogram = SpectrogramView(self.axis, SoundPart.RESYNTHESIZED.title)
        ruler = TimeRuler(self.axis)
        for waveform in (self.original_waveform, self.output_waveform):
            waveform.setMaximumHeight(_WAVEFORM_HEIGHT)
        for lane, name in (
            (self.original_waveform, "Waveform of the original"),
            (self.original_spectrogram, "Spectrogram of the original"),
            (self.output_waveform, "Waveform of what the model plays"),
            (self.output_spectrogram, "Spectrogram of what the model plays"),
        ):
            lane.setAccessibleName(name)
            lane.setToolTip("Click to go there, drag to repeat a part, turn the wheel to zoom, double-click to see all")

        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 4)
        column.setSpacing(2)
        column.addWidget(self.original_waveform, 2)
        column.addWidget(self.original_spectrogram, 5)
        column.addSpacing(8)
        column.addWidget(self.output_waveform, 2)
        column.addWidget(self.output_spectrogram, 5)
        column.addWidget(ruler)

    def set_pictures(self, pictures: Pictures | None, part: SoundPart) -> None:
        """Args: part: What is heard; below lies its waveform, or the whole output's while the original is heard."""
        below = (
            part
            if part is not SoundPart.ORIGINAL and pictures and pictures.peaks[part.value]
            else SoundPart.RESYNTHESIZED
        )
        self.output_waveform.set_ink(PART_INKS[below])
        is_whole = below is SoundPart.RESYNTHESIZED
        self.output_spectrogram.set_title(
            f"{SoundPart.RESYNTHESIZED.title}{'' if is_whole else ', both parts together'}"
        )
        if pictures is None:
            self._pictures = None
            self.axis.set_length(0.0)
            self.original_waveform.set_peaks(None)
            self.output_waveform.set_peaks(None)
            self.original_spectrogram.set_spectrogram(None)
            self.output_spectrogram.set_spectrogram(None)
            return
        self.axis.set_length(pictures.seconds)
        self.original_waveform.set_peaks(pictures.peaks[SoundPart.ORIGINAL.value], pictures.full_scale)
        self.output_waveform.set_peaks(pictures.peaks[below.value], pictures.full_scale)
        if pictures is not self._pictures:
            seconds, highest_hz = pictures.seconds, pictures.highest_hz
            self.original_spectrogram.set_spectrogram(pictures.original_spectrogram, seconds, highest_hz)
            self.output_spectrogram.set_spectrogram(pictures.output_spectrogram, seconds, highest_hz)
        self._pictures = pictures
