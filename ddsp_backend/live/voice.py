"""One voice that many keys play: the newest key sounds, and notes that overlap are tied.

Time comes in from outside, in seconds, so that whatever a player did can be played again exactly.
"""

import math
from dataclasses import dataclass

from ddsp_backend.live.midi_messages import (
    MidiMessage,
    Modulation,
    NoteOff,
    NoteOn,
    NotesOff,
    PitchBend,
    Sustain,
)

BEND_SEMITONES = 2.0
VIBRATO_HZ = 5.5
VIBRATO_SEMITONES = 0.5
_RELEASE_DB = 60.0  # how far a note falls before it is over
_SOFTEST = 1e-3


@dataclass(frozen=True, slots=True)
class Envelope:
    """Seconds in which a note comes and goes."""

    attack: float = 0.02
    release: float = 0.15


@dataclass(frozen=True, slots=True)
class Tone:
    """What sounds now. `midi` has fractions; `strength` is the velocity from 0 to 1."""

    midi: float
    strength: float
    fade_db: float
    """Of attack and release: 0 for a held note, down to -60."""
    gain: float
    """1 for a held note; reaches 0 at the end of a release."""


class Voice:
    """Takes messages of any number of keyboards, and says what sounds.

    No flood of messages makes it grow: a key that is pressed again counts once.
    """

    def __init__(self, envelope: Envelope | None = None) -> None:
        self.envelope = envelope or Envelope()
        self._keys: dict[tuple[str, int], int] = {}  # in the order in which they were pressed: velocities
        self._kept: set[tuple[str, int]] = set()  # keys that are up, and whose notes the pedal holds
        self._pedals: set[str] = set()
        self._bends: dict[str, float] = {}
        self._modulations: dict[str, float] = {}
        self.midi = 0.0  # what sounded last; 0 for nothing
        self._midi, self._strength = 60.0, 0.0
        self._height = 0.0  # of the attack, 0 to 1
        self._released = math.inf  # seconds since the last key came up
        self._vibrato = 0.0  # its phase in cycles
        self._is_fresh = False

    @property
    def is_silent(self) -> bool:
        """No key is down, and the last note has died away."""
        return not self._keys and self._released >= self.envelope.release

    def take_fresh_note(self) -> bool:
        """Whether a note has begun since this was asked."""
        is_fresh, self._is_fresh = self._is_fresh, False
        return is_fresh

    def hear(self, message: MidiMessage, keyboard: str = "") -> None:
        """Takes one message. Args: keyboard: Whose; each has its own keys, wheels and pedal."""
        match message:
            case NoteOn(note, velocity):
                self._press((keyboard, note), velocity)
            case NoteOff(note):
                self._let_go((keyboard, note))
            case PitchBend(position):
                self._bends[keyboard] = position
            case Modulation(amount):
                self._modulations[keyboard] = amount
            case Sustain(is_down):
                self._tread(keyboard, is_down)
            case NotesOff(is_reset):
                self._end(keyboard, is_reset)

    def forget(self, keyboard: str) -> None:
        """That keyboard is gone: nothing it held may sound on."""
        self._end(keyboard, is_reset=True)

    def stop(self) -> None:
        """Every note of every keyboard ends, with its release."""
        for keyboard in {*(keyboard for keyboard, _ in self._keys), *self._pedals, *self._bends, *self._modulations}:
            self._end(keyboard, is_reset=True)

    def advance(self, seconds: float) -> Tone:
        """What sounds after these seconds."""
        if self._keys:
            self._height = min(1.0, self._height + seconds / max(self.envelope.attack, seconds, 1e-6))
        elif not self.is_silent:
            self._released += seconds
        left = 1.0 if self._keys else max(0.0, 1.0 - self._released / max(self.envelope.release, 1e-6))
        fade_db = 20 * math.log10(max(self._height, _SOFTEST)) - _RELEASE_DB * (1.0 - left)
        if not left:
            self._height = 0.0
        self._vibrato = math.fmod(self._vibrato + VIBRATO_HZ * seconds, 1.0)
        depth = VIBRATO_SEMITONES * max(self._modulations.values(), default=0.0)
        bend = BEND_SEMITONES * max(self._bends.values(), key=abs, default=0.0)
        midi = self._midi + bend + depth * math.sin(2 * math.pi * self._vibrato)
        self.midi = 0.0 if self.is_silent else midi
        return Tone(midi, self._strength, max(fade_db, -_RELEASE_DB), left)

    def _press(self, key: tuple[str, int], velocity: int) -> None:
        if not self._keys and not self.is_silent:
            self._height *= 10 ** (-_RELEASE_DB / 20 * self._released / max(self.envelope.release, 1e-6))
        self._keys.pop(key, None)
        self._kept.discard(key)
        self._keys[key] = velocity
        self._released = 0.0
        self._is_fresh = True
        self._sound_newest()

    def _let_go(self, key: tuple[str, int]) -> None:
        if key not in self._keys:
            return
        if key[0] in self._pedals:
            self._kept.add(key)
            return
        del self._keys[key]
        self._sound_newest()

    def _tread(self, keyboard: str, is_down: bool) -> None:
        if is_down:
            self._pedals.add(keyboard)
            return
        self._pedals.discard(keyboard)
        for key in [key for key in self._kept if key[0] == keyboard]:
            self._kept.discard(key)
            self._let_go(key)

    def _end(self, keyboard: str, is_reset: bool) -> None:
        if is_reset:
            self._pedals.discard(keyboard)
            self._bends.pop(keyboard, None)
            self._modulations.pop(keyboard, None)
        for key in [key for key in self._keys if key[0] == keyboard]:
            self._kept.discard(key)
            del self._keys[key]
        self._sound_newest()

    def _sound_newest(self) -> None:
        """A key that is down sounds rather than one that only the pedal holds; the newest of them."""
        down = [key for key in self._keys if key not in self._kept] or list(self._keys)
        if down:
            self._midi, self._strength = float(down[-1][1]), self._keys[down[-1]] / 127
