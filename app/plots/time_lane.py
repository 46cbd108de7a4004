"""A picture along a shared time axis: playhead, loop region, click to seek, drag to loop, wheel to zoom."""

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.plots.colors import Ink
from app.plots.time_axis import TimeAxis

_DRAG_PIXELS = 5
_SHORTEST_REGION = 0.05  # seconds
_ZOOM_A_NOTCH = 0.8
_NOTCH = 120


class TimeLane(QWidget):
    """Draws what `draw_content` paints, once a change, and above it what moves."""

    ground = Ink.PLOT_BACKGROUND
    playhead = Ink.PLAYHEAD

    def __init__(self, axis: TimeAxis, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axis = axis
        self._content: QPixmap | None = None
        self._pressed_at: float | None = None
        self._pressed_x = 0.0
        self._dragged: tuple[float, float] | None = None
        axis.changed.connect(self.refresh)
        axis.playhead_moved.connect(self._on_playhead_moved)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def draw_content(self, painter: QPainter, area: QRectF) -> None:
        """Paints the visible part of what does not move. The background is there already."""
        raise NotImplementedError

    def draw_legend(self, painter: QPainter, area: QRectF) -> None:
        """Paints words that stay readable where a region is not repeated."""

    def refresh(self) -> None:
        """What the content shows has changed."""
        self._content = None
        self.update()

    def recolor(self) -> None:
        self.refresh()

    # --- time and pixels ------------------------------------------------------------------------------------------
    def x_of(self, seconds: float) -> float:
        span = self.axis.last - self.axis.first
        return (seconds - self.axis.first) / span * self.width() if span > 0 else 0.0

    def time_at(self, x: float) -> float:
        span = self.axis.last - self.axis.first
        return min(max(self.axis.first + x / max(self.width(), 1) * span, 0.0), self.axis.length)

    # --- painting -------------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._content is None or self._content.devicePixelRatio() != ratio:
            self._content = self._drawn(ratio)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._content)
        self._draw_region(painter)
        self.draw_legend(painter, QRectF(self.rect()))
        if self.axis.playhead is not None and self.axis.length > 0:
            x = self.x_of(self.axis.playhead)
            painter.fillRect(QRectF(x - 0.75, 0, 1.5, self.height()), self.playhead.color)
        painter.end()

    def _drawn(self, ratio: float) -> QPixmap:
        content = QPixmap(self.size() * ratio)
        content.setDevicePixelRatio(ratio)
        content.fill(self.ground.color)
        painter = QPainter(content)
        if self.axis.length > 0:
            self.draw_content(painter, QRectF(self.rect()))
        painter.end()
        return content

    def _draw_region(self, painter: QPainter) -> None:
        region = self._dragged or self.axis.region
        if region is None or self.axis.length <= 0:
            return
        left, right = self.x_of(region[0]), self.x_of(region[1])
        shade = self.ground.color
        shade.setAlpha(150)
        painter.fillRect(QRectF(0, 0, left, self.height()), shade)
        painter.fillRect(QRectF(right, 0, self.width() - right, self.height()), shade)
        painter.setPen(QPen(Ink.LOOP.color, 1))
        for x in (left, right):
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._content = None

    def _on_playhead_moved(self, before: float, now: float) -> None:
        # Only two strips: thirty times a second, over large pictures.
        for seconds in (before, now):
            if seconds >= 0:
                self.update(QRect(int(self.x_of(seconds)) - 3, 0, 7, self.height()))

    # --- the mouse --------------------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.axis.length > 0:
            self._pressed_x = event.position().x()
            self._pressed_at = self.time_at(self._pressed_x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            return
        x = event.position().x()
        if self._dragged is not None or abs(x - self._pressed_x) >= _DRAG_PIXELS:
            now = self.time_at(x)
            self._dragged = (min(self._pressed_at, now), max(self._pressed_at, now))
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed_at is None:
            return
        pressed_at, dragged = self._pressed_at, self._dragged
        self._pressed_at = self._dragged = None
        if dragged is not None:
            self.update()
            if dragged[1] - dragged[0] >= _SHORTEST_REGION:
                self.axis.region_requested.emit(dragged)
            return
        region = self.axis.region
        if region is not None and not region[0] <= pressed_at <= region[1]:
            self.axis.region_requested.emit(None)
        self.axis.seek_requested.emit(pressed_at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.axis.show_all()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Wheel zooms around the pointer; sideways, or with Shift, it moves along."""
        if self.axis.length <= 0:
            return
        delta, sideways = event.angleDelta().y(), event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            delta, sideways = 0, delta or sideways
        if sideways:
            self.axis.pan(-sideways / _NOTCH * 0.1 * (self.axis.last - self.axis.first))
        elif delta:
            self.axis.zoom(_ZOOM_A_NOTCH ** (delta / _NOTCH), self.time_at(event.position().x()))
        event.accept()
