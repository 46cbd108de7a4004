"""Makes an instrument's file for the DDSP-VST plug-in, in the worker that renders, and asks before it replaces one."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.jobs.queue import JobQueue
from app.jobs.thread import JobThread
from app.jobs.worker import Worker, WorkerJob
from app.paths import documents_folder
from app.state.instrument import Instrument
from app.state.notices import Notice
from app.state.plugin_file import Sending, SendPhase, plugin_spec, replace_question, target_of
from app.views.question_box import QuestionBox
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.job_table import JobKind


class PluginSending(QObject):
    """Signals:

    changed: A file was asked for, went on or is there.
    told: The path of an instrument, and a `Notice`: its file could not be made, or something should be known of it.
    """

    changed = Signal()
    told = Signal(object, object)

    def __init__(self, window: QWidget, queue: JobQueue, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._queue = queue
        self._worker = worker
        self._sendings: dict[Path, Sending] = {}
        self._threads: dict[JobThread, Path] = {}
        self._question: QuestionBox | None = None

    def sending(self, instrument: Instrument) -> Sending | None:
        """The newest file of this instrument that was asked for in this window."""
        return self._sendings.get(instrument.path)

    def send(self, instrument: Instrument) -> None:
        """Asks first where there is a file of its name."""
        sending = self.sending(instrument)
        if self._question is not None or (sending is not None and sending.phase is SendPhase.WORKING):
            return
        target = target_of(instrument, documents_folder())
        if target.exists():
            self._ask(instrument, target)
        else:
            self._start(instrument, target, replace=False)

    def question_button(self, text: str) -> QPushButton | None:
        """The button of the open question with this text."""
        return self._question.button_saying(text) if self._question is not None else None

    def forget(self, instrument: Instrument) -> None:
        """It is going; another one may get its folder's name."""
        for thread in [thread for thread, path in self._threads.items() if path == instrument.path]:
            del self._threads[thread]
            self._queue.cancel(thread)
        self._sendings.pop(instrument.path, None)

    def _ask(self, instrument: Instrument, target: Path) -> None:
        self._question = QuestionBox(
            replace_question(target),
            self._window,
            on_yes=lambda: self._start(instrument, target, replace=True),
        )
        self._question.finished.connect(self._forget_question)

    def _forget_question(self) -> None:
        self._question = None

    def _start(self, instrument: Instrument, target: Path, *, replace: bool) -> None:
        thread = JobThread(WorkerJob(plugin_spec(instrument, target, replace=replace), self._worker), self)
        self._threads[thread] = instrument.path
        self._sendings[instrument.path] = Sending(target)
        thread.reported.connect(self._on_reported)
        thread.closed.connect(self._on_closed)
        self._queue.submit(thread, JobKind.SEND_TO_PLUGIN.lane)
        self.changed.emit()

    def _on_reported(self, events: tuple[Event, ...]) -> None:
        thread = self.sender()
        assert isinstance(thread, JobThread)
        path = self._threads.get(thread)
        if path is None:
            return
        for event in events:
            self._sendings[path] = self._sendings[path].after(event)
        notice: Notice | None = self._sendings[path].notice
        if notice is not None:
            self.told.emit(path, notice)
        self.changed.emit()

    def _on_closed(self) -> None:
        thread = self.sender()
        assert isinstance(thread, JobThread)
        self._threads.pop(thread, None)
