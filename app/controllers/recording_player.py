"""Plays one recording of the list, of whatever format and length."""

from PySide6.QtCore import QObject, QTimer, Signal

from app.audio.player import Player
from app.audio.stretches import LONGEST_STRETCH, StretchReader
from app.audio.tracks import Track
from ddsp_backend.errors import DdspError

_REFRESH_MS = 33
_NEARLY = 0.05  # seconds


class RecordingPlayer(QObject):
    """Signals:

    moved: Where the recording is heard, in seconds; None where it is not.
    changed: It begins or ends to play.
    failed: A `DdspError`: the device, or the file.
    """

    moved = Signal(object)
    changed = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = ""
        self._first = 0.0  # second at which the stretch in the player begins
        self._length = 0.0  # seconds of it
        self._player: Player | None = None
        self._reader: StretchReader | None = None
        self._next: tuple[str, float] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)

    @property
    def is_playing(self) -> bool:
        return self._timer.isActive() or self._reader is not None

    def toggle(self, path: str) -> None:
        """Plays it, from where it was paused; pauses it where it is heard."""
        if path == self.path and self.is_playing:
            self.pause()
        elif path == self.path and self._player is not None and self._length > 0:
            self._play()
        else:
            self._read(path, 0.0)

    def seek(self, path: str, seconds: float) -> None:
        """Goes there; plays on if it played, and stays paused if not."""
        if path == self.path and self._player is not None and self._covers(seconds):
            self._player.seek(seconds - self._first)
            self.moved.emit(seconds)
        else:
            self._read(path, seconds)

    def pause(self) -> None:
        self._next = None
        if self._timer.isActive() and self._player is not None:
            self._player.pause()
            self._timer.stop()
            self.moved.emit(self._first + self._player.snapshot().seconds)
        self.changed.emit()

    def forget(self) -> None:
        """Falls silent: another recording or page is shown."""
        self._next = None
        if self._player is not None:
            self._player.pause()
        self._timer.stop()
        self.path, self._length = "", 0.0
        self.moved.emit(None)
        self.changed.emit()

    def close(self) -> None:
        self._next = None
        self._timer.stop()
        if self._reader is not None:
            self._reader.wait()
        if self._player is not None:
            self._player.close()
            self._player = None

    # --- reading ----------------------------------------------------------------------------------------------------
    def _covers(self, seconds: float) -> bool:
        return self._first <= seconds < self._first + self._length

    def _read(self, path: str, seconds: float) -> None:
        """What is asked for last is played; what was asked for before it is not."""
        if self._player is not None:
            self._player.pause()
        self._timer.stop()
        self.path, self._length = path, 0.0
        self._next = (path, seconds)
        if self._reader is None:
            self._start()
        self.changed.emit()

    def _start(self) -> None:
        assert self._next is not None
        self._reader = StretchReader(*self._next, parent=self)
        self._reader.finished.connect(self._on_read)
        self._reader.start()

    def _on_read(self) -> None:
        reader, self._reader = self._reader, None
        assert reader is not None
        reader.deleteLater()
        if self._next is None:  # nobody wants it any more
            self.changed.emit()
            return
        if self._next != (reader.path, reader.first):
            self._start()
            return
        self._next = None
        if isinstance(reader.outcome, DdspError):
            self._fail(reader.outcome)
        elif reader.outcome is not None:
            samples_N, rate = reader.outcome
            self._player = self._player or Player()
            self._player.load((Track(reader.path, samples_N),), rate)
            self._first, self._length = reader.first, len(samples_N) / rate
            self._play()

    # --- playing ----------------------------------------------------------------------------------------------------
    def _play(self) -> None:
        assert self._player is not None
        self._player.play()
        self._timer.start()
        self.changed.emit()

    def _refresh(self) -> None:
        assert self._player is not None
        now = self._player.snapshot()
        if now.problem is not None:
            self._fail(now.problem)
        elif now.is_playing:
            self.moved.emit(self._first + now.seconds)
        elif self._length > LONGEST_STRETCH - _NEARLY:
            self._read(self.path, self._first + self._length)
        else:
            self._timer.stop()
            self.moved.emit(None)
            self.changed.emit()

    def _fail(self, error: DdspError) -> None:
        self._timer.stop()
        self.path, self._length = "", 0.0
        self.moved.emit(None)
        self.changed.emit()
        self.failed.emit(error)
