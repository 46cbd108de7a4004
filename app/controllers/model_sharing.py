"""Asks how an instrument's model is to be shared and where, and lets the worker that renders write its file."""

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from app.controllers.studio import Studio
from app.jobs.thread import JobThread
from app.jobs.worker import Worker, WorkerJob
from app.paths import documents_folder
from app.state.instrument import Instrument
from app.state.notices import Notice
from app.state.plugin_file import Sending, SendPhase
from app.state.shared_file import ShareWish, file_name, first_wish, share_notice, share_spec, with_suffix
from app.views.share_dialog import ShareDialog
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.sharing.card import SUFFIX


class ModelSharing(QObject):
    """Signals:

    changed: A file was asked for, went on or is there.
    told: The path of an instrument, and a `Notice`: its file is there, or could not be written.
    """

    changed = Signal()
    told = Signal(object, object)

    def __init__(self, page: QWidget, studio: Studio, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page = page
        self._studio = studio
        self._worker = worker
        self._sendings: dict[Path, Sending] = {}
        self._threads: dict[JobThread, Path] = {}
        self._written: Path | None = None
        self.dialog: ShareDialog | None = None

    def sending(self, instrument: Instrument) -> Sending | None:
        """The newest file of this instrument that was asked for in this window."""
        return self._sendings.get(instrument.path)

    def ask(self, instrument: Instrument, preset: str) -> None:
        """Asks for licence and maker, then for the file. Args: preset: Gin file of the instrument's preset."""
        sending = self.sending(instrument)
        if self.dialog is not None or (sending is not None and sending.phase is SendPhase.WORKING):
            return
        self.dialog = ShareDialog(instrument.name, first_wish(instrument, self._studio.settings.maker), self._page)
        self.dialog.wished.connect(lambda wish: self._ask_where(instrument, preset, wish))
        self.dialog.finished.connect(self._forget_dialog)
        self.dialog.open()

    def start(self, instrument: Instrument, preset: str, wish: ShareWish, chosen: str) -> None:
        """Args: chosen: The file that the user named; where it is there, he was asked."""
        target = with_suffix(chosen)
        self._studio.remember(share_folder=str(target.parent), maker=wish.maker)
        spec = share_spec(instrument, target, wish, preset, replace=str(target) == chosen)
        thread = JobThread(WorkerJob(spec, self._worker), self)
        self._threads[thread] = instrument.path
        self._sendings[instrument.path] = Sending(target)
        thread.reported.connect(self._on_reported)
        thread.closed.connect(self._on_closed)
        self._studio.queue.submit(thread, JobKind.SHARE.lane)
        self.changed.emit()

    def show_written(self) -> None:
        if self._written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written.parent)))

    def forget(self, instrument: Instrument) -> None:
        """It is going; another one may get its folder's name."""
        for thread in [thread for thread, path in self._threads.items() if path == instrument.path]:
            del self._threads[thread]
            self._studio.queue.cancel(thread)
        self._sendings.pop(instrument.path, None)

    def _ask_where(self, instrument: Instrument, preset: str, wish: ShareWish) -> None:
        last = Path(self._studio.settings.share_folder)
        folder = last if self._studio.settings.share_folder and last.is_dir() else documents_folder()
        dialog = QFileDialog(self._page, "Save the file to share", str(folder))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"Models to share (*{SUFFIX})")
        dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
        dialog.selectFile(file_name(instrument))
        dialog.fileSelected.connect(lambda chosen: self.start(instrument, preset, wish, chosen))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _forget_dialog(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _on_reported(self, events: tuple[Event, ...]) -> None:
        thread = self.sender()
        assert isinstance(thread, JobThread)
        path = self._threads.get(thread)
        if path is None:
            return
        for event in events:
            self._sendings[path] = self._sendings[path].after(event)
        sending = self._sendings[path]
        notice: Notice | None = share_notice(sending)
        if notice is not None:
            self._written = sending.target
            self.told.emit(path, notice)
        self.changed.emit()

    def _on_closed(self) -> None:
        thread = self.sender()
        assert isinstance(thread, JobThread)
        self._threads.pop(thread, None)
