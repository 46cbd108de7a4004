"""What the window remembers, kept on the disk a moment after it has changed: no crash of the window loses it."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.settings import load_settings, save_settings

_SAVE_AFTER_MS = 500  # several changes at once are written together


class KeptSettings(QObject):
    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self.now = load_settings(path)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SAVE_AFTER_MS)
        self._soon.timeout.connect(self.save)

    def remember(self, **values: object) -> None:
        before = self.now
        self.now = replace(before, **values)  # type: ignore[arg-type]
        if self.now != before:
            self._soon.start()

    def save(self) -> None:
        self._soon.stop()
        try:
            save_settings(self.now, self._path)
        except OSError:
            pass  # a window that opens elsewhere next time is no reason to trouble this one
