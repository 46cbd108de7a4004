"""MIDI keyboards of this computer, through python-rtmidi where that is installed. They may come and go at any time."""

import importlib
import threading
from collections.abc import Callable
from typing import Any

from ddsp_backend.live.midi_messages import MidiMessage, MidiParser

_LOOK_SECONDS = 1.5
_OWN = ("RtMidi", "Midi Through")  # ports of programs, not of keyboards
_CLIENT = "Timbre Studio"


class MidiKeyboards:
    """Opens every keyboard that is connected, and those that come later. `close` ends it.

    Args:
      hear: Is told each message, and whose it is.
      gone: Is told of a keyboard that was unplugged.
      found: Is told the names whenever they have changed, and at first.
      system: Held while the system is asked for keyboards: the libraries for MIDI and for sound share parts of it, and
        these may not bear two at once.
    """

    def __init__(
        self,
        hear: Callable[[MidiMessage, str], None],
        gone: Callable[[str], None],
        found: Callable[[tuple[str, ...]], None],
        system: threading.Lock,
    ) -> None:
        """Raises ImportError where python-rtmidi is not installed."""
        self._rtmidi = importlib.import_module("rtmidi")
        self._hear, self._gone, self._found, self._system = hear, gone, found, system
        self._open: dict[str, Any] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="MIDI keyboards", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        self._found(())
        while True:
            try:
                with self._system:
                    self._follow()
            except self._rtmidi.RtMidiError:
                pass  # the MIDI system does not answer now; the next look asks again
            if self._over.wait(_LOOK_SECONDS):
                break
        for port in self._open.values():
            port.close_port()

    def _follow(self) -> None:
        """Opens what came, and lets go of what went."""
        looker = self._rtmidi.MidiIn(name=_CLIENT)
        names = [name for name in looker.get_ports() if not name.startswith((*_OWN, _CLIENT))]
        looker.delete()
        before = set(self._open)
        for name in before - set(names):
            self._open.pop(name).close_port()
            self._gone(name)
        for name in set(names) - before:
            port = self._rtmidi.MidiIn(name=_CLIENT)
            place = port.get_ports().index(name)
            port.set_callback(_listener(name, self._hear))
            port.open_port(place)
            self._open[name] = port
        if set(self._open) != before:
            self._found(tuple(sorted(self._open)))


def _listener(name: str, hear: Callable[[MidiMessage, str], None]) -> Callable[[tuple[list[int], float], Any], None]:
    parser = MidiParser()

    def on_bytes(event: tuple[list[int], float], _data: Any = None) -> None:
        for message in parser.feed(bytes(event[0])):
            hear(message, name)

    return on_bytes
