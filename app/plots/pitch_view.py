"""The pitch of a recording along its time: bright where it is sure, faint where it is a guess."""

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from app.plots.colors import Ink
from app.plots.time_axis import TimeAxis
from app.plots.time_lane import TimeLane
from app.state import formatting
from app.state.recording_picture import SURE_CONFIDENCE, RecordingPicture

_LEAP = 3.0  # semitones between two frames that are not joined by a line
_LABEL_ROOM = 15.0  # pixels that a note's name needs
_STEPS = (1, 2, 3, 4, 6, 12, 24)  # semitones between two lines of the grid
_GUESS_ALPHA = 90


class PitchView(TimeLane):
    def __init__(self, axis: TimeAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.setAccessibleName("Pitch")
        self._picture: RecordingPicture | None = None
        self.setMinimumHeight(48)

    def set_picture(self, picture: RecordingPicture | None) -> None:
        if picture is not self._picture:
            self._picture = picture
            self.refresh()

    def draw_content(self, painter: QPainter, area: QRectF) -> None:
        if self._picture is None:
            return
        low, high = self._picture.range
        scale = area.height() / (high - low)
        self._draw_grid(painter, area, low, high)
        first = max(math.floor(self.axis.first / self._picture.frame_seconds) - 1, 0)
        last = math.ceil(self.axis.last / self._picture.frame_seconds) + 1
        notes = self._picture.notes[first:last]
        x = np.array([self.x_of((first + place + 0.5) * self._picture.frame_seconds) for place in (0, 1)])
        xs = x[0] + (x[1] - x[0]) * np.arange(len(notes))
        ys = area.height() - (notes - low) * scale
        is_sure = self._picture.confidence[first:last] >= SURE_CONFIDENCE
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        guess = Ink.TEXT_DIM.color
        guess.setAlpha(_GUESS_ALPHA)
        for wanted, pen in ((~is_sure, QPen(guess, 1.0)), (is_sure, QPen(Ink.ACCENT.color, 1.8))):
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPath(_path(xs, ys, notes, wanted & np.isfinite(notes)))

    def _draw_grid(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        room = area.height() / (high - low)
        step = next((step for step in _STEPS if step * room >= _LABEL_ROOM), _STEPS[-1])
        painter.setFont(self.font())
        for note in range(math.ceil(low / step) * step, math.floor(high) + 1, step):
            y = area.height() - (note - low) * room
            painter.setPen(QPen((Ink.LINE if note % 12 == 0 else Ink.GRID).color, 1))
            painter.drawLine(QPointF(0, y), QPointF(area.width(), y))
            painter.setPen(Ink.TEXT_DIM.color)
            if y >= _LABEL_ROOM:  # the name of the highest line would be cut off
                painter.drawText(QPointF(5, y - 2), formatting.note(note))


def _path(xs: np.ndarray, ys: np.ndarray, notes: np.ndarray, is_drawn: np.ndarray) -> QPainterPath:
    """Lines through neighbours that belong together; a point by itself is a dash."""
    path = QPainterPath()
    places = np.flatnonzero(is_drawn).tolist()
    before = -2
    for place in places:
        x, y = float(xs[place]), float(ys[place])
        if place == before + 1 and abs(notes[place] - notes[before]) < _LEAP:
            path.lineTo(x, y)
        else:
            path.moveTo(x - 0.5, y)
            path.lineTo(x, y)
        before = place
    return path
