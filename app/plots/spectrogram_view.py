"""A mel spectrogram along a time axis, in colours whose lightness follows the level."""

import math
from functools import cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from app.plots.colors import Ink
from app.plots.level_colors import spectrogram_colors
from app.plots.sizes import font_of, scaled
from app.plots.time_axis import TimeAxis
from app.plots.time_lane import TimeLane

_TICKS_HZ = (100, 200, 500, 1000, 2000, 4000, 8000, 16000)
_LEAST_TICK_DISTANCE = 17.0
_FONT_PIXELS = 10


class SpectrogramView(TimeLane):
    """Shows uint8 [bands, frames], low bands first, 0 = -100 dB or less, 255 = 0 dB, spread over the axis' length."""

    ground = Ink.PICTURE_GROUND
    playhead = Ink.PICTURE_PLAYHEAD

    def __init__(self, axis: TimeAxis, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self._title = title
        self._values: npt.NDArray[np.uint8] | None = None
        self._image: QImage | None = None
        self._seconds = 0.0
        self._highest_hz = 8000.0
        self._font = font_of(self.font(), _FONT_PIXELS)
        self.setMinimumHeight(40)

    def set_spectrogram(
        self, spectrogram: npt.NDArray[np.uint8] | None, seconds: float = 0.0, highest_hz: float = 8000.0
    ) -> None:
        """Args: seconds: Length of the sound; highest_hz: Upper edge of the highest band, as a rule half the sample
        rate."""
        if spectrogram is self._values:
            return
        self._values, self._seconds, self._highest_hz = spectrogram, seconds, highest_hz
        self._image = None if spectrogram is None or not spectrogram.size else _indexed_image(spectrogram)
        self.refresh()

    def set_title(self, title: str) -> None:
        if title != self._title:
            self._title = title
            self.refresh()

    def draw_content(self, painter: QPainter, area: QRectF) -> None:
        image = self._image
        if image is not None and self._seconds > 0:
            a_frame = self._seconds / image.width()
            # Only the frames that are seen are scaled: a long recording's picture is wider than Qt likes to paint.
            first = max(int(self.axis.first / a_frame) - 1, 0)
            last = min(math.ceil(self.axis.last / a_frame) + 1, image.width())
            if last > first:
                left, right = self.x_of(first * a_frame), self.x_of(last * a_frame)
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(
                    QRectF(left, 0, right - left, area.height()),
                    image.copy(first, 0, last - first, image.height()),
                )

    def draw_legend(self, painter: QPainter, area: QRectF) -> None:
        painter.setFont(self._font)
        if self._image is not None:
            self._draw_ticks(painter, area)
        if self._title:
            _draw_text(painter, QPointF(10, scaled(17)), self._title, Ink.PICTURE_TEXT.color)

    def _draw_ticks(self, painter: QPainter, area: QRectF) -> None:
        before = math.inf
        for hz in _TICKS_HZ:
            y = area.height() * (1 - mel(hz) / mel(self._highest_hz))
            if y < scaled(_FONT_PIXELS) or before - y < scaled(_LEAST_TICK_DISTANCE):
                continue
            before = y
            text = f"{hz // 1000}k" if hz >= 1000 else str(hz)
            x = area.width() - painter.fontMetrics().horizontalAdvance(text) - 6
            tint = Ink.PICTURE_TEXT.color
            tint.setAlphaF(0.75)
            _draw_text(painter, QPointF(x, y + scaled(_FONT_PIXELS) / 2 - 1), text, tint)


def mel(hz: float) -> float:
    """Mels by O'Shaughnessy's formula (the one of HTK), in which the bands are equally wide."""
    return 2595.0 * math.log10(1.0 + hz / 700.0)


def _draw_text(painter: QPainter, at: QPointF, text: str, color: QColor) -> None:
    """Text that is read on any colour."""
    shadow = Ink.PICTURE_GROUND.color
    shadow.setAlphaF(0.85)
    painter.setPen(shadow)
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        painter.drawText(at + QPointF(dx, dy), text)
    painter.setPen(color)
    painter.drawText(at, text)


@cache
def _color_table() -> list[int]:
    return [0xFF000000 | int(r) << 16 | int(g) << 8 | int(b) for r, g, b in spectrogram_colors()]


def _indexed_image(spectrogram: npt.NDArray[np.uint8]) -> QImage:
    """The picture itself, high bands on top; its colours are looked up by Qt."""
    n_bands, n_frames = spectrogram.shape
    image = QImage(n_frames, n_bands, QImage.Format.Format_Indexed8)
    image.setColorTable(_color_table())
    rows = np.frombuffer(image.bits(), np.uint8).reshape(n_bands, image.bytesPerLine())
    rows[:, :n_frames] = spectrogram[::-1]
    # Colours first, scaling after: Qt scales indexed pictures without smoothing.
    return image.convertToFormat(QImage.Format.Format_RGB32)
