"""Makes instruments of models that others have shared, in the worker that renders, and shows them."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from app.controllers.studio import Studio
from app.jobs.thread import JobThread
from app.jobs.worker import Worker, WorkerJob
from app.state.instrument import load
from app.state.shared_file import opened_notice
from app.state.window import Page
from ddsp_backend.errors import DataError
from ddsp_backend.jobs.events import Event, Failed, Finished
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.spec import ImportSpec


class ModelOpening(QObject):
    def __init__(self, studio: Studio, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._worker = worker

    def open(self, paths: Sequence[str]) -> None:
        """Into the library that is open, one after the other. Each is shown when it is there, or it is said why not."""
        for path in paths:
            spec = ImportSpec(file_path=path, library=str(self._studio.library))
            thread = JobThread(WorkerJob(spec, self._worker), self)
            thread.reported.connect(self._on_reported)
            self._studio.queue.submit(thread, JobKind.IMPORT.lane)

    def _on_reported(self, events: tuple[Event, ...]) -> None:
        for event in events:
            if isinstance(event, Finished):
                self._show(Path(event.result["instrument"]))
            elif isinstance(event, Failed):
                self._studio.report(event.title, event.hint)

    def _show(self, path: Path) -> None:
        try:
            instrument = load(path)
        except DataError as error:
            self._studio.report(error.title, error.hint)
            return
        self._studio.take_in(instrument)
        self._studio.show_page(Page.LISTENING)
        self._studio.offer(opened_notice(instrument.name, instrument.card), None)
