"""What the page shows on which one plays a model live."""

import math
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import assert_never

from app.state import formatting
from app.state.computer_keys import FIRST_OCTAVE
from app.state.notices import Notice, Tone
from ddsp_backend.live.messages import (
    DevicesFound,
    KeyboardsFound,
    LiveFailed,
    ModelReady,
    NowPlaying,
    Report,
    SoundOpened,
    Trouble,
    TurnKnobs,
)

_ENDS_PLAYING = (Trouble.MODEL, Trouble.SOUND)


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
    sample_rate: int = 0
    latency: float = 0.0
    keyboards: tuple[str, ...] = ()
    knows_midi: bool = True
    lowest_midi: float = 36.0
    highest_midi: float = 96.0
    level_db: float = -math.inf
    note: float = 0.0
    lost: int = 0
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
                lowest, highest = formatting.note(self.lowest_midi), formatting.note(self.highest_midi)
                return (
                    f"Play with the mouse, or with the keys A to P of your computer; Z and X change the octave. "
                    f"This instrument learned notes from {lowest} to {highest}."
                )

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
        said = f"{self.sample_rate / 1000:g} kHz, {1000 * self.latency:.0f} ms in the output"
        if self.lost:
            blocks = "1 gap" if self.lost == 1 else f"{self.lost:,} gaps"
            return f"{said}. {blocks}: the computer was too busy. Close other programs if you hear them."
        return said


def heard(state: PlayPageState, report: Report) -> PlayPageState:
    """The state after the process that plays has said something."""
    match report:
        case DevicesFound():
            return replace(state, outputs=report.outputs)
        case KeyboardsFound():
            return replace(state, keyboards=report.names, knows_midi=report.is_supported)
        case ModelReady():
            if report.path != state.model:
                return state  # another one was asked for meanwhile
            return replace(
                _without(state, Trouble.MODEL),
                is_loaded=True,
                lowest_midi=report.lowest_midi,
                highest_midi=report.highest_midi,
            )
        case SoundOpened():
            return replace(
                _without(state, Trouble.SOUND),
                has_sound=True,
                lost=0,
                output=report.output,
                sample_rate=report.sample_rate,
                latency=report.latency,
            )
        case NowPlaying():
            level_db = 20 * math.log10(report.peak) if report.peak > 0 else -math.inf
            return replace(state, level_db=level_db, note=report.midi, lost=report.lost)
        case LiveFailed():
            if report.trouble in _ENDS_PLAYING:
                has_sound = state.has_sound and report.trouble is not Trouble.SOUND
                return replace(state, trouble=report, has_sound=has_sound, level_db=-math.inf, note=0.0)
            return replace(state, notice=Notice(Tone.BAD, report.title, report.hint))
        case _:
            assert_never(report)


def asked_for(state: PlayPageState, model: str) -> PlayPageState:
    """Another model is to play; none with an empty path."""
    return replace(_without(state, Trouble.MODEL), model=model, is_loaded=False, note=0.0)


def opening(state: PlayPageState) -> PlayPageState:
    """A sound output is being opened."""
    return replace(_without(state, Trouble.SOUND), has_sound=False)


def _without(state: PlayPageState, trouble: Trouble) -> PlayPageState:
    return replace(state, trouble=None) if state.trouble and state.trouble.trouble is trouble else state
