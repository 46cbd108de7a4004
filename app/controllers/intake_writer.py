"""Writes what is known of an instrument's recordings, in a thread: of twenty thousand it is a second's work."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, QThread

from app.state.instrument import Instrument, forget_intake, save_intake
from ddsp_backend.jobs.events import FileInspected, RecordingInspected

_Looks = tuple[FileInspected | RecordingInspected, ...]


class IntakeWriter(QObject):
    """The newest of what it is told to write is written last; each time whole, or not at all."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread: _Writing | None = None
        self._due: tuple[Instrument, _Looks] | None = None

    def write(self, instrument: Instrument, looks: Iterable[FileInspected | RecordingInspected]) -> None:
        self._due = (instrument, tuple(looks))
        self._go_on()

    def forget(self, instrument: Instrument) -> None:
        """What is known now is not true any more: nothing of it is on the disk when this returns."""
        self._due = None
        self._wait()
        forget_intake(instrument)

    def close(self) -> None:
        """Returns when all is written."""
        while self._thread is not None or self._due is not None:
            self._wait()
            self._go_on()

    def _go_on(self) -> None:
        if self._thread is None and self._due is not None:
            self._thread, self._due = _Writing(*self._due, self), None
            self._thread.finished.connect(self._on_finished)
            self._thread.start()

    def _wait(self) -> None:
        if self._thread is not None:
            self._thread.wait()
            self._thread.deleteLater()
            self._thread = None

    def _on_finished(self) -> None:
        if self.sender() is self._thread:  # not one that was waited for
            self._wait()
            self._go_on()


class _Writing(QThread):
    def __init__(self, instrument: Instrument, looks: _Looks, parent: QObject) -> None:
        super().__init__(parent)
        self._instrument = instrument
        self._looks = looks

    def run(self) -> None:
        try:
            save_intake(self._instrument, self._looks)
        except OSError:
            pass  # only saves a look at the recordings next time
