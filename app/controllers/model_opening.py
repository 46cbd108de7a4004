"""Makes instruments of models that others have shared, in the worker that renders, and shows them."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from app.controllers.studio import Studio
from app.file_association import associate
from app.jobs.thread import JobThread
from app.jobs.worker import Worker, WorkerJob
from app.paths import documents_folder
from app.state.instrument import load
from app.state.shared_file import DOUBLE_CLICK_NOTICE, opened_notice
from app.state.window import Page
from ddsp_backend.errors import DataError, DdspError
from ddsp_backend.jobs.events import Event, Failed, Finished
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.spec import ImportSpec
from ddsp_backend.sharing.card import SUFFIX


class ModelOpening(QObject):
    def __init__(self, window: QWidget, studio: Studio, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._studio = studio
        self._worker = worker

    def open(self, paths: Sequence[str]) -> None:
        """Into the library that is open, one after the other. Each is shown when it is there, or it is said why not."""
        for path in paths:
            spec = ImportSpec(file_path=path, library=str(self._studio.library))
            thread = JobThread(WorkerJob(spec, self._worker), self)
            thread.reported.connect(self._on_reported)
            self._studio.queue.submit(thread, JobKind.IMPORT.lane)

    def choose(self) -> None:
        """In a dialog of the system."""
        last = Path(self._studio.settings.share_folder)
        folder = last if self._studio.settings.share_folder and last.is_dir() else documents_folder()
        dialog = QFileDialog(self._window, "Models that others have shared", str(folder), f"Models (*{SUFFIX})")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._on_chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def use_double_click(self) -> None:
        """Lets the system open such files in this program, and says so."""
        try:
            associate()
        except DdspError as error:
            self._studio.report(error.title, error.hint)
        else:
            self._studio.offer(DOUBLE_CLICK_NOTICE, None)

    def _on_chosen(self, paths: list[str]) -> None:
        if paths:
            self._studio.remember(share_folder=str(Path(paths[0]).parent))
            self.open(paths)

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
