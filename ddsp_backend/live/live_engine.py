"""What sounds, block by block: an instrument and those who play it. Knows no sound device.

Commands come from other threads and take effect at the next block; a block never waits for anybody.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.live.live_instrument import LiveInstrument
from ddsp_backend.live.messages import TurnKnobs
from ddsp_backend.live.midi_messages import MidiMessage
from ddsp_backend.live.voice import Envelope, Voice


class LiveEngine:
    """Silent until it has an instrument."""

    def __init__(self) -> None:
        self._instrument: LiveInstrument | None = None
        self._next: LiveInstrument | None = None
        self._voice = Voice()
        self._turned = TurnKnobs()
        # What other threads ask for; `deque` takes and gives whole items.
        self._tasks: deque[Callable[[], None]] = deque()
        self._peak = 0.0

    # --- from any thread --------------------------------------------------------------------------------------------
    def take_instrument(self, instrument: LiveInstrument) -> None:
        """Plays this one from the next block on. What sounds fades out, and goes on with the new one."""
        self._tasks.append(lambda: self._replace(instrument))

    def hear(self, message: MidiMessage, keyboard: str = "") -> None:
        self._tasks.append(lambda: self._voice.hear(message, keyboard))

    def forget(self, keyboard: str) -> None:
        """A keyboard is gone; its notes end."""
        self._tasks.append(lambda: self._voice.forget(keyboard))

    def stop(self) -> None:
        """Every note ends."""
        self._tasks.append(self._voice.stop)

    def turn(self, knobs: TurnKnobs) -> None:
        self._tasks.append(lambda: self._turn(knobs))

    def take_peak(self) -> float:
        """The highest sample since this was asked."""
        peak, self._peak = self._peak, 0.0
        return peak

    @property
    def midi(self) -> float:
        """The note that sounds, with bend and vibrato; 0 for none."""
        return self._voice.midi

    # --- from the device's thread -------------------------------------------------------------------------------------
    def fill(self, n: int) -> Array:
        """The next n samples, within full scale."""
        while self._tasks:
            self._tasks.popleft()()
        if self._instrument is None:
            return np.zeros(n, np.float32)
        audio_N = self._instrument.render(n)
        if self._next is not None:
            audio_N = audio_N * np.linspace(1.0, 0.0, n, dtype=np.float32)
            self._instrument, self._next = self._next, None
        audio_N = np.clip(audio_N, -1.0, 1.0)
        self._peak = max(self._peak, float(np.abs(audio_N).max(initial=0.0)))
        return audio_N

    def _replace(self, instrument: LiveInstrument) -> None:
        instrument.voice = self._voice
        if self._instrument is None:
            self._instrument = instrument
        else:
            self._next = instrument
        self._turn(self._turned)

    def _turn(self, knobs: TurnKnobs) -> None:
        self._turned = knobs
        self._voice.envelope = Envelope(knobs.attack, knobs.release)
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
