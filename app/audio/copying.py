"""Copies sounds in a thread: they may be long, and the disk slow."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app.audio.files import copy_sound
from ddsp_backend.errors import AudioError, Cancelled
from ddsp_backend.jobs.sound_form import SoundForm


class CopyThread(QThread):
    """Writes sounds as wav files of one form, until one cannot be read or written.

    Signals: copied: One more is there.

    Attributes, once it has finished:
      written: The targets that are there.
      error: What went wrong.
      lowered_db: The most by which one was turned down to fit.
    """

    copied = Signal()

    def __init__(self, files: Sequence[tuple[Path, Path]], form: SoundForm, parent: QObject | None = None) -> None:
        """Args: files: Sources and targets."""
        super().__init__(parent)
        self.files, self.form = tuple(files), form
        self.written: list[Path] = []
        self.error: AudioError | None = None
        self.lowered_db = 0.0

    def run(self) -> None:
        for source, target in self.files:
            try:
                lowered_db = copy_sound(source, target, self.form, self.isInterruptionRequested)
            except Cancelled:
                return
            except AudioError as error:
                self.error = error
                return
            self.lowered_db = max(self.lowered_db, lowered_db)
            self.written.append(target)
            self.copied.emit()
