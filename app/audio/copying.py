"""Copies a sound in a thread: it may be long, and the disk slow."""

from pathlib import Path

from PySide6.QtCore import QObject, QThread

from app.audio.files import copy_sound
from ddsp_backend.errors import AudioError
from ddsp_backend.jobs.sound_form import SoundForm


class CopyThread(QThread):
    """When it has finished, `error` says whether it went well, `lowered_db` by how much it was turned down to fit."""

    def __init__(self, source: Path, target: Path, form: SoundForm, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.target = target
        self.error: AudioError | None = None
        self.lowered_db = 0.0
        self._source, self._form = source, form

    def run(self) -> None:
        try:
            self.lowered_db = copy_sound(self._source, self.target, self._form)
        except AudioError as error:
            self.error = error
