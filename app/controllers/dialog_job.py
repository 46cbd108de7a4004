"""What the controllers of dialogs with a job share: one dialog at a time, and one job that works for it."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QWidget

from app.controllers.studio import Studio
from app.jobs.thread import JobThread
from app.jobs.worker import Worker, WorkerJob
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.spec import JobSpec, kind_of


class DialogWithJob(QObject):
    """Opens a dialog, runs a job for it and forgets both. Subclasses say what the job's events mean.

    `worker` is the process that does the jobs.
    """

    def __init__(self, window: QWidget, studio: Studio, worker: Worker) -> None:
        super().__init__(studio)
        self._window = window
        self._studio = studio
        self._worker = worker
        self._thread: JobThread | None = None
        self.dialog: QDialog | None = None

    @property
    def _is_at_work(self) -> bool:
        return self._thread is not None

    def _is_raised(self) -> bool:
        """Brings the dialog to the front; False if it is not open."""
        if self.dialog is None:
            return False
        self.dialog.raise_()
        return True

    def _show_dialog(self) -> None:
        assert self.dialog is not None
        self.dialog.finished.connect(self._forget_dialog)
        self.dialog.open()

    def _start(self, spec: JobSpec) -> None:
        """Submits the job. What an earlier one still reports is no longer listened to."""
        self._thread = JobThread(WorkerJob(spec, self._worker), self)
        self._thread.reported.connect(self._hear)
        self._thread.closed.connect(self._end)
        self._studio.queue.submit(self._thread, kind_of(spec).lane)

    def _stop(self) -> None:
        if self._thread is not None:
            self._studio.queue.cancel(self._thread)

    def _on_events(self, events: tuple[Event, ...]) -> None:
        """Shows what the job reports."""
        raise NotImplementedError

    def _on_ended(self) -> None:
        """The job is over, and another one may be started."""

    def _forget_dialog(self) -> None:
        """The dialog was closed. A job that should not outlive it is stopped here."""
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _hear(self, events: tuple[Event, ...]) -> None:
        if self.sender() is self._thread:
            self._on_events(events)

    def _end(self) -> None:
        if self.sender() is self._thread:
            self._thread = None
            self._on_ended()
