"""Makes files of instruments' models, in the worker that renders, and follows each instrument's newest one."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.jobs.queue import JobQueue
from app.jobs.thread import JobThread
from app.jobs.worker import Worker, WorkerJob
from app.state.instrument import Instrument
from app.state.plugin_file import Sending, SendPhase
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.spec import JobSpec, kind_of


class FileMaking(QObject):
    """Signals:

    changed: A file was asked for, went on or is there.
    moved: The path of an instrument, and its `Sending` after its job has said something.
    """

    changed = Signal()
    moved = Signal(object, object)

    def __init__(self, queue: JobQueue, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._worker = worker
        self._sendings: dict[Path, Sending] = {}
        self._threads: dict[JobThread, Path] = {}

    def sending(self, instrument: Instrument) -> Sending | None:
        """The newest file of this instrument that was asked for in this window."""
        return self._sendings.get(instrument.path)

    def is_working(self, instrument: Instrument) -> bool:
        sending = self.sending(instrument)
        return sending is not None and sending.phase is SendPhase.WORKING

    def start(self, instrument: Instrument, spec: JobSpec, target: Path) -> None:
        thread = JobThread(WorkerJob(spec, self._worker), self)
        self._threads[thread] = instrument.path
        self._sendings[instrument.path] = Sending(target)
        thread.reported.connect(self._on_reported)
        thread.closed.connect(self._on_closed)
        self._queue.submit(thread, kind_of(spec).lane)
        self.changed.emit()

    def forget(self, instrument: Instrument) -> None:
        """It is going; another one may get its folder's name."""
        for thread in [thread for thread, path in self._threads.items() if path == instrument.path]:
            del self._threads[thread]
            self._queue.cancel(thread)
        self._sendings.pop(instrument.path, None)

    def _on_reported(self, events: tuple[Event, ...]) -> None:
        thread = self.sender()
        assert isinstance(thread, JobThread)
        path = self._threads.get(thread)
        if path is None:
            return
        for event in events:
            self._sendings[path] = self._sendings[path].after(event)
        self.moved.emit(path, self._sendings[path])
        self.changed.emit()

    def _on_closed(self) -> None:
        thread = self.sender()
        assert isinstance(thread, JobThread)
        self._threads.pop(thread, None)
