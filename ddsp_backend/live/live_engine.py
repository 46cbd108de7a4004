"""What sounds, block by block: an instrument and those who play it. Knows no sound device.

Commands come from other threads and take effect at the next block; a block never waits for anybody.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.live.delay_probe import DelayProbe
from ddsp_backend.live.listener import InputSettings, Listener
from ddsp_backend.live.messages import TurnKnobs
from ddsp_backend.live.midi_file import TimedMessage
from ddsp_backend.live.midi_messages import MidiMessage, NoteOn
from ddsp_backend.live.take_recording import TakeRecording
from ddsp_backend.live.voice import Envelope, Voice

if TYPE_CHECKING:
    from ddsp_backend.live.live_instrument import LiveInstrument

_FILE = "a MIDI file"  # the keyboard that it is


class LiveEngine:
    """Silent until it has an instrument."""

    def __init__(self) -> None:
        self._instrument: LiveInstrument | None = None
        self._next: LiveInstrument | None = None
        self._listener: Listener | None = None
        self._voice = Voice()
        self._turned = TurnKnobs()
        # What other threads ask for; `deque` takes and gives whole items.
        self._tasks: deque[Callable[[], None]] = deque()
        self._peak = 0.0
        self._pressed_at: float | None = None  # the newest key that has not sounded yet
        self.answer = 0.0  # seconds from the newest key to the end of the block in which it sounds
        self._score: deque[TimedMessage] = deque()
        self._n_of_score = 0  # samples since it began
        self._take: TakeRecording | None = None
        self._probe: DelayProbe | None = None

    # --- from any thread --------------------------------------------------------------------------------------------
    def take_instrument(self, instrument: "LiveInstrument") -> None:
        """Plays this one from the next block on. What sounds fades out, and goes on with the new one."""
        self._tasks.append(lambda: self._replace(instrument))

    def listen_to(self, listener: Listener | None) -> None:
        """Who plays from now on: a listener, or, with None, keys."""
        self._tasks.append(lambda: self._listen(listener))

    def hear(self, message: MidiMessage, keyboard: str = "") -> None:
        at = time.perf_counter()
        self._tasks.append(lambda: self._hear(message, keyboard, at))

    def forget(self, keyboard: str) -> None:
        """A keyboard is gone; its notes end."""
        self._tasks.append(lambda: self._voice.forget(keyboard))

    def stop(self) -> None:
        """Every note ends, and so does a MIDI file."""
        self._tasks.append(self._stop)

    def play(self, score: Sequence[TimedMessage]) -> None:
        """Plays these from their beginning, in place of others."""
        self._tasks.append(lambda: self._begin_score(score))

    def record(self, take: TakeRecording | None) -> None:
        """Every block from now on becomes part of this take, or of none."""
        self._tasks.append(lambda: self._begin_take(take))

    def probe(self, probe: DelayProbe | None) -> None:
        """Plays the clicks of a measurement in place of all else; None ends it."""
        self._tasks.append(lambda: self._begin_probe(probe))

    def turn(self, knobs: TurnKnobs) -> None:
        self._tasks.append(lambda: self._turn(knobs))

    def take_peak(self) -> float:
        """The highest sample since this was asked."""
        peak, self._peak = self._peak, 0.0
        return peak

    @property
    def midi(self) -> float:
        """The note that sounds, with bend and vibrato, or that is heard; 0 for none."""
        return self._voice.midi if self._listener is None else self._listener.midi

    @property
    def is_playing_score(self) -> bool:
        return bool(self._score)

    # --- from the device's thread -------------------------------------------------------------------------------------
    def fill(self, n: int) -> Array:
        """The next n samples, within full scale."""
        while self._tasks:
            self._tasks.popleft()()
        if self._probe is not None:
            return self._probe.fill(n)
        instrument = self._instrument
        if instrument is None:
            return np.zeros(n, np.float32)
        audio_N = np.zeros(n, np.float32)
        done = 0
        while done < n:
            count = min(n - done, self._n_until_message(instrument.sample_rate))
            audio_N[done : done + count] = self._render(instrument, count)
            done += count
            self._n_of_score += count
        if self._next is not None:
            audio_N *= np.linspace(1.0, 0.0, n, dtype=np.float32)
            self._instrument, self._next = self._next, None
        audio_N = np.clip(audio_N, -1.0, 1.0)
        self._peak = max(self._peak, float(np.abs(audio_N).max(initial=0.0)))
        if self._take is not None:
            self._take.append(audio_N)
        if self._pressed_at is not None:
            self.answer, self._pressed_at = time.perf_counter() - self._pressed_at, None
        return audio_N

    def _hear(self, message: MidiMessage, keyboard: str, at: float) -> None:
        self._voice.hear(message, keyboard)
        if isinstance(message, NoteOn) and self._listener is None:
            self._pressed_at = at

    def _render(self, instrument: "LiveInstrument", n: int) -> Array:
        listener = self._listener
        if listener is None:
            return instrument.render(n)
        return instrument.render_from(n, lambda seconds: listener.wish(seconds, instrument), listener.is_urgent)

    def _n_until_message(self, sample_rate: int) -> int:
        """Plays what is due of the score. Returns samples until the next message, 1 at least."""
        while self._score:
            left = round(self._score[0].seconds * sample_rate) - self._n_of_score
            if left > 0:
                return left
            self._voice.hear(self._score.popleft().message, _FILE)
            if not self._score:
                self._voice.forget(_FILE)  # nothing that it has left pressed sounds on
        return 1 << 30

    def _begin_score(self, score: Sequence[TimedMessage]) -> None:
        self._voice.forget(_FILE)
        self._score, self._n_of_score = deque(score), 0

    def _stop(self) -> None:
        self._begin_score(())
        self._voice.stop()

    def _begin_probe(self, probe: DelayProbe | None) -> None:
        self._probe = probe

    def _begin_take(self, take: TakeRecording | None) -> None:
        self._take = take

    def _listen(self, listener: Listener | None) -> None:
        self._stop()
        self._listener = listener
        self._turn(self._turned)

    def _replace(self, instrument: "LiveInstrument") -> None:
        instrument.voice = self._voice
        if self._instrument is None:
            self._instrument = instrument
        else:
            self._next = instrument
        self._turn(self._turned)

    def _turn(self, knobs: TurnKnobs) -> None:
        self._turned = knobs
        self._voice.envelope = Envelope(knobs.attack, knobs.release)
        if self._listener is not None:
            self._listener.settings = InputSettings(knobs.input_db, knobs.gate_db, knobs.fits)
        for instrument in (self._instrument, self._next):
            if instrument is not None:
                instrument.knobs = replace(
                    instrument.knobs,
                    semitones=knobs.semitones,
                    harmonics=knobs.harmonics,
                    noise=knobs.noise,
                    room=knobs.room,
                    volume=knobs.volume,
                )
