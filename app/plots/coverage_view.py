"""Which notes, how loud, and for how long: bright where a model will know much, dark where it is blind."""

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from app.plots.colors import Ink
from app.plots.level_colors import spectrogram_colors
from app.state import formatting
from app.state.coverage import LEVEL_STEP, Coverage

_FEWEST_NOTES = 25
_LOWEST_LEVEL = -60
_BRIGHT_SECONDS = 4.0  # of one note at one level: nobody needs more
_DARKEST = 70  # of 255: the least that can be told from nothing
_GAP = 6.0


class CoverageView(QWidget):
    """Notes from left to right, levels from soft (below) to loud."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Notes and levels that the model will know")
        self.setMinimumHeight(96)
        self._coverage = Coverage()

    def set_coverage(self, coverage: Coverage) -> None:
        if coverage != self._coverage:
            self._coverage = coverage
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 150)

    # --- notes, levels, pixels ----------------------------------------------------------------------------------------
    def _notes(self) -> tuple[int, int]:
        """First and last note shown: all notes that are there and a few more, starting at a C or an F."""
        notes = sorted(self._coverage.by_note) or [48, 72]
        spare = max(3, (_FEWEST_NOTES - (notes[-1] - notes[0] + 1) + 1) // 2)
        return max(notes[0] - spare, 0), min(notes[-1] + spare, 127)

    def _lowest_level(self) -> int:
        return min([_LOWEST_LEVEL, *self._coverage.by_level])

    def _field(self) -> QRectF:
        metrics = QFontMetricsF(self.font())
        left = metrics.horizontalAdvance("medium") + _GAP
        return QRectF(self.rect()).adjusted(left, 2, -1, -(metrics.height() + 3))

    def _cell(self, note: int, level: int) -> QRectF:
        field, (first, last), lowest = self._field(), self._notes(), self._lowest_level()
        width = field.width() / (last - first + 1)
        height = field.height() * LEVEL_STEP / -lowest
        return QRectF(
            field.left() + (note - first) * width,
            field.top() + (-level - LEVEL_STEP) / LEVEL_STEP * height,
            width,
            height,
        )

    # --- painting -----------------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        field = self._field()
        painter.fillRect(field, Ink.PICTURE_GROUND.color)
        shades = spectrogram_colors()
        for (note, level), seconds in self._coverage.seconds.items():
            share = min(math.sqrt(seconds / _BRIGHT_SECONDS), 1.0)
            red, green, blue = (int(part) for part in shades[round(_DARKEST + (230 - _DARKEST) * share)])
            painter.fillRect(self._cell(note, level).adjusted(0.5, 0.5, -0.5, -0.5), QColor(red, green, blue))
        self._draw_notes(painter, field)
        self._draw_levels(painter, field)
        painter.end()

    def _draw_notes(self, painter: QPainter, field: QRectF) -> None:
        metrics = QFontMetricsF(self.font())
        first, last = self._notes()
        for note in range(first, last + 1):
            cell = self._cell(note, -LEVEL_STEP)
            if note % 12:
                continue
            painter.setPen(QPen(Ink.PICTURE_LINE.color, 1))
            painter.drawLine(QPointF(cell.left(), field.top()), QPointF(cell.left(), field.bottom()))
            painter.setPen(Ink.TEXT_DIM.color)
            painter.drawText(QPointF(cell.left() + 1, field.bottom() + metrics.ascent() + 2), formatting.note(note))

    def _draw_levels(self, painter: QPainter, field: QRectF) -> None:
        metrics = QFontMetricsF(self.font())
        painter.setPen(Ink.TEXT_DIM.color)
        for word, y in (
            ("loud", field.top() + metrics.ascent()),
            ("medium", field.center().y() + metrics.ascent() / 2),
            ("soft", field.bottom() - metrics.descent()),
        ):
            width = metrics.horizontalAdvance(word)
            painter.drawText(QPointF(field.left() - _GAP - width, y), word)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.words_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def words_at(self, point: QPointF) -> str:
        """What lies under the mouse: note, level, seconds."""
        field, (first, last) = self._field(), self._notes()
        if not field.contains(point):
            return ""
        note = first + int((point.x() - field.left()) / field.width() * (last - first + 1))
        steps = int((point.y() - field.top()) / field.height() * -self._lowest_level() / LEVEL_STEP)
        level = -LEVEL_STEP * (steps + 1)
        seconds = self._coverage.seconds.get((note, level), 0.0)
        heard = f"{seconds:.1f} s" if seconds >= 0.05 else "not heard" if not seconds else "less than 0.1 s"
        whole = self._coverage.by_note.get(note, 0.0)
        return f"{formatting.note(note)} at {level} dB: {heard} ({formatting.note(note)} at any level: {whole:.1f} s)"
