"""Asks how an instrument's model is to be shared and where, and lets the worker that renders write its file."""

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from app.controllers.file_making import FileMaking
from app.controllers.studio import Studio
from app.jobs.worker import Worker
from app.paths import documents_folder
from app.state.instrument import Instrument
from app.state.plugin_file import Sending
from app.state.shared_file import ShareWish, file_name, first_wish, share_notice, share_spec, with_suffix
from app.views.share_dialog import ShareDialog
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
        self._files = FileMaking(studio.queue, worker, self)
        self._files.changed.connect(self.changed)
        self._files.moved.connect(self._on_moved)
        self._written: Path | None = None
        self.dialog: ShareDialog | None = None

    def sending(self, instrument: Instrument) -> Sending | None:
        """The newest file of this instrument that was asked for in this window."""
        return self._files.sending(instrument)

    def ask(self, instrument: Instrument, preset: str) -> None:
        """Asks for licence and maker, then for the file. Args: preset: Gin file of the instrument's preset."""
        if self.dialog is not None or self._files.is_working(instrument):
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
        self._files.start(instrument, spec, target)

    def show_written(self) -> None:
        if self._written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written.parent)))

    def forget(self, instrument: Instrument) -> None:
        """It is going; another one may get its folder's name."""
        self._files.forget(instrument)

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

    def _on_moved(self, path: Path, sending: Sending) -> None:
        notice = share_notice(sending)
        if notice is not None:
            self._written = sending.target
            self.told.emit(path, notice)
