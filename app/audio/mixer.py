"""What the sound device plays next: one voice, or two while one hands over to the other. No device, no Qt.

Every change (another track, a seek, the seam of a loop, start, pause) is a short crossfade, so none of them clicks or
leaves a gap. The device's callback calls `render` and nothing else, takes no lock and waits for nobody; everyone else
replaces the frozen `PlaybackControls` whole. N = samples.
"""

import threading
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from app.audio.tracks import Track

FADE_SECONDS = 0.010


@dataclass(frozen=True, slots=True, eq=False)
class PlaybackControls:
    """What the listener wants. Positions are in samples."""

    tracks: tuple[Track, ...] = ()
    selected: int = 0
    is_playing: bool = False
    n_plays: int = 0
    """Counts presses of play, so that a voice that came to its end knows a new wish from the old one."""
    is_looping: bool = False
    region: tuple[int, int] | None = None
    seek_to: int = 0
    n_seeks: int = 0
    volume: float = 1.0
    is_level_matched: bool = True


@dataclass(slots=True, eq=False)
class _Voice:
    track: Track
    position: int
    gain: float
    n_end: int
    """Samples over which it ends; 0 where it is the longest, whose end is a seam."""

    def read(self, n_samples: int) -> npt.NDArray[np.float32]:
        """The next samples; silence beyond the end."""
        part_N = self.track.samples[self.position : self.position + n_samples] * np.float32(self.gain)
        if self.n_end and self.position + n_samples > len(self.track.samples) - self.n_end:
            left_N = len(self.track.samples) - self.position - np.arange(len(part_N), dtype=np.float32)
            part_N *= np.clip(left_N / self.n_end, 0, 1)
        self.position += n_samples
        sound_N = np.zeros(n_samples, np.float32)
        sound_N[: len(part_N)] = part_N
        return sound_N


