"""Reads the library in threads: a disk may be slow, and the window may not."""

import time
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app.state.instrument import Instrument
from app.state.library import read_job_history, scan
from app.state.remaining import in_order

_PAUSE_SECONDS = 0.001  # in which the window may do what it has waited for


def _rest() -> None:
    time.sleep(_PAUSE_SECONDS)


class LibraryReader(QThread):
    """Signals: read: The folder, and a tuple of `LibraryItem`s."""

    read = Signal(object, object)

    def __init__(self, library: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library

    def run(self) -> None:
        self.read.emit(self._library, scan(self._library))


class RemainingReader(QThread):
    """Signals: read: The folder, and a tuple of the `Instrument`s for whom something remains to be done, in order."""

    read = Signal(object, object)

    def __init__(self, library: Path, instruments: tuple[Instrument, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._instruments = instruments

    def run(self) -> None:
        self.read.emit(self._library, in_order(self._instruments))


class JobHistoryReader(QThread):
    """Signals: read: The `JobHistory` of the instrument."""

    read = Signal(object)

    def __init__(self, instrument: Instrument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._instrument = instrument

    def run(self) -> None:
        self.read.emit(read_job_history(self._instrument, _rest))
