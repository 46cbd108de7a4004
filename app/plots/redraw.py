"""One timer for all that is redrawn while data comes in: at most twenty times a second, never for hidden widgets."""

from collections.abc import Callable

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

_INTERVAL_MS = 50
_NAME = "shared redraw timer"


class Redraw(QObject):
    """One widget's place at the shared timer: `request` as often as you like, `draw` is called when it is due."""

    def __init__(self, widget: QWidget, draw: Callable[[], None]) -> None:
        super().__init__(widget)
        self._widget = widget
        self._draw = draw
        self.is_due = False
        widget.installEventFilter(self)

    def request(self) -> None:
        self.is_due = True
        if self._widget.isVisible():
            _shared_timer().add(self)

    def draw_if_due(self) -> None:
        if self.is_due and self._widget.isVisible():
            self.is_due = False
            self._draw()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and watched is self._widget and self.is_due:
            _shared_timer().add(self)
        return False


class _SharedTimer(QObject):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName(_NAME)
        self._waiting: list[Redraw] = []
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._draw)

    def add(self, redraw: Redraw) -> None:
        if redraw not in self._waiting:
            self._waiting.append(redraw)
            redraw.destroyed.connect(self._forget_destroyed)
        if not self._timer.isActive():
            self._timer.start()

    def _draw(self) -> None:
        waiting, self._waiting = self._waiting, []
        for redraw in waiting:
            redraw.destroyed.disconnect(self._forget_destroyed)
            redraw.draw_if_due()

    def _forget_destroyed(self) -> None:
        self._waiting = [redraw for redraw in self._waiting if shiboken6.isValid(redraw)]


def _shared_timer() -> _SharedTimer:
    application = QCoreApplication.instance()
    assert application is not None, "a redraw needs an application"
    timer = application.findChild(_SharedTimer, _NAME)
    return timer if isinstance(timer, _SharedTimer) else _SharedTimer(application)
