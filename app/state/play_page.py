"""What the page shows on which one plays a model live."""

import math
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import assert_never

from app.state import formatting
from app.state.computer_keys import FIRST_OCTAVE
from app.state.notices import Notice, Tone
from ddsp_backend.live.messages import (
    DelayMeasured,
    DevicesFound,
    KeyboardsFound,
    LiveFailed,
    ModelReady,
    NowPlaying,
    Report,
    SoundOpened,
    TakeWritten,
    Trouble,
    TurnKnobs,
)

_ENDS_PLAYING = (Trouble.MODEL, Trouble.SOUND)


BUFFERS = {0.012: "Short", 0.025: "Medium", 0.05: "Long: no gaps on a busy computer"}
"""Seconds that the devices hold ready, and what each is called."""
KEYS = "Keys and MIDI"
MIDI_ENDINGS = (".mid", ".midi")
MIDI_FILES = "MIDI files (*.mid *.midi *.MID *.MIDI)"


class PlayPhase(Enum):
    EMPTY = "empty"  # no instrument, or one that is not trained
    LOADING = "loading"
    READY = "ready"
    UNPLAYABLE = "unplayable"  # this model
    NO_SOUND = "no sound"


@dataclass(frozen=True, slots=True)
class PlayPageState:
    """`model` is what was asked for, and `is_loaded` whether that plays. `note` is what sounds, a MIDI number."""

    model: str = ""
    is_loaded: bool = False
    has_sound: bool = False
    outputs: tuple[str, ...] = ()
    output: str = ""
    inputs: tuple[str, ...] = ()
    input: str = ""
    """That plays; empty where keys do."""
    buffer: float = 0.025
    sample_rate: int = 0
    latency: float = 0.0
    keyboards: tuple[str, ...] = ()
    knows_midi: bool = True
    knows_range: bool = False
    lowest_midi: float = 36.0
    highest_midi: float = 96.0
    level_db: float = -math.inf
    input_db: float = -math.inf
    is_playing_file: bool = False
    take_seconds: float = 0.0
    last_take: str = ""
    note: float = 0.0
    lost: int = 0
    answer: float = 0.0
    is_measuring: bool = False
    octave: int = FIRST_OCTAVE
    knobs: TurnKnobs = field(default_factory=TurnKnobs)
    trouble: LiveFailed | None = None
    notice: Notice | None = None

    @property
    def phase(self) -> PlayPhase:
        if not self.model:
            return PlayPhase.EMPTY
        if self.trouble is not None:
            return PlayPhase.UNPLAYABLE if self.trouble.trouble is Trouble.MODEL else PlayPhase.NO_SOUND
        return PlayPhase.READY if self.is_loaded and self.has_sound else PlayPhase.LOADING

    @property
    def headline(self) -> str:
        match self.phase:
            case PlayPhase.EMPTY:
                return "Nothing to play yet"
            case PlayPhase.LOADING:
                return "Getting ready to play"
            case PlayPhase.UNPLAYABLE | PlayPhase.NO_SOUND:
                assert self.trouble is not None
                return self.trouble.title
            case PlayPhase.READY:
                return f"Playing {formatting.note(self.note)}" if self.note else "Ready to play"

    @property
    def players(self) -> tuple[str, ...]:
        """Who can play: the keys, or an input."""
        return (KEYS, *self.inputs)

    @property
    def can_measure(self) -> bool:
        return self.can_play and bool(self.input) and not self.is_measuring

    @property
    def record_word(self) -> str:
        return f"Stop ({formatting.clock(self.take_seconds)})" if self.take_seconds else "Record"

    @property
    def file_word(self) -> str:
        return "Stop the MIDI file" if self.is_playing_file else "Play a MIDI file..."

    @property
    def advice(self) -> str:
        """What to do, in a sentence or two."""
        match self.phase:
            case PlayPhase.EMPTY:
                return "Train an instrument, then play it here with the keys of your computer."
            case PlayPhase.LOADING:
                return "The model is being loaded. That takes some seconds."
            case PlayPhase.UNPLAYABLE | PlayPhase.NO_SOUND:
                assert self.trouble is not None
                return self.trouble.hint
            case PlayPhase.READY:
                if self.input:
                    return (
                        "Sing or play one note at a time into the input, and wear headphones: through speakers the "
                        "instrument would hear itself."
                    )
                how = "Play with the mouse, or with the keys A to P of your computer; Z and X change the octave."
                if not self.knows_range:
                    return how
                lowest, highest = formatting.note(self.lowest_midi), formatting.note(self.highest_midi)
                return f"{how} This instrument learned notes from {lowest} to {highest}."

    @property
    def can_play(self) -> bool:
        return self.phase is PlayPhase.READY

    @property
    def midi_words(self) -> str:
        """Which MIDI keyboards play, or how one comes to."""
        if not self.knows_midi:
            return "MIDI keyboards cannot be used here: the package python-rtmidi is not installed."
        if not self.keyboards:
            return "No MIDI keyboard yet. Connect one at any time."
        return f"Playing too: {', '.join(self.keyboards)}"

    @property
    def figures(self) -> str:
        """How the sound comes out."""
        if not self.has_sound:
            return ""
        where = "input and output" if self.input else "the output"
        said = f"{self.sample_rate / 1000:g} kHz, {1000 * self.latency:.0f} ms in {where}"
        if self.answer and not self.input:
            said = f"{said}, {1000 * self.answer:.0f} ms to answer the last key"
        if self.lost:
            blocks = "1 gap" if self.lost == 1 else f"{self.lost:,} gaps"
            return f"{said}. {blocks}: the computer was too busy. If you hear them, choose a longer delay."
        return said


