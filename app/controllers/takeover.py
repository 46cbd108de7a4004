"""Makes this window the one that works on a library: a caretaker in the background is asked to leave first."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.occupancy import Occupancy, Role

_ASKS_EVERY_MS = 100  # a caretaker sees the window within a quarter of a second


class Takeover(QObject):
    """Signals:

    taken: This window may go on with what remains. Its jobs and those of the caretaker never meet.
    refused: Another window has the library.
    """

    taken = Signal()
    refused = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_taken = False
        self._window: Occupancy | None = None
        self._caretaker: Occupancy | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_ASKS_EVERY_MS)
        self._timer.timeout.connect(self._ask)

    def take(self, library: Path) -> None:
        self.give_up()
        self._window = Occupancy(library, Role.WINDOW)
        self._caretaker = Occupancy(library, Role.CARETAKER)
        if not self._window.take():
            self.refused.emit()
        elif not self._ask():
            self._timer.start()

    def hold(self) -> None:
        """The library has come to be only now."""
        if self.is_taken and self._window is not None and self._caretaker is not None:
            self._window.take()
            self._caretaker.take()

    def give_up(self) -> None:
        self._timer.stop()
        self.is_taken = False
        for role in (self._window, self._caretaker):
            if role is not None:
                role.give_up()

    def _ask(self) -> bool:
        assert self._caretaker is not None
        if self._caretaker.take():
            self._timer.stop()
            self.is_taken = True
            self.taken.emit()
        return self.is_taken
