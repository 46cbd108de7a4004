"""Whatever bytes a keyboard sends, and however they are cut."""

import random

import pytest

from ddsp_backend.live.midi_messages import (
    MidiParser,
    Modulation,
    NoteOff,
    NoteOn,
    NotesOff,
    PitchBend,
    Sustain,
)


@pytest.mark.parametrize(
    ("data", "messages"),
    [
        ("90 3C 64", [NoteOn(60, 100)]),
        ("9F 3C 00", [NoteOff(60)]),
        ("80 3C 40", [NoteOff(60)]),
        ("90 3C 64 3E 64 3C 00", [NoteOn(60, 100), NoteOn(62, 100), NoteOff(60)]),  # running status
        ("90 F8 3C FE 64 FF", [NoteOn(60, 100)]),  # real-time bytes in between
        ("F0 7E 3C 64 F7 90 3C 64", [NoteOn(60, 100)]),  # system exclusive
        ("F0 7E 90 3C 64", [NoteOn(60, 100)]),  # one that was never ended
        ("90 3C F2 01 02 3C 64", []),  # a system message ends the running status
        ("3C 64 90 3C 64", [NoteOn(60, 100)]),  # the middle of something
        ("C0 05 D0 40 A0 3C 10 90 3C 64", [NoteOn(60, 100)]),
        ("E0 00 40 E0 00 00 E0 7F 7F", [PitchBend(0.0), PitchBend(-1.0), PitchBend(1.0)]),
        ("B0 01 7F 40 7F 40 00 07 10", [Modulation(1.0), Sustain(True), Sustain(False)]),
        ("B0 7B 00 78 00 79 00 7E 01", [NotesOff(), NotesOff(True), NotesOff(True), NotesOff()]),
    ],
)
def test_that_bytes_are_understood_however_they_are_cut(data, messages):
    whole = bytes.fromhex(data.replace(" ", ""))
    assert MidiParser().feed(whole) == messages
    parser = MidiParser()
    assert [message for byte in whole for message in parser.feed(bytes([byte]))] == messages


def test_that_noise_on_the_line_is_no_error():
    parser = MidiParser()
    noise = random.Random(1)
    for _ in range(200):
        parser.feed(noise.randbytes(64))
    assert parser.feed(bytes([0x90, 60, 100]))[-1] == NoteOn(60, 100)
