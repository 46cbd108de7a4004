"""Saves what is heard where the user wants it, in the form that he wants."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from app.audio.copying import CopyThread
from app.controllers.studio import Studio
from app.paths import recordings_folder
from app.state.notices import Notice, Tone
from app.state.sound_forms import form_of, form_title, saved_hint, saved_title, saving_title
from ddsp_backend.jobs.sound_form import SoundForm


class SoundSaving(QObject):
    """Signals: told: A `Notice`: it is saved, or it could not be."""

    told = Signal(object)

    def __init__(self, page: QWidget, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page = page
        self._studio = studio
        self._source: Path | None = None
        self._sources: tuple[Path, ...] = ()
        self._saved: Path | None = None
        self._copies: set[CopyThread] = set()

    @property
    def sound_form(self) -> SoundForm:
        settings = self._studio.settings
        return form_of(settings.save_depth, settings.save_rate, settings.save_level)

    def choose_form(self, sound_form: SoundForm) -> None:
        self._studio.remember(
            save_depth=sound_form.depth.value, save_rate=sound_form.rate, save_level=sound_form.level or 0.0
        )

    def ask(self, source: Path, name: str) -> None:
        """Args: name: What is proposed, without an ending."""
        self._source = source
        kept = "".join(char if char.isalnum() or char in " -_,.+'()" else "-" for char in name)
        dialog = QFileDialog(self._page, f"Save the sound: {form_title(self.sound_form)}", str(self._folder()))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("Wav files (*.wav)")
        dialog.setDefaultSuffix("wav")
        dialog.selectFile(f"{kept}.wav")
        dialog.fileSelected.connect(self._save)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask_all(self, sources: Sequence[Path]) -> None:
        """Asks for a folder, and writes all of them into it under their own names."""
        self._sources = tuple(sources)
        dialog = QFileDialog(self._page, f"Save all sounds: {form_title(self.sound_form)}", str(self._folder()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._save_all)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def show_saved(self) -> None:
        if self._saved is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._saved.parent)))

    def close(self) -> None:
        for copy in tuple(self._copies):
            copy.wait()

    def _folder(self) -> Path:
        return recordings_folder(self._studio.settings.save_folder or self._studio.settings.last_folder)

    def _save(self, target: str) -> None:
        if self._source is not None:
            self._copy([(self._source, Path(target))])

    def _save_all(self, folder: str) -> None:
        taken: set[Path] = set()
        files = []
        for source in self._sources:
            target = _free_path(Path(folder) / source.name, taken)
            taken.add(target)
            files.append((source, target))
        if files:
            self._copy(files)

    def _copy(self, files: Sequence[tuple[Path, Path]]) -> None:
        self._studio.remember(save_folder=str(files[0][1].parent))
        copy = CopyThread(files, self.sound_form, self)
        self._copies.add(copy)
        copy.copied.connect(self._on_one_copied)
        copy.finished.connect(self._on_copied)
        copy.start()

    def _on_one_copied(self) -> None:
        copy = self.sender()
        assert isinstance(copy, CopyThread)
        n_done, n_all = len(copy.written), len(copy.files)
        if n_done < n_all and copy in self._copies:
            self.told.emit(Notice(Tone.PLAIN, saving_title(n_done, n_all)))

    def _on_copied(self) -> None:
        copy = self.sender()
        assert isinstance(copy, CopyThread)
        self._copies.discard(copy)
        copy.deleteLater()
        if copy.error is not None:
            self.told.emit(Notice(Tone.BAD, copy.error.title, copy.error.hint))
            return
        if not copy.written:
            return
        self._saved = copy.written[0]
        hint = saved_hint(str(self._saved.parent), copy.lowered_db, len(copy.written))
        title = saved_title([path.name for path in copy.written])
        self.told.emit(Notice(Tone.GOOD, title, hint, action="Show it"))


def _free_path(path: Path, taken: set[Path]) -> Path:
    """`path`, with a number behind its name where a file of that name is there already, or promised."""
    found, n = path, 1
    while found in taken or found.exists():
        n += 1
        found = path.with_name(f"{path.stem} {n}{path.suffix}")
    return found
