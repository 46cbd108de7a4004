"""Reads the parts and pictures of one piece of music, in a thread."""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QThread, Signal

from app.audio.files import read_sound, read_spectrogram
from app.audio.player import Player
from app.audio.tracks import Track, matched, resample
from app.state.listening_page import Pictures, SoundFiles, SoundPart
from app.state.peaks import Peaks, peaks_of
from ddsp_backend.errors import AudioError

_HEADROOM = 1.25
_MOST_KEPT = 12
_MOST_SECONDS_KEPT = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class LoadedSound:
    """Ready to be played and seen. `parts` says which part each track is."""

    files: SoundFiles
    parts: tuple[SoundPart, ...]
    tracks: tuple[Track, ...]
    sample_rate: int
    pictures: Pictures


def load_sound(files: SoundFiles, sample_rate: int | None) -> LoadedSound:
    """Reads everything that is there. A missing picture or part is left out; original and output must be there.

    Args: sample_rate: The player's, in Hz; None plays at the original's own.
    Raises: AudioError.
    """
    own_rate = 0
    sounds: dict[SoundPart, npt.NDArray[np.float32]] = {}
    for part, path in zip(SoundPart, files.audio, strict=True):
        if not path:
            continue
        if part in (SoundPart.ORIGINAL, SoundPart.RESYNTHESIZED):
            sound_N, own_rate = read_sound(Path(path), own_rate or None)
        else:
            try:
                sound_N, _ = read_sound(Path(path), own_rate)
            except AudioError:
                continue
        sounds[part] = sound_N
    parts = tuple(sounds)
    # The harmonic and the noise part are heard as loud as they lie in the whole.
    leaders = [min(parts.index(part), int(SoundPart.RESYNTHESIZED in parts)) for part in parts]
    tracks = matched([(part.title, sounds[part]) for part in parts], own_rate, leaders)
    peaks: list[Peaks | None] = [peaks_of(sounds[part], own_rate) if part in sounds else None for part in SoundPart]
    pictures = Pictures(
        seconds=max(len(sound_N) for sound_N in sounds.values()) / own_rate,
        highest_hz=own_rate / 2,
        # The original's: a model that is not trained yet can be loud beyond all measure.
        full_scale=float(np.abs(sounds[parts[0]]).max()) * _HEADROOM,
        peaks=(peaks[0], peaks[1], peaks[2], peaks[3]),
        original_spectrogram=_picture(files.original_spectrogram),
        output_spectrogram=_picture(files.output_spectrogram),
    )
    rate = sample_rate or own_rate
    tracks = tuple(Track(track.name, resample(track.samples, own_rate, rate), track.gain) for track in tracks)
    return LoadedSound(files, parts, tracks, rate, pictures)


class SoundLoader(QObject):
    """Loads what was asked for last; what was asked for before it and is not yet begun is skipped.

    Signals:
      loaded: A `LoadedSound`.
      failed: The `SoundFiles` and the `AudioError`.
    """

    loaded = Signal(object)
    failed = Signal(object, object)

    def __init__(self, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._thread: _LoadThread | None = None
        self._next: SoundFiles | None = None
        self._kept: OrderedDict[tuple[SoundFiles, int], LoadedSound] = OrderedDict()

    def request(self, files: SoundFiles) -> None:
        kept = self._kept.get((files, _changed_at(files)))
        if kept is not None:
            self._next = None
            self.loaded.emit(kept)
            return
        self._next = files
        if self._thread is None:
            self._start()

    def close(self) -> None:
        self._next = None
        if self._thread is not None:
            self._thread.wait()

    def _start(self) -> None:
        assert self._next is not None
        self._thread = _LoadThread(self._next, self._player, self)
        self._next = None
        self._thread.finished.connect(self._on_finished)
        self._thread.start()

    def _on_finished(self) -> None:
        thread, self._thread = self._thread, None
        assert thread is not None
        thread.deleteLater()
        if self._next is not None:
            self._start()
            return
        if isinstance(thread.outcome, AudioError):
            self.failed.emit(thread.files, thread.outcome)
        elif thread.outcome is not None:
            self._keep(thread.outcome)
            self.loaded.emit(thread.outcome)

    def _keep(self, sound: LoadedSound) -> None:
        if sound.pictures.seconds <= _MOST_SECONDS_KEPT:
            self._kept[sound.files, _changed_at(sound.files)] = sound
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)


class _LoadThread(QThread):
    def __init__(self, files: SoundFiles, player: Player, parent: QObject) -> None:
        super().__init__(parent)
        self.files = files
        self.outcome: LoadedSound | AudioError | None = None
        self._player = player

    def run(self) -> None:
        try:
            self.outcome = load_sound(self.files, self._player.device_rate())
        except AudioError as error:
            self.outcome = error


def _changed_at(files: SoundFiles) -> int:
    """A training that is resumed from an earlier step renders its clips once more, under the same names."""
    try:
        return Path(files.audio[SoundPart.RESYNTHESIZED.value]).stat().st_mtime_ns
    except OSError:
        return 0


def _picture(path: str) -> npt.NDArray[np.uint8] | None:
    try:
        return read_spectrogram(Path(path)) if path else None
    except AudioError:
        return None  # the sound can be heard without its picture
