"""Makes an instrument's file for the DDSP-VST plug-in, in the worker that renders, and asks before it replaces one."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.controllers.file_making import FileMaking
from app.jobs.queue import JobQueue
from app.jobs.worker import Worker
from app.paths import documents_folder
from app.state.instrument import Instrument
from app.state.plugin_file import Sending, plugin_spec, replace_question, target_of
from app.views.question_box import QuestionBox


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
        self._files = FileMaking(queue, worker, self)
        self._files.changed.connect(self.changed)
        self._files.moved.connect(self._on_moved)
        self._question: QuestionBox | None = None

    def sending(self, instrument: Instrument) -> Sending | None:
        """The newest file of this instrument that was asked for in this window."""
        return self._files.sending(instrument)

    def send(self, instrument: Instrument) -> None:
        """Asks first where there is a file of its name."""
        if self._question is not None or self._files.is_working(instrument):
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
        self._files.forget(instrument)

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
        self._files.start(instrument, plugin_spec(instrument, target, replace=replace), target)

    def _on_moved(self, path: Path, sending: Sending) -> None:
        if sending.notice is not None:
            self.told.emit(path, sending.notice)
