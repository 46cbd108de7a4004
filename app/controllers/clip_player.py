"""Plays a clip's two sides for the training page, equally loud and without a gap between them."""

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from app.audio.files import read_sound
from app.audio.player import Player
from app.audio.tracks import matched
from ddsp_backend.errors import AudioError
from ddsp_backend.jobs.events import ClipRendered

Side = Literal["original", "resynthesized"]
SIDES: tuple[Side, ...] = ("original", "resynthesized")
_REFRESH_MS = 33


class ClipPlayer(QObject):
    """Signals:

    moved: Which side is heard (None: none) and where, in seconds (None: nowhere).
    failed: A `DdspError`: the device, or a file.
    """

    moved = Signal(object, object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player: Player | None = None
        self._clip: ClipRendered | None = None
        self._side: Side = "original"
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)

    def toggle(self, side: Side, clip: ClipRendered) -> None:
        """Plays that side, from where the other is heard; pauses it when it is the one heard."""
        if self._player is None:
            self._player = Player()
        is_playing = self._timer.isActive()
        if is_playing and side == self._side and clip == self._clip:
            self.pause()
            return
        if clip != self._clip and not self._load(clip, keeps_position=is_playing):
            return
        self._side = side
        self._player.select(SIDES.index(side))
        self._player.play()
        self._timer.start()

    def seek(self, seconds: float) -> None:
        if self._player is not None:
            self._player.seek(seconds)
            self._refresh()

    def pause(self) -> None:
        if self._player is not None and self._timer.isActive():
            self._player.pause()
            self._timer.stop()
            self.moved.emit(None, self._player.snapshot().seconds)

    def forget(self) -> None:
        """Falls silent: another instrument or page is shown."""
        self.pause()
        self._clip = None
        self.moved.emit(None, None)

    def close(self) -> None:
        self._timer.stop()
        if self._player is not None:
            self._player.close()
            self._player = None

    def _load(self, clip: ClipRendered, *, keeps_position: bool) -> bool:
        assert self._player is not None
        try:
            original_N, sample_rate = read_sound(Path(clip.target_audio))
            output_N, _ = read_sound(Path(clip.output_audio), sample_rate)
        except AudioError as error:
            self.failed.emit(error)
            return False
        sounds = (("Original", original_N), ("Resynthesized", output_N))
        self._player.load(matched(sounds, sample_rate, leaders=(0, 1)), sample_rate, keeps_position=keeps_position)
        self._clip = clip
        return True

    def _refresh(self) -> None:
        assert self._player is not None
        now = self._player.snapshot()
        if now.problem is not None:
            self._timer.stop()
            self.moved.emit(None, None)
            self.failed.emit(now.problem)
        elif not now.is_playing:
            self._timer.stop()
            self.moved.emit(None, now.seconds if now.seconds < now.length else None)
        else:
            self.moved.emit(self._side, now.seconds)
