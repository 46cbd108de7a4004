"""What the listening page hears: the player, the sound that is loaded into it, and where it is."""

from PySide6.QtCore import QObject, QTimer, Signal

from app.audio.loading import LoadedSound, SoundLoader
from app.audio.player import Player
from app.state.listening_page import ListeningChoice, SoundFiles, SoundPart
from ddsp_backend.errors import DdspError

_PLAYING_MS = 33
_IDLE_MS = 250


class ListeningPlayer(QObject):
    """Signals:

    changed: Another sound is loaded, play has begun or ended, or there is a new problem.
    moved: Where the sound is, in seconds.
    """

    changed = Signal()
    moved = Signal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sound: LoadedSound | None = None
        self.problem: DdspError | None = None
        self._wanted: SoundFiles | None = None
        self._part = SoundPart.ORIGINAL
        self._player: Player | None = None
        self._loader: SoundLoader | None = None
        self._told: tuple[bool, str] = (False, "")
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.follow)

    @property
    def is_playing(self) -> bool:
        return self._player is not None and self._player.snapshot().is_playing

    @property
    def part(self) -> SoundPart:
        """The one heard: the chosen one where there is such a part."""
        parts = self.sound.parts if self.sound else ()
        return self._part if self._part in parts or not parts else parts[0]

    def wake(self, choice: ListeningChoice) -> None:
        """The page is seen. The first time, looks for a sound device, which takes its time in another thread."""
        if self._player is None:
            self._player = Player()
            self._player.look_for_device()
            self._loader = SoundLoader(self._player, self)
            self._loader.loaded.connect(self._on_loaded)
            self._loader.failed.connect(self._on_load_failed)
            self._part = choice.part
            self._player.set_looping(choice.is_looping)
            self._player.set_volume(choice.volume)
            self._player.set_level_matched(choice.is_level_matched)
        if not self._timer.isActive():
            self._timer.start(_IDLE_MS)

    def sleep(self) -> None:
        """The page is left."""
        self._timer.stop()
        if self._player is not None:
            self._player.pause()

    def close(self) -> None:
        self._timer.stop()
        if self._loader is not None:
            self._loader.close()
        if self._player is not None:
            self._player.close()
            self._player = None

    def want(self, files: SoundFiles | None, *, is_urgent: bool) -> None:
        """Loads these, handing over at the same place where they are the same piece of music.

        Args: is_urgent: Even while the piece is playing; otherwise that is waited for.
        """
        if files == self._wanted or self._player is None or self._loader is None:
            return
        is_same_piece = files is not None and self._wanted is not None and files.piece == self._wanted.piece
        if is_same_piece and not is_urgent and self.is_playing:
            return
        self._wanted = files
        if not is_same_piece:
            self.sound = None
            self._player.set_region(None)
        if files is not None:
            self._loader.request(files)
        else:
            self._player.pause()

    # --- the user ------------------------------------------------------------------------------------------
    def toggle(self) -> None:
        if self._player is None or self.sound is None:
            return
        if self.is_playing:
            self._player.pause()
        else:
            self.problem = None
            self._player.play()
        self.follow()

    def choose_part(self, part: SoundPart) -> None:
        self._part = part
        if self._player is not None and self.sound is not None:
            self._player.select(self.sound.parts.index(self.part))

    def seek(self, seconds: float) -> None:
        if self._player is not None:
            self._player.seek(seconds)
            self.follow()

    def set_region(self, region: tuple[float, float] | None) -> None:
        if self._player is not None:
            self._player.set_region(region)
            if region is not None:
                self._player.seek(region[0])
            self.follow()

    def set_looping(self, is_looping: bool) -> None:
        if self._player is not None:
            self._player.set_looping(is_looping)

    def set_volume(self, gain: float) -> None:
        if self._player is not None:
            self._player.set_volume(gain)

    def set_level_matched(self, is_level_matched: bool) -> None:
        if self._player is not None:
            self._player.set_level_matched(is_level_matched)

    # --- what comes back ------------------------------------------------------------------------------------------
    def follow(self) -> None:
        """Asks the player how far it is."""
        if self._player is None:
            return
        now = self._player.snapshot()
        interval = _PLAYING_MS if now.is_playing else _IDLE_MS
        if self._timer.isActive() and self._timer.interval() != interval:
            self._timer.setInterval(interval)
        self.moved.emit(now.seconds)
        if now.problem is not None:
            self.problem = now.problem
        told = (now.is_playing, str(self.problem or ""))
        if told != self._told:
            self._told = told
            self.changed.emit()

    def _on_loaded(self, sound: LoadedSound) -> None:
        if self._player is None or sound.files != self._wanted:
            return
        is_same_piece = self.sound is not None and self.sound.files.piece == sound.files.piece
        self.sound = sound
        self._player.load(sound.tracks, sound.sample_rate, keeps_position=is_same_piece)
        self._player.select(sound.parts.index(self.part))
        self.changed.emit()
        self.follow()

    def _on_load_failed(self, files: SoundFiles, error: DdspError) -> None:
        if files == self._wanted and not files.is_passing:
            self.sound = None
            self.problem = error
            self.changed.emit()
