"""A ring around the control that the keys act on. It appears for keyboard users only, not for mouse users."""

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QApplication, QMenu, QMenuBar, QScrollArea, QWidget
from shiboken6 import isValid

from app.plots.colors import Ink

_WIDTH = 2
_RADIUS = 7.0
_GAP = 2  # a ring on a button of its own colour could not be told from it
_OUTSIDE = _WIDTH + _GAP
_MOVES = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide)
_BY_KEYS = Qt.WidgetAttribute.WA_KeyboardFocusChange  # Qt sets it for a window in which Tab was pressed


class FocusRing(QObject):
    """Follows the focus through a window and its dialogs."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._watched: list[QWidget] = []  # the widget that has the focus, and all that it lies in
        self._ring: _Ring | None = None
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus_changed)

    @property
    def place(self) -> QRect | None:
        """Around what it is drawn, in the coordinates of the window; None while it is not shown."""
        ring = self._ring
        return ring.geometry() if ring is not None and isValid(ring) and ring.isVisible() else None

    def _on_focus_changed(self, _: QWidget | None, now: QWidget | None) -> None:
        self._leave()
        if now is None or isinstance(now, QMenu | QMenuBar):
            return
        window = now.window()
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            window.setAttribute(_BY_KEYS, False)
        opener = window.parentWidget()
        if opener is not None and opener.window().testAttribute(_BY_KEYS):
            window.setAttribute(_BY_KEYS)  # a dialog that the keys have opened
        if window.testAttribute(_BY_KEYS):
            self._surround(now)

    def _leave(self) -> None:
        for widget in filter(isValid, self._watched):
            widget.removeEventFilter(self)
        self._watched = []
        if self._ring is not None and isValid(self._ring):
            self._ring.hide()
            self._ring.deleteLater()
        self._ring = None

    def _surround(self, widget: QWidget) -> None:
        each: QWidget | None = widget
        while each is not None and not each.isWindow():
            self._watched.append(each)
            each = each.parentWidget()
        for watched in self._watched:
            watched.installEventFilter(self)
        for watched in self._watched:
            if isinstance(watched, QScrollArea):
                watched.ensureWidgetVisible(widget)
        self._ring = _Ring(widget.window())
        self._draw(self._ring)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVES and self._ring is not None and isValid(self._ring):
            self._draw(self._ring)
        return False

    def _draw(self, ring: "_Ring") -> None:
        widget = self._watched[0]
        window = widget.window()
        place = widget.rect().translated(widget.mapTo(window, widget.rect().topLeft()))
        for parent in self._watched[1:]:  # what is scrolled out of sight has no ring there
            shown = parent.rect().translated(parent.mapTo(window, parent.rect().topLeft()))
            place &= shown
        ring.surround(place.adjusted(-_OUTSIDE, -_OUTSIDE, _OUTSIDE, _OUTSIDE) & window.rect())
        ring.setVisible(widget.isVisible() and not place.isEmpty())


class _Ring(QWidget):
    """Lies above everything in the window, and lets everything through."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def surround(self, place: QRect) -> None:
        self.setGeometry(place)
        # Only the ring itself: what it surrounds, such as a moving curve, is then drawn without it.
        inside = self.rect().adjusted(_OUTSIDE, _OUTSIDE, -_OUTSIDE, -_OUTSIDE)
        self.setMask(QRegion(self.rect()) - QRegion(inside))
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(Ink.ACCENT.color, _WIDTH))
        half = _WIDTH / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), _RADIUS, _RADIUS)
        painter.end()
