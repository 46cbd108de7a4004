"""The training as a line of moments: the same phrase can be heard at each of them."""

import bisect

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.plots import colors

_HEIGHT = 46
_MARGIN = 12.0
_LINE_Y = 15.0
_LARGE, _SMALL = 7.0, 3.0


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
        self._small = QFont(self.font())
        self._small.setPixelSize(11)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Hear the phrase as the model played it at this step of its training (arrow keys)")

    def set_steps(self, steps: tuple[int, ...], step: int | None, best: int | None) -> None:
        """Args: best: The step of the best checkpoint; the moment nearest to it is marked."""
        if (steps, step, best) == (self._steps, self._step, self._best):
            return
        self._steps, self._step, self._best = steps, step, best
        self.setAccessibleName(f"Step of the training: {step:,}" if step is not None else "Step of the training")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

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
        best = self._nearest_step(self._best)
        painter.setPen(QPen(QColor(colors.LINE), 2))
        painter.drawLine(QPointF(_MARGIN, _LINE_Y), QPointF(self.width() - _MARGIN, _LINE_Y))
        painter.setPen(QPen(QColor(colors.ACCENT_DARK), 2))
        painter.drawLine(QPointF(self.x_of(0), _LINE_Y), QPointF(self.x_of(here), _LINE_Y))
        painter.setPen(Qt.PenStyle.NoPen)
        for place in range(len(self._steps)):
            painter.setBrush(QColor(colors.ACCENT if place <= here else colors.TEXT_FAINT))
            painter.drawEllipse(QPointF(self.x_of(place), _LINE_Y), _SMALL, _SMALL)
        if best is not None:
            _draw_diamond(painter, QPointF(self.x_of(best), _LINE_Y), 6.5, QColor(colors.LOSS_HELD_OUT))
        painter.setBrush(QColor(colors.TEXT))
        painter.setPen(QPen(QColor(colors.ACCENT if self.hasFocus() else colors.BACKGROUND), 2))
        painter.drawEllipse(QPointF(self.x_of(here), _LINE_Y), _LARGE, _LARGE)
        self._draw_labels(painter, here, best)
        painter.end()

    def _draw_labels(self, painter: QPainter, here: int, best: int | None) -> None:
        """The step heard, the best one, the first and the last, as far as there is room for them."""
        painter.setFont(self._small)
        taken: list[QRectF] = []
        for place in (here, best, 0, len(self._steps) - 1):
            if place is None:
                continue
            text = f"{self._steps[place]:,}" + (self._praise(place) if place == best else "")
            width = painter.fontMetrics().horizontalAdvance(text) + 4.0
            left = min(max(self.x_of(place) - width / 2, 0.0), self.width() - width)
            area = QRectF(left, _LINE_Y + 11, width, 16)
            if any(area.adjusted(-8, 0, 8, 0).intersects(other) for other in taken):
                continue
            taken.append(area)
            color = colors.TEXT if place == here else colors.LOSS_HELD_OUT if place == best else colors.TEXT_FAINT
            painter.setPen(QColor(color))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def _praise(self, place: int) -> str:
        """The best checkpoint lies between two moments more often than at one."""
        return " best" if self._steps[place] == self._best else f", near the best ({self._best:,})"

    def _nearest_step(self, step: int | None) -> int | None:
        if step is None or not self._steps:
            return None
        place = bisect.bisect_left(self._steps, step)
        around = [index for index in (place - 1, place) if 0 <= index < len(self._steps)]
        return min(around, key=lambda index: abs(self._steps[index] - step))

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
