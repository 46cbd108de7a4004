"""What a MIDI keyboard says, as values, and the parser of its bytes. Nothing that comes in can raise an error."""

from dataclasses import dataclass

_DATA_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
_SYSTEM_DATA_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}
_SYSEX, _FIRST_REALTIME = 0xF0, 0xF8
_BEND_CENTER = 8192
_MODULATION, _SUSTAIN, _SOUND_OFF, _RESET, _NOTES_OFF = 1, 64, 120, 121, 123


@dataclass(frozen=True, slots=True)
class NoteOn:
    """A key goes down. `note` is a MIDI number, `velocity` 1 to 127."""

    note: int
    velocity: int


@dataclass(frozen=True, slots=True)
class NoteOff:
    """A key comes up."""

    note: int


@dataclass(frozen=True, slots=True)
class PitchBend:
    """The wheel for pitch: `position` from -1 to 1, 0 in the middle."""

    position: float


@dataclass(frozen=True, slots=True)
class Modulation:
    """The wheel for vibrato: `amount` from 0 to 1."""

    amount: float


@dataclass(frozen=True, slots=True)
class Sustain:
    """The pedal."""

    is_down: bool


@dataclass(frozen=True, slots=True)
class NotesOff:
    """Every note ends. `is_reset` also takes back the wheels and the pedal."""

    is_reset: bool = False


MidiMessage = NoteOn | NoteOff | PitchBend | Modulation | Sustain | NotesOff


class MidiParser:
    """Bytes of one MIDI connection to messages; every channel counts.

    Knows running status, and real-time bytes in the middle of a message. Skips system-exclusive data, and data without
    a status.
    """

    def __init__(self) -> None:
        self._status = 0  # 0: whatever data follows belongs to nothing that is known
        self._data: list[int] = []

    def feed(self, data: bytes) -> list[MidiMessage]:
        """The messages that these bytes complete, in order."""
        found: list[MidiMessage] = []
        for byte in data:
            if byte >= _FIRST_REALTIME:
                continue
            if byte & 0x80:
                self._status, self._data = byte, []
                continue
            self._data.append(byte)
            needed = _length_of(self._status)
            if needed and len(self._data) == needed:
                message = message_of(self._status, self._data)
                self._data = []
                if self._status >= _SYSEX:
                    self._status = 0  # has no running status
                if message is not None:
                    found.append(message)
            elif not needed:
                self._data = []
        return found


def message_of(status: int, data: list[int]) -> MidiMessage | None:
    """One whole channel message; None for one that changes nothing here.

    Args:
      data: As many bytes below 128 as the status asks for.
    """
    kind = status >> 4
    if kind == 0x9 and data[1]:
        return NoteOn(data[0], data[1])
    if kind in (0x8, 0x9):
        return NoteOff(data[0])
    if kind == 0xE:
        return PitchBend(max(-1.0, (data[0] + 128 * data[1] - _BEND_CENTER) / (_BEND_CENTER - 1)))
    if kind == 0xB:
        return _of_controller(data[0], data[1])
    return None


def data_bytes(status: int) -> int:
    """How many bytes of data follow a channel's status, 0x80 to 0xEF."""
    return _DATA_BYTES[status >> 4]


def _length_of(status: int) -> int:
    if status < 0x80 or status == _SYSEX:
        return 0
    return _SYSTEM_DATA_BYTES.get(status, 0) if status > _SYSEX else data_bytes(status)


def _of_controller(number: int, value: int) -> MidiMessage | None:
    if number == _MODULATION:
        return Modulation(value / 127)
    if number == _SUSTAIN:
        return Sustain(value >= 64)
    if number in (_SOUND_OFF, _RESET):
        return NotesOff(is_reset=True)
    return NotesOff() if number >= _NOTES_OFF else None
