"""Standard MIDI files as messages in time. Nothing in such a file is trusted."""

from dataclasses import dataclass
from pathlib import Path

from ddsp_backend.errors import DataError
from ddsp_backend.live.midi_messages import MidiMessage, data_bytes, message_of

_MOST_BYTES = 16 * 2**20
_MOST_SECONDS = 24 * 3600.0
_USUAL_TEMPO = 500_000  # microseconds a quarter
_META, _SYSEX, _ESCAPE, _TEMPO, _END = 0xFF, 0xF0, 0xF7, 0x51, 0x2F
_DRUMS = 9
_CURE = "Save it again as a standard MIDI file (.mid) in the program that made it."


@dataclass(frozen=True, slots=True)
class TimedMessage:
    """A message, and when it comes, in seconds from the beginning."""

    seconds: float
    message: MidiMessage


def read_midi_file(path: Path) -> list[TimedMessage]:
    """All tracks in the order of time, without the drums' channel.

    Raises: DataError where it is no MIDI file, or one without notes.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= _MOST_BYTES else b""
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}", "Choose another file.") from error
    if size > _MOST_BYTES:
        raise DataError(f"{path.name} has {size / 2**20:.0f} MB; a MIDI file has at most {_MOST_BYTES >> 20} MB", _CURE)
    try:
        found = _messages(data)
    except (IndexError, ValueError) as error:
        raise DataError(f"{path.name} is no MIDI file, or it is damaged", _CURE) from error
    if not found:
        raise DataError(f"There is no note in {path.name}", "Choose a MIDI file with a melody.")
    return found


def _messages(data: bytes) -> list[TimedMessage]:
    if data[:4] != b"MThd" or len(data) < 14:
        raise ValueError("no header")
    header_size = int.from_bytes(data[4:8], "big")
    division = int.from_bytes(data[12:14], "big")
    if not division:
        raise ValueError("no division of time")
    events: list[tuple[int, int, MidiMessage | int]] = []  # ticks, place in the file, and a message or a tempo
    at = 8 + header_size
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        if kind == b"MTrk":
            events += [(ticks, len(events), what) for ticks, what in _Track(data[at + 8 : at + 8 + size]).events()]
        at += 8 + size
    events.sort(key=lambda event: event[:2])
    return _in_seconds(events, division)


def _in_seconds(events: list[tuple[int, int, MidiMessage | int]], division: int) -> list[TimedMessage]:
    found = []
    seconds, ticks_before = 0.0, 0
    tick_seconds = _tick_seconds(division, _USUAL_TEMPO)
    for ticks, _, what in events:
        seconds += (ticks - ticks_before) * tick_seconds
        ticks_before = ticks
        if seconds > _MOST_SECONDS:
            break
        if isinstance(what, int):
            tick_seconds = _tick_seconds(division, what)
        else:
            found.append(TimedMessage(seconds, what))
    return found


def _tick_seconds(division: int, tempo: int) -> float:
    if division & 0x8000:  # frames a second and ticks a frame, whatever the tempo
        return 1.0 / ((256 - (division >> 8)) * max(1, division & 0xFF))
    return tempo / 1e6 / division


class _Track:
    """Reads one track. Raises IndexError where it ends in the middle of something."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._status = data, 0, 0

    def events(self) -> list[tuple[int, MidiMessage | int]]:
        """Ticks from the beginning, each with a message or a tempo."""
        found: list[tuple[int, MidiMessage | int]] = []
        ticks = 0
        while self._at < len(self._data):
            ticks += self._number()
            status = self._data[self._at]
            if status & 0x80:
                self._at += 1
            else:
                status = self._status
            if status == _META:
                kind, content = self._take(1)[0], self._take(self._number())
                if kind == _TEMPO and len(content) == 3:
                    found.append((ticks, int.from_bytes(content, "big")))
                elif kind == _END:
                    break
            elif status in (_SYSEX, _ESCAPE):
                self._take(self._number())
            elif 0x80 <= status < _SYSEX:
                self._status = status
                message = message_of(status, [byte & 0x7F for byte in self._take(data_bytes(status))])
                if message is not None and status & 0x0F != _DRUMS:
                    found.append((ticks, message))
            else:
                raise ValueError("no status")
        return found

    def _number(self) -> int:
        """One of variable length, 28 bits at most."""
        number = 0
        for _ in range(4):
            byte = self._take(1)[0]
            number = number << 7 | byte & 0x7F
            if byte < 0x80:
                return number
        raise ValueError("a number without an end")

    def _take(self, n: int) -> bytes:
        if self._at + n > len(self._data):
            raise IndexError
        self._at += n
        return self._data[self._at - n : self._at]
