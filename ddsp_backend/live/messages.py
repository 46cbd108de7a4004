"""What the window and the process that plays live say to each other: one JSON object a line, both ways.

What a keyboard says (midi_messages.py) is a command as well: the keys of the window are a keyboard.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import get_args

from ddsp_backend.jobs.codec import message_from_json
from ddsp_backend.live.midi_messages import MidiMessage


@dataclass(frozen=True, slots=True)
class LoadModel:
    """Play this model from now on: a run's folder or a checkpoint. Another one sounds until it is there."""

    path: str


@dataclass(frozen=True, slots=True)
class OpenSound:
    """Play on this output; looks for devices again. An empty name is the system's choice."""

    output: str = ""
    latency: float = 0.025
    """Seconds that the devices shall hold ready."""
    listens: bool = False
    """Whether the input plays; keys do otherwise."""
    input: str = ""


@dataclass(frozen=True, slots=True)
class CloseSound:
    """Give the devices back; the model stays."""


@dataclass(frozen=True, slots=True)
class TurnKnobs:
    """How it sounds from now on. Levels are factors, times are seconds."""

    semitones: float = 0.0
    harmonics: float = 1.0
    noise: float = 1.0
    room: float = 1.0
    volume: float = 1.0
    attack: float = 0.02
    release: float = 0.15
    input_db: float = 0.0
    gate_db: float = -50.0
    fits: bool = True
    """Whether what comes in is moved to where the instrument plays."""


@dataclass(frozen=True, slots=True)
class PlayMidiFile:
    """Play a MIDI file from its beginning; an empty path stops it."""

    path: str


@dataclass(frozen=True, slots=True)
class RecordTake:
    """Write what is played into this wav file, which must not be there; an empty path ends the take."""

    path: str


@dataclass(frozen=True, slots=True)
class MeasureDelay:
    """Play clicks, and hear through the open input when they come back."""


Command = LoadModel | OpenSound | CloseSound | TurnKnobs | PlayMidiFile | RecordTake | MeasureDelay | MidiMessage


class Trouble(StrEnum):
    """What does not work."""

    MODEL = "model"
    SOUND = "sound"
    INPUT = "input"
    MIDI_FILE = "midi_file"
    TAKE = "take"
    DELAY = "delay"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class DevicesFound:
    """Names of outputs and inputs, the system's choices first."""

    outputs: tuple[str, ...]
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyboardsFound:
    """Names of the MIDI keyboards that play now, said whenever they change."""

    names: tuple[str, ...]
    is_supported: bool = True
    """Whether python-rtmidi is installed."""


@dataclass(frozen=True, slots=True)
class ModelReady:
    """The model plays. Its range in MIDI numbers is that of the notes it learned; a usual one if that is unknown."""

    path: str
    lowest_midi: float
    highest_midi: float
    knows_range: bool


@dataclass(frozen=True, slots=True)
class SoundOpened:
    """A stream runs. `latency` is what the devices hold ready, in seconds; `input` is empty where keys play."""

    output: str
    input: str
    sample_rate: int
    latency: float


@dataclass(frozen=True, slots=True)
class NowPlaying:
    """Said some twenty times a second while a stream runs."""

    peak: float
    """Of the sound since the last word, full scale is 1."""
    input_peak: float
    midi: float
    """What sounds; 0 for nothing."""
    lost: int
    """Blocks that came too late, since the stream was opened."""
    answer: float
    """Seconds from the newest key to the end of the block in which it sounds; 0 before the first."""
    is_playing_file: bool
    take_seconds: float
    """Of the take that is being recorded; 0 while none is."""


@dataclass(frozen=True, slots=True)
class TakeWritten:
    """A take is whole."""

    path: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DelayMeasured:
    """What sound takes through output and input and back, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class LiveFailed:
    """Something does not work; the rest goes on."""

    trouble: Trouble
    title: str
    hint: str = ""


Report = (
    DevicesFound | KeyboardsFound | ModelReady | SoundOpened | NowPlaying | TakeWritten | DelayMeasured | LiveFailed
)

_COMMANDS: dict[str, type] = {cls.__name__: cls for cls in get_args(Command)}
_REPORTS: dict[str, type] = {cls.__name__: cls for cls in get_args(Report)}


def command_from_json(line: str | bytes) -> Command:
    """Raises DataError where the line is no command."""
    command: Command = message_from_json(line, _COMMANDS)
    return command


def report_from_json(line: str | bytes) -> Report:
    """Raises DataError where the line is no report."""
    report: Report = message_from_json(line, _REPORTS)
    return report
