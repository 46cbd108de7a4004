"""Copies a sound in a thread: it may be long, and the disk slow."""

from pathlib import Path

from PySide6.QtCore import QObject, QThread

from app.audio.files import copy_sound
from ddsp_backend.errors import AudioError


class CopyThread(QThread):
    """When it has finished, `error` says whether it went well."""

    def __init__(self, source: Path, target: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.error: AudioError | None = None
        self._source, self._target = source, target

    def run(self) -> None:
        try:
            copy_sound(self._source, self._target)
        except AudioError as error:
            self.error = error
