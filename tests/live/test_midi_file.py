"""MIDI files as programs write them, and as they should not be."""

from pathlib import Path

import pytest

from ddsp_backend.errors import DataError
from ddsp_backend.live.midi_file import TimedMessage, read_midi_file
from ddsp_backend.live.midi_messages import NoteOff, NoteOn

SLOW = "00 FF 51 03 0F 42 40"  # a second a quarter
END = "00 FF 2F 00"


def track(*events: str) -> bytes:
    data = bytes.fromhex(" ".join(events).replace(" ", ""))
    return b"MTrk" + len(data).to_bytes(4, "big") + data


def write(path: Path, *tracks: bytes, division: int = 96, kind: int = 1) -> Path:
    head = kind.to_bytes(2, "big") + len(tracks).to_bytes(2, "big") + division.to_bytes(2, "big")
    path.write_bytes(b"MThd" + (6).to_bytes(4, "big") + head + b"".join(tracks))
    return path


def test_that_tracks_are_played_together_at_the_tempo_of_the_first(tmp_path):
    melody = track("60 90 3C 64", "60 3C 00", END)  # running status
    bass = track("00 91 24 50", "81 40 81 24 40", END)
    found = read_midi_file(write(tmp_path / "song.mid", track(SLOW, "60 FF 51 03 07 A1 20", END), melody, bass))
    assert found == [
        TimedMessage(0.0, NoteOn(36, 80)),
        TimedMessage(1.0, NoteOn(60, 100)),
        TimedMessage(1.5, NoteOff(60)),
        TimedMessage(1.5, NoteOff(36)),
    ]


def test_that_time_codes_drums_and_other_chunks_are_known(tmp_path):
    notes = track("00 99 23 64", "0A 90 3C 64", "00 F0 03 01 02 F7", "0A 80 3C 00", END, "00 90 00 00")
    other = b"XFIH\x00\x00\x00\x02\x01\x02"
    found = read_midi_file(write(tmp_path / "song.mid", other, notes, division=0xE728))  # 25 frames of 40 ticks
    assert [(timed.seconds, timed.message) for timed in found] == [(0.01, NoteOn(60, 100)), (0.02, NoteOff(60))]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF" + bytes(20),
        b"MThd" + bytes(10),
        b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60" + track("00 90 3C"),
        b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60" + track("00 3C 64"),
        b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60" + track("FF FF FF FF FF 00"),
        b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60" + track("00 FF 51 7F 00"),
        b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60" + track(END),
    ],
)
def test_that_what_is_no_melody_is_refused_with_a_cure(tmp_path, data):
    path = tmp_path / "odd.mid"
    path.write_bytes(data)
    with pytest.raises(DataError) as raised:
        read_midi_file(path)
    assert raised.value.hint


def test_that_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError):
        read_midi_file(tmp_path / "gone.mid")
