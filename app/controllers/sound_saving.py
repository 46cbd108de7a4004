"""Saves what is heard where the user wants it, in the form that he wants."""

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from app.audio.copying import CopyThread
from app.controllers.studio import Studio
from app.paths import recordings_folder
from app.state.notices import Notice, Tone
from app.state.sound_forms import form_of, form_title
from ddsp_backend.jobs.sound_form import SoundForm


class SoundSaving(QObject):
    """Signals: told: A `Notice`: it is saved, or it could not be."""

    told = Signal(object)

    def __init__(self, page: QWidget, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page = page
        self._studio = studio
        self._source: Path | None = None
        self._saved: Path | None = None
        self._copies: set[CopyThread] = set()

    @property
    def sound_form(self) -> SoundForm:
        return form_of(self._studio.settings.save_depth, self._studio.settings.save_rate)

    def choose_form(self, sound_form: SoundForm) -> None:
        self._studio.remember(save_depth=sound_form.depth.value, save_rate=sound_form.rate)

    def ask(self, source: Path, name: str) -> None:
        """Args: name: What is proposed, without an ending."""
        self._source = source
        folder = recordings_folder(self._studio.settings.save_folder or self._studio.settings.last_folder)
        kept = "".join(char if char.isalnum() or char in " -_,.+'()" else "-" for char in name)
        dialog = QFileDialog(self._page, f"Save the sound: {form_title(self.sound_form)}", str(folder))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("Wav files (*.wav)")
        dialog.setDefaultSuffix("wav")
        dialog.selectFile(f"{kept}.wav")
        dialog.fileSelected.connect(self._save)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def show_saved(self) -> None:
        if self._saved is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._saved.parent)))

    def close(self) -> None:
        for copy in tuple(self._copies):
            copy.wait()

    def _save(self, target: str) -> None:
        if self._source is None:
            return
        self._studio.remember(save_folder=str(Path(target).parent))
        copy = CopyThread(self._source, Path(target), self.sound_form, self)
        self._copies.add(copy)
        copy.finished.connect(self._on_copied)
        copy.start()

    def _on_copied(self) -> None:
        copy = self.sender()
        assert isinstance(copy, CopyThread)
        self._copies.discard(copy)
        copy.deleteLater()
        if copy.error is not None:
            self.told.emit(Notice(Tone.BAD, copy.error.title, copy.error.hint))
            return
        self._saved = copy.target
        quieter = f" It was turned down by {copy.lowered_db:.1f} dB to fit." if copy.lowered_db else ""
        self.told.emit(
            Notice(Tone.GOOD, f"Saved: {copy.target.name}", f"In {copy.target.parent}.{quieter}", action="Show it")
        )