class Mixer:
    """Renders the tracks at `sample_rate` Hz as the controls want it."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._lock = threading.Lock()
        self._controls = PlaybackControls()
        n_fade = max(int(FADE_SECONDS * sample_rate), 1)
        self._rise_N = (0.5 - 0.5 * np.cos(np.pi * (np.arange(n_fade) + 0.5) / n_fade)).astype(np.float32)
        # The callback's own.
        self._voice: _Voice | None = None
        self._leaving: _Voice | None = None
        self._fade_done = n_fade
        self._position = 0
        self._seen_seeks = 0
        self._ended_play = 0
        self._volume = 1.0

    @property
    def controls(self) -> PlaybackControls:
        return self._controls

    def change(self, **wishes: Any) -> None:
        """Replaces fields of `PlaybackControls`. From any thread; heard from the next block on."""
        with self._lock:
            self._controls = replace(self._controls, **wishes)

    def play(self) -> None:
        with self._lock:
            self._controls = replace(self._controls, is_playing=True, n_plays=self._controls.n_plays + 1)

    def seek(self, position: int) -> None:
        with self._lock:
            self._controls = replace(
                self._controls,
                seek_to=min(max(position, 0), max(self.n_samples - 1, 0)),
                n_seeks=self._controls.n_seeks + 1,
            )

    def moved_to(self, sample_rate: int, tracks: tuple[Track, ...]) -> "Mixer":
        """A mixer at another rate (Hz) with the same wishes and at the same place of the music."""
        controls, scale = self._controls, sample_rate / self.sample_rate
        mixer = Mixer(sample_rate)
        region = controls.region and (round(controls.region[0] * scale), round(controls.region[1] * scale))
        mixer._controls = replace(
            controls,
            tracks=tracks,
            region=region,
            is_playing=self.is_playing,
            seek_to=round(self.position * scale),
            n_seeks=1,
        )
        mixer._ended_play = controls.n_plays - 1
        return mixer

    @property
    def is_playing(self) -> bool:
        """The listener wants sound and the end is not yet reached."""
        controls = self._controls
        return controls.is_playing and bool(controls.tracks) and controls.n_plays != self._ended_play

    @property
    def is_silent(self) -> bool:
        """Nothing sounds and nothing is about to."""
        return self._voice is None and self._fade_done >= len(self._rise_N) and not self.is_playing

    @property
    def n_samples(self) -> int:
        return _length(self._controls.tracks)

    @property
    def position(self) -> int:
        """Where the next sample comes from, or where play would start."""
        controls = self._controls
        return controls.seek_to if controls.n_seeks != self._seen_seeks else self._position

    def loop_bounds(self, controls: PlaybackControls) -> tuple[int, int]:
        """First sample of the loop and the sample at which its seam begins."""
        n_samples = _length(controls.tracks)
        first, last = 0, n_samples
        if controls.is_looping and controls.region is not None:
            first = min(max(controls.region[0], 0), n_samples)
            last = min(max(controls.region[1], first), n_samples)
            if last - first < 2 * len(self._rise_N):
                first, last = 0, n_samples
        # Beyond the seam the leaving voice still needs the length of a fade; at the very end it takes it from the loop.
        return first, max(min(last, n_samples - len(self._rise_N)), first)

    def render(self, n_samples: int) -> npt.NDArray[np.float32]:
        """The next samples. Only for the one thread that plays."""
        controls = self._controls
        sound_N = np.zeros(n_samples, np.float32)
        n_fade = len(self._rise_N)
        done = 0
        while done < n_samples:
            if self._fade_done >= n_fade:
                self._leaving = None
                self._follow(controls)
            count = n_samples - done
            if self._fade_done < n_fade:
                count = min(count, n_fade - self._fade_done)
                sound_N[done : done + count] = self._crossfade(count)
            elif self._voice is None:
                break
            else:
                count = min(count, max(self.loop_bounds(controls)[1] - self._voice.position, 1))
                sound_N[done : done + count] = self._voice.read(count)
            if self._voice is not None:
                self._position = self._voice.position
            done += count
        sound_N *= np.linspace(self._volume, controls.volume, n_samples, dtype=np.float32)
        self._volume = controls.volume
        return sound_N

    def _follow(self, controls: PlaybackControls) -> None:
        """Starts the handover to what is wanted, if that is not what sounds."""
        voice = self._voice
        wants_sound = controls.is_playing and bool(controls.tracks) and controls.n_plays != self._ended_play
        sought = controls.n_seeks != self._seen_seeks
        self._seen_seeks = controls.n_seeks
        if sought:
            self._position = controls.seek_to
        if not wants_sound:
            if voice is not None:
                self._hand_over_to(None)
            return
        track = controls.tracks[min(controls.selected, len(controls.tracks) - 1)]
        gain = track.gain if controls.is_level_matched else 1.0
        first, seam = self.loop_bounds(controls)
        position = self._position if voice is None or sought else voice.position
        if position >= seam:
            if voice is not None and not sought and not controls.is_looping:
                self._ended_play = controls.n_plays
                self._position = first
                self._hand_over_to(None)
                return
            position = first
        elif voice is not None and not sought and voice.track is track and voice.gain == gain:
            return
        n_end = len(self._rise_N) if len(track.samples) < _length(controls.tracks) else 0
        self._hand_over_to(_Voice(track, position, gain, n_end))

    def _hand_over_to(self, voice: _Voice | None) -> None:
        self._leaving, self._voice = self._voice, voice
        self._fade_done = 0

    def _crossfade(self, count: int) -> npt.NDArray[np.float32]:
        rise_N = self._rise_N[self._fade_done : self._fade_done + count]
        self._fade_done += count
        sound_N = np.zeros(count, np.float32)
        if self._voice is not None:
            sound_N += rise_N * self._voice.read(count)
        if self._leaving is not None:
            sound_N += (1 - rise_N) * self._leaving.read(count)
        return sound_N


def _length(tracks: tuple[Track, ...]) -> int:
    return max((len(track.samples) for track in tracks), default=0)