def heard(state: PlayPageState, report: Report) -> PlayPageState:
    """The state after the process that plays has said something."""
    match report:
        case DevicesFound():
            return replace(state, outputs=report.outputs, inputs=report.inputs)
        case KeyboardsFound():
            return replace(state, keyboards=report.names, knows_midi=report.is_supported)
        case ModelReady():
            if report.path != state.model:
                return state  # another one was asked for meanwhile
            return replace(
                _without(state, Trouble.MODEL),
                is_loaded=True,
                knows_range=report.knows_range,
                lowest_midi=report.lowest_midi,
                highest_midi=report.highest_midi,
            )
        case SoundOpened():
            return replace(
                _without(state, Trouble.SOUND),
                has_sound=True,
                lost=0,
                output=report.output,
                input=report.input,
                sample_rate=report.sample_rate,
                latency=report.latency,
            )
        case NowPlaying():
            return replace(
                state,
                level_db=_decibels(report.peak),
                input_db=_decibels(report.input_peak),
                note=report.midi,
                lost=report.lost,
                answer=report.answer,
                is_playing_file=report.is_playing_file,
                take_seconds=report.take_seconds,
            )
        case TakeWritten():
            said = f"The take of {formatting.clock(report.seconds)} is kept"
            notice = Notice(Tone.GOOD, said, report.path, action="Show the file")
            return replace(state, take_seconds=0.0, last_take=report.path, notice=notice)
        case DelayMeasured():
            said = f"Sound takes {1000 * report.seconds:.0f} ms through output and input and back"
            hint = "A shorter delay may do on this computer, if there are no gaps."
            return replace(state, is_measuring=False, notice=Notice(Tone.GOOD, said, hint))
        case LiveFailed():
            if report.trouble in _ENDS_PLAYING:
                has_sound = state.has_sound and report.trouble is not Trouble.SOUND
                return replace(state, trouble=report, has_sound=has_sound, level_db=-math.inf, note=0.0)
            by = "" if report.trouble is Trouble.INPUT else state.input  # keys play then
            return replace(state, input=by, is_measuring=False, notice=Notice(Tone.BAD, report.title, report.hint))
        case _:
            assert_never(report)


def _decibels(peak: float) -> float:
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def asked_for(state: PlayPageState, model: str) -> PlayPageState:
    """Another model is to play; none with an empty path."""
    return replace(_without(state, Trouble.MODEL), model=model, is_loaded=False, note=0.0)


def opening(state: PlayPageState) -> PlayPageState:
    """A sound output is being opened."""
    return replace(_without(state, Trouble.SOUND), has_sound=False)


def _without(state: PlayPageState, trouble: Trouble) -> PlayPageState:
    return replace(state, trouble=None) if state.trouble and state.trouble.trouble is trouble else state
