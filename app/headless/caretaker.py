"""Goes on with what remains to be done in a library while no window is open.

It is started by a window that closes, and by a job that outlives its window. It ends when nothing remains, or when a
window opens: that one finds the jobs as they are, and goes on with them.
"""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from app.controllers.session import InstrumentSession
from app.headless.open_instruments import OpenInstruments
from app.interrupts import InterruptListener
from app.jobs.succession import heir_of
from app.occupancy import Occupancy, Role
from app.paths import settings_file
from app.state.library import scan
from app.state.remaining import in_order
from ddsp_backend.config.presets import list_presets

_PATIENCE_MS = 2000  # for another caretaker that is about to leave
_LOOKS_EVERY_MS = 250


def carry_on(library: Path) -> int:
    """Returns the exit code: 0, whether there was something to do or not."""
    role = Occupancy(library, Role.CARETAKER)
    if not library.is_dir() or not role.take(_PATIENCE_MS):
        return 0
    try:
        return _work(library)
    finally:
        role.give_up()


def _work(library: Path) -> int:
    application = QCoreApplication.instance() or QCoreApplication([])
    instruments = OpenInstruments(list_presets(), settings_file().parent / "hosts", heir=heir_of(library))
    caretaker = Caretaker(library, instruments)
    # At the end of a session the system tells everybody to go: what remains waits for the next window.
    interrupts = InterruptListener()
    interrupts.interrupted.connect(caretaker.leave)
    caretaker.ended.connect(application.quit)
    QTimer.singleShot(0, caretaker.start)
    application.exec()
    interrupts.close()
    instruments.close()
    return 0


class Caretaker(QObject):
    """Signals: ended: Nothing remains, or it was asked to leave."""

    ended = Signal()

    def __init__(self, library: Path, instruments: OpenInstruments, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._instruments = instruments
        self._window = Occupancy(library, Role.WINDOW)
        self._sessions: dict[Path, InstrumentSession] = {}
        self._is_leaving = False
        self._look = QTimer(self)
        self._look.setInterval(_LOOKS_EVERY_MS)
        self._look.timeout.connect(self._leave_if_a_window_is_open)
        self._instruments.queue.emptied.connect(self._go_on)

    def start(self) -> None:
        self._leave_if_a_window_is_open()
        if not self._is_leaving:
            self._look.start()
            self._go_on()

    def leave(self) -> None:
        """Jobs that run go on by themselves."""
        self._is_leaving = True
        self._look.stop()
        for session in self._sessions.values():
            session.leave()
        self._instruments.queue.leave_all()
        if self._instruments.queue.is_idle():
            self.ended.emit()

    def _go_on(self) -> None:
        """Begins with what remains now; a terminal may have been closed, and left some, since the last look."""
        if not self._instruments.queue.is_idle():
            return
        if not self._is_leaving:
            for instrument in in_order(item.instrument for item in scan(self._library)):
                session = self._instruments.opened(instrument)
                self._sessions[instrument.path] = session
                session.carry_on()
        if self._instruments.queue.is_idle():
            self.ended.emit()

    def _leave_if_a_window_is_open(self) -> None:
        if self._window.is_taken():
            self.leave()
