"""Plays tracks through the sound device. Every command returns at once; a thread of its own works the device.

Knows no Qt: the window asks `snapshot()` from its timer.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.audio.devices import AudioUnavailable, OutputDevice, RateRefused, look_again, output_device
from app.audio.mixer import Mixer
from app.audio.output import Output
from app.audio.tracks import Track, resampled

_STALLED_SECONDS = 3.0
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Playback:
    """What is to be seen of the player now. `problem` stays until play is pressed again."""

    is_playing: bool
    seconds: float
    length: float
    problem: AudioUnavailable | None


class Player:
    """A tape machine for several tracks of the same music."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mixer = Mixer(48000)
        self._output: Output | None = None
        self._device: OutputDevice | None = None
        self._must_look_again = False
        self._problem: AudioUnavailable | None = None
        self._looked = threading.Event()
        # What the device's thread is to do; None ends it.
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="sound device", daemon=True)
        self._thread.start()

    # --- commands, from any thread ---------------------------------------------------------------------------------
    def load(self, tracks: Sequence[Track], sample_rate: int, *, keeps_position: bool = False) -> None:
        """Plays these from now on, handing over without a gap; with `keeps_position` from where the others were."""
        with self._lock:
            if self._mixer.sample_rate == sample_rate:
                self._mixer.change(tracks=tuple(tracks))
            else:
                self._mixer = self._mixer.moved_to(sample_rate, tuple(tracks))
                self._tasks.put(self._follow)
            if not keeps_position:
                self._mixer.seek(0)

    def play(self) -> None:
        self._problem = None
        self._mixer.play()
        self._tasks.put(self._follow)

    def pause(self) -> None:
        self._mixer.change(is_playing=False)

    def seek(self, seconds: float) -> None:
        self._mixer.seek(round(seconds * self._mixer.sample_rate))

    def select(self, index: int) -> None:
        """Hands over to another track at the same place of the music."""
        self._mixer.change(selected=index)

    def set_looping(self, is_looping: bool) -> None:
        self._mixer.change(is_looping=is_looping)

    def set_region(self, region: tuple[float, float] | None) -> None:
        """What the loop repeats, in seconds; None repeats everything."""
        rate = self._mixer.sample_rate
        self._mixer.change(region=region and (round(region[0] * rate), round(region[1] * rate)))

    def set_volume(self, gain: float) -> None:
        self._mixer.change(volume=gain)

    def set_level_matched(self, is_level_matched: bool) -> None:
        self._mixer.change(is_level_matched=is_level_matched)

    def look_for_device(self) -> None:
        """Finds out whether there is a sound device, before play is pressed."""
        self._tasks.put(self._look)

    def close(self) -> None:
        """Falls silent and gives the device back. The player is of no use afterwards."""
        self._tasks.put(None)
        self._thread.join(_PATIENCE_SECONDS)

    # --- what is heard, from any thread ----------------------------------------------------------------------------
    def snapshot(self) -> Playback:
        mixer, output, problem = self._mixer, self._output, self._problem
        is_playing = mixer.is_playing
        position = mixer.position
        if is_playing and output is not None and output.mixer is mixer:
            position = output.position
            if output.silent_for > _STALLED_SECONDS:
                problem = AudioUnavailable(
                    f"The sound device has not answered for {_STALLED_SECONDS:.0f} seconds",
                    "Wait a moment, or choose another device in the system's sound settings.",
                )
        rate = mixer.sample_rate
        return Playback(is_playing, position / rate, mixer.n_samples / rate, problem)

    def device_rate(self) -> int | None:
        """The device's own rate in Hz, at which tracks need no resampling; None without a device.

        Waits for the first `look_for_device` to end, so not for Qt's thread.
        """
        self._looked.wait(_PATIENCE_SECONDS)
        return self._device.sample_rate if self._device else None

    # --- the device's thread ---------------------------------------------------------------------------------------
    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task()
            except AudioUnavailable as problem:
                self._give_up(problem)
        if self._output is not None:
            self._output.close()

    def _look(self) -> None:
        try:
            self._find_device()
        finally:
            self._looked.set()

    def _find_device(self) -> OutputDevice:
        if self._output is None and self._must_look_again:
            look_again()
        self._must_look_again = True
        self._device = output_device()
        self._must_look_again = False
        return self._device

    def _follow(self) -> None:
        """Brings the stream in line with what the mixer wants."""
        mixer = self._mixer
        if not mixer.is_playing or (self._output is not None and self._output.mixer is mixer):
            return
        self._let_go()
        device = self._device or self._find_device()
        try:
            self._output = Output(mixer, device.n_channels, self._ended)
        except RateRefused:
            if mixer.sample_rate == device.sample_rate:
                raise
            self._move_to(device.sample_rate)

    def _move_to(self, sample_rate: int) -> None:
        mixer = self._mixer
        tracks = tuple(resampled(track, mixer.sample_rate, sample_rate) for track in mixer.controls.tracks)
        with self._lock:
            if self._mixer is mixer:
                self._mixer = mixer.moved_to(sample_rate, tracks)
        self._tasks.put(self._follow)

    def _ended(self, output: Output) -> None:
        """From PortAudio's thread."""
        self._tasks.put(lambda: self._after(output))

    def _after(self, output: Output) -> None:
        if output is not self._output:
            return
        self._let_go()
        if not output.ended_by_itself:
            raise AudioUnavailable(
                "The sound device went away while playing",
                "Connect it again, or choose another one in the system's sound settings, then press play.",
            )
        self._follow()

    def _give_up(self, problem: AudioUnavailable) -> None:
        self._let_go()
        self._mixer.change(is_playing=False)
        self._problem = problem
        self._device = None
        self._must_look_again = True

    def _let_go(self) -> None:
        output, self._output = self._output, None
        if output is not None:
            output.close()
