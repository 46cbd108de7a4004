"""The training as a line of moments: the same phrase can be heard at each of them."""

import bisect

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.plots.colors import Ink
from app.plots.sizes import font_of, scaled

_MARGIN = 12.0
_LINE_Y = 15.0
_LABEL_Y, _LABEL_HEIGHT = 26, 20
_LARGE, _SMALL = 7.0, 3.0
_LEAST_WIDTH = 24
_TIP = "Hear the phrase as the model played it at this step of its training (arrow keys)"
_UNPLAYED_TIP = ".\nA ring is a saved model that has not played yet: choose it and press Hear."


class StepTimeline(QWidget):
    """Click or drag along it, or use the arrow keys.

    Signals:
      chosen: The step that was reached.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[int, ...] = ()
        self._step: int | None = None
        self._best: int | None = None
        self._unplayed: frozenset[int] = frozenset()
        self._small = font_of(self.font(), 11)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(_TIP)

    def set_steps(
        self, steps: tuple[int, ...], step: int | None, best: int | None, unplayed: tuple[int, ...] = ()
    ) -> None:
        """
        Args:
          best: The step of the best checkpoint, which is marked.
          unplayed: Steps whose model can play, but has not: they are hollow.
        """
        if (steps, step, best, frozenset(unplayed)) == (self._steps, self._step, self._best, self._unplayed):
            return
        self._steps, self._step, self._best, self._unplayed = steps, step, best, frozenset(unplayed)
        self.setAccessibleName(f"Step of the training: {step:,}" if step is not None else "Step of the training")
        self.setToolTip(f"{_TIP}{_UNPLAYED_TIP if unplayed else ''}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, _LABEL_Y + scaled(_LABEL_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """Never nothing: the keys reach it."""
        return QSize(_LEAST_WIDTH, self.sizeHint().height())

    # --- painting -----------------------------------------------------------------------------------------------------
    def x_of(self, place: int) -> float:
        span = max(len(self._steps) - 1, 1)
        width = self.width() - 2 * _MARGIN
        return _MARGIN + (place / span * width if len(self._steps) > 1 else width / 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._steps:
            painter.end()
            return
        here = self._steps.index(self._step) if self._step in self._steps else len(self._steps) - 1
        best_x = self._x_of_best()
        painter.setPen(QPen(Ink.LINE.color, 2))
        painter.drawLine(QPointF(_MARGIN, _LINE_Y), QPointF(self.width() - _MARGIN, _LINE_Y))
        painter.setPen(QPen(Ink.ACCENT_MUTED.color, 2))
        painter.drawLine(QPointF(self.x_of(0), _LINE_Y), QPointF(self.x_of(here), _LINE_Y))
        painter.setPen(Qt.PenStyle.NoPen)
        for place, step in enumerate(self._steps):
            color = (Ink.ACCENT if place <= here else Ink.TEXT_FAINT).color
            is_ring = step in self._unplayed
            painter.setBrush(Ink.BACKGROUND.color if is_ring else color)
            painter.setPen(QPen(color, 1.5) if is_ring else Qt.PenStyle.NoPen)
            painter.drawEllipse(QPointF(self.x_of(place), _LINE_Y), _SMALL + is_ring, _SMALL + is_ring)
        painter.setPen(Qt.PenStyle.NoPen)
        if best_x is not None:
            is_ring = self._best in self._unplayed
            if is_ring:
                painter.setPen(QPen(Ink.LOSS_HELD_OUT.color, 1.5))
            fill = (Ink.BACKGROUND if is_ring else Ink.LOSS_HELD_OUT).color
            _draw_diamond(painter, QPointF(best_x, _LINE_Y), 6.5, fill)
        painter.setBrush(Ink.TEXT.color)
        painter.setPen(QPen((Ink.ACCENT if self.hasFocus() else Ink.BACKGROUND).color, 2))
        painter.drawEllipse(QPointF(self.x_of(here), _LINE_Y), _LARGE, _LARGE)
        self._draw_labels(painter, here, best_x)
        painter.end()

    def _draw_labels(self, painter: QPainter, here: int, best_x: float | None) -> None:
        """The step heard, the best one, the first and the last, as far as there is room for them."""
        painter.setFont(self._small)
        last = len(self._steps) - 1
        wanted = [(self.x_of(here), f"{self._steps[here]:,}", Ink.TEXT)]
        if best_x is not None:
            wanted.append((best_x, f"best: {self._best:,}", Ink.LOSS_HELD_OUT))
        wanted += [(self.x_of(place), f"{self._steps[place]:,}", Ink.TEXT_FAINT) for place in (0, last)]
        taken: list[QRectF] = []
        for x, text, ink in wanted:
            width = painter.fontMetrics().horizontalAdvance(text) + 4.0
            left = min(max(x - width / 2, 0.0), self.width() - width)
            area = QRectF(left, _LABEL_Y, width, scaled(16))
            if any(area.adjusted(-6, 0, 6, 0).intersects(other) for other in taken):
                continue
            taken.append(area)
            painter.setPen(ink.color)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def _x_of_best(self) -> float | None:
        """Where the best checkpoint lies, which may be between two moments."""
        if self._best is None or not self._steps:
            return None
        after = bisect.bisect_left(self._steps, self._best)
        if after == 0 or after == len(self._steps):
            return self.x_of(min(after, len(self._steps) - 1))
        before, behind = self._steps[after - 1], self._steps[after]
        share = (self._best - before) / (behind - before)
        return self.x_of(after - 1) + share * (self.x_of(after) - self.x_of(after - 1))

    # --- the user -----------------------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose_at(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose_at(event.position().x())

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta().y() or event.angleDelta().x()
        if delta:
            self._move(1 if delta > 0 else -1)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Down:
                self._move(-1)
            case Qt.Key.Key_Right | Qt.Key.Key_Up:
                self._move(1)
            case Qt.Key.Key_Home:
                self._choose(0)
            case Qt.Key.Key_End:
                self._choose(len(self._steps) - 1)
            case _:
                super().keyPressEvent(event)

    def _choose_at(self, x: float) -> None:
        if self._steps:
            self._choose(min(range(len(self._steps)), key=lambda place: abs(self.x_of(place) - x)))

    def _move(self, by: int) -> None:
        if self._steps:
            here = self._steps.index(self._step) if self._step in self._steps else len(self._steps) - 1
            self._choose(min(max(here + by, 0), len(self._steps) - 1))

    def _choose(self, place: int) -> None:
        if 0 <= place < len(self._steps) and self._steps[place] != self._step:
            self.chosen.emit(self._steps[place])


def _draw_diamond(painter: QPainter, at: QPointF, radius: float, color: QColor) -> None:
    painter.setBrush(color)
    corners = [QPointF(0, -radius), QPointF(radius, 0), QPointF(0, radius), QPointF(-radius, 0)]
    painter.drawPolygon(QPolygonF([at + corner for corner in corners]))
