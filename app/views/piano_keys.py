"""A piano's keys for the mouse, with the letters that play them."""

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.plots.colors import Ink
from app.plots.sizes import font_of, scaled
from app.state import formatting
from app.state.computer_keys import FIRST_OCTAVE, key_of_note

LOWEST, HIGHEST = 36, 96  # C2 to C7
_BLACK = frozenset((1, 3, 6, 8, 10))
_HEIGHT = 132
_BLACK_SHARE = 0.62  # of a white key, in both directions
_LETTERS = 11
_SOFTEST, _LOUDEST = 30, 120


class PianoKeys(QWidget):
    """The lower on a key one presses, the louder. Gliding over keys ties their notes.

    Signals: pressed: A MIDI number and a velocity. released: A MIDI number.
    """

    pressed = Signal(int, int)
    released = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(scaled(_HEIGHT))
        self.setAccessibleName("Piano keys")
        self._held: int | None = None
        self._sounding: int | None = None
        self._range = (LOWEST, HIGHEST)
        self._octave = FIRST_OCTAVE

    def set_sounding(self, note: int | None) -> None:
        """The key that is shown pressed."""
        if note != self._sounding:
            self._sounding = note
            self.setAccessibleDescription("" if note is None else formatting.note(note))
            self.update()

    def set_range(self, lowest: int, highest: int) -> None:
        """The keys of the notes that the instrument learned; others are paler."""
        if (lowest, highest) != self._range:
            self._range = (lowest, highest)
            self.update()

    def set_octave(self, octave: int) -> None:
        """Where the letters stand."""
        if octave != self._octave:
            self._octave = octave
            self.update()

    def note_at(self, point: QPointF) -> int | None:
        """The key at a point of this widget."""
        areas = [*self._areas(is_black=True), *self._areas(is_black=False)]
        return next((note for note, area in areas if area.contains(point)), None)

    def area_of(self, note: int) -> QRectF:
        """Where a key lies."""
        return dict(self._areas(is_black=note % 12 in _BLACK))[note]

    def sizeHint(self) -> QSize:
        return QSize(scaled(720), scaled(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(scaled(360), scaled(_HEIGHT))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._hold(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None and self.note_at(event.position()) not in (self._held, None):
            self._hold(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._let_go()

    def _hold(self, point: QPointF) -> None:
        before, self._held = self._held, self.note_at(point)
        if self._held is not None:
            depth = min(1.0, point.y() / self.area_of(self._held).height())
            self.pressed.emit(self._held, round(_SOFTEST + depth * (_LOUDEST - _SOFTEST)))
        if before is not None:
            self.released.emit(before)

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self.released.emit(held)

    def _areas(self, *, is_black: bool) -> Iterator[tuple[int, QRectF]]:
        notes = range(LOWEST, HIGHEST + 1)
        width = self.width() / sum(note % 12 not in _BLACK for note in notes)
        left = 0.0
        for note in notes:
            if note % 12 not in _BLACK:
                if not is_black:
                    yield note, QRectF(left, 0, width, self.height())
                left += width
            elif is_black:
                size = _BLACK_SHARE * width
                yield note, QRectF(left - size / 2, 0, size, _BLACK_SHARE * self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font_of(self.font(), _LETTERS))
        for is_black in (False, True):
            for note, area in self._areas(is_black=is_black):
                self._draw(painter, note, area.adjusted(0.5, -4, -0.5, -1), is_black)
        painter.end()

    def _draw(self, painter: QPainter, note: int, area: QRectF, is_black: bool) -> None:
        is_learned = self._range[0] <= note <= self._range[1]
        ink = Ink.PICTURE_GROUND if is_black else Ink.PLAYHEAD if is_learned else Ink.TEXT_DIM
        if note == self._sounding:
            ink = Ink.ACCENT
        painter.setPen(Ink.LINE.color)
        painter.setBrush(ink.color if self.isEnabled() else Ink.RAISED.color)
        painter.drawRoundedRect(area, 3, 3)
        letter = key_of_note(note, self._octave)
        words = letter or (formatting.note(note) if note % 12 == 0 else "")
        if words:
            painter.setPen((Ink.PICTURE_TEXT if is_black or not self.isEnabled() else Ink.BACKGROUND).color)
            below = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
            painter.drawText(area.adjusted(0, 0, 0, -5), below, words)
