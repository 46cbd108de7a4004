"""A virtual MIDI keyboard, where the kernel has a sequencer."""

import queue
import threading
from pathlib import Path

import pytest
import rtmidi

from ddsp_backend.live.midi_keyboards import MidiKeyboards
from ddsp_backend.live.midi_messages import NoteOn

PATIENCE = 30.0


@pytest.mark.skipif(not Path("/dev/snd/seq").exists(), reason="needs ALSA's sequencer")
def test_that_a_keyboard_plays_as_soon_as_it_comes_and_ends_when_it_goes():
    heard: queue.Queue = queue.Queue()
    gone: queue.Queue = queue.Queue()
    found: queue.Queue = queue.Queue()
    keyboards = MidiKeyboards(lambda message, name: heard.put((message, name)), gone.put, found.put, threading.Lock())
    assert found.get(timeout=PATIENCE) == ()
    keyboard = rtmidi.MidiOut(name="A keyboard of a test")
    keyboard.open_virtual_port("keys")
    names = found.get(timeout=PATIENCE)
    assert any("A keyboard of a test" in name for name in names)
    keyboard.send_message([0x90, 60, 100])
    message, name = heard.get(timeout=PATIENCE)
    assert message == NoteOn(60, 100)
    keyboard.close_port()
    keyboard.delete()
    assert gone.get(timeout=PATIENCE) == name
    keyboards.close()


def test_that_a_computer_without_midi_is_no_error():
    found: queue.Queue = queue.Queue()
    keyboards = MidiKeyboards(lambda message, name: None, lambda name: None, found.put, threading.Lock())
    assert found.get(timeout=PATIENCE) == ()
    keyboards.close()
