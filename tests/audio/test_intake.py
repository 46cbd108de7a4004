from pathlib import Path

import numpy as np
import pytest

from app.state.recordings import usable_once
from ddsp_backend.audio.content import unchanged
from ddsp_backend.errors import AudioError, Cause
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, Failed, FileInspected, Finished, Noted, Progressed, Stopped
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import InspectSpec
from tests import recordings


def inspect(*inputs: Path) -> list[Event]:
    return list(run(InspectSpec(inputs=tuple(map(str, inputs))), CancelToken()))


def rows(events: list[Event]) -> list[FileInspected]:
    return [event for event in events if isinstance(event, FileInspected)]


def row_of(path: Path) -> FileInspected:
    (row,) = rows(inspect(path))
    return row


def test_that_each_file_becomes_a_row_with_what_is_in_it(tmp_path):
    recordings.write(tmp_path / "b.wav", np.stack([recordings.melody(5, 44100)] * 2, axis=1), 44100)
    recordings.write(tmp_path / "a.flac", recordings.melody(6), 16000)
    events = inspect(tmp_path)
    first, second = rows(events)
    assert (first.path, first.duration, first.sample_rate, first.channels) == (str(tmp_path / "a.flac"), 6.0, 16000, 1)
    assert (second.duration, second.sample_rate, second.channels) == (5.0, 44100, 2)
    assert first.peak == pytest.approx(np.abs(recordings.melody(6)).max(), abs=1e-3)
    assert not first.refusal
    assert not first.warnings
    assert events[-1] == Finished({"n_found": "2", "n_usable": "2", "n_refused": "0", "seconds": "11.000"})
    assert [e.done for e in events if isinstance(e, Progressed) and e.unit is Unit.FILES][-1] == 2


@pytest.mark.parametrize(
    ("audio", "rate", "words"),
    [
        (np.clip(3 * recordings.tone(5), -1, 1), 16000, "Clipped"),
        (recordings.tone(5, level=0.01), 16000, "Very quiet: its peak is -40 dB"),
        (recordings.tone(2.5), 16000, "Very short: 2.5 s"),
        (recordings.tone(5, 8000), 8000, "8000 Hz"),
        (np.stack([recordings.tone(5), -0.9 * recordings.tone(5)], axis=1), 16000, "channels differ"),
    ],
)
def test_that_a_usable_file_comes_with_its_reservations(tmp_path, audio, rate, words):
    row = row_of(recordings.write(tmp_path / "a.wav", audio, rate))
    assert not row.refusal
    (warning,) = row.warnings
    assert words in warning


def test_that_a_true_stereo_recording_is_not_warned_about(tmp_path):
    left, right = recordings.melody(5), recordings.melody(5, hz=400)
    assert not row_of(recordings.write(tmp_path / "a.wav", np.stack([left, 0.3 * right + left], axis=1))).warnings


def test_that_channels_that_cancel_each_other_are_refused(tmp_path):
    audio = recordings.tone(5)
    row = row_of(recordings.write(tmp_path / "a.wav", np.stack([audio, -audio], axis=1), 16000, "FLOAT"))
    assert "cancel each other" in row.refusal


def test_that_one_bad_file_does_not_stop_the_others(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"this is no audio")
    recordings.write(tmp_path / "b.wav", recordings.melody(5))
    events = inspect(tmp_path)
    assert [bool(row.refusal) for row in rows(events)] == [True, False]
    assert isinstance(events[-1], Finished)


def test_that_nothing_usable_is_an_error_after_its_rows(tmp_path):
    for name in ("a.wav", "b.mp3"):
        (tmp_path / name).write_bytes(b"this is no audio")
    events = inspect(tmp_path)
    assert len(rows(events)) == 2
    assert isinstance(events[-1], Failed)
    assert events[-1].title == "None of the 2 recordings can be used"
    assert "a.wav: This file cannot be read as audio" in events[-1].hint


def test_that_an_empty_folder_is_an_error_that_names_it(tmp_path):
    last = inspect(tmp_path)[-1]
    assert isinstance(last, Failed)
    assert last.title == f"There is no recording in this folder: {tmp_path}"
    assert "wav" in last.hint
    assert last.cause is Cause.NO_RECORDINGS


def test_that_what_is_not_there_is_named_and_one_missing_of_two_is_noted(tmp_path):
    gone, here = tmp_path / "gone", recordings.write(tmp_path / "here" / "a.wav", recordings.melody(5)).parent
    (failed,) = [event for event in inspect(gone) if isinstance(event, Failed)]
    assert failed.title == f"There is no such file or folder: {gone}"
    assert "choose it in its new place" in failed.hint
    (failed,) = [event for event in inspect(gone, tmp_path / "gone too") if isinstance(event, Failed)]
    assert failed.title == "None of these 2 files and folders can be read"
    assert str(gone) in failed.hint
    events = inspect(gone, here)
    assert isinstance(events[-1], Finished)
    assert [event.title for event in events if isinstance(event, Noted)] == [f"There is no such file or folder: {gone}"]


def test_that_a_request_to_stop_is_heard_within_a_file(tmp_path):
    recordings.write(tmp_path / "a.wav", recordings.melody(30))
    cancel = CancelToken()
    events = []
    for event in run(InspectSpec(inputs=(str(tmp_path),)), cancel):
        events.append(event)
        if isinstance(event, Progressed):
            cancel.set()
    assert isinstance(events[-1], Stopped)
    assert not rows(events)


def test_that_copies_are_told_and_counted_once(tmp_path):
    for name in ("a.wav", "b.wav", "c.wav"):
        recordings.write(tmp_path / name, recordings.melody(5))
    recordings.write(tmp_path / "d.wav", recordings.melody(6))
    events = inspect(tmp_path)
    first, second, third, fourth = rows(events)
    assert not first.warnings
    assert second.warnings == third.warnings == ("This is the same recording as a.wav. It is used once.",)
    assert first.content == third.content != fourth.content
    assert isinstance(events[-1], Finished)
    assert events[-1].result["seconds"] == "11.000"
    assert [row.path for row in usable_once([first, second, third, fourth])] == [first.path, fourth.path]


def test_that_a_copy_of_the_same_name_is_told_with_its_folder(tmp_path):
    for folder in ("live", "studio"):
        recordings.write(tmp_path / folder / "a.wav", recordings.melody(5))
    *_, copy = rows(inspect(tmp_path))
    assert copy.warnings == (f"This is the same recording as {tmp_path / 'live' / 'a.wav'}. It is used once.",)


def test_that_a_file_that_is_written_to_meanwhile_is_read_again(tmp_path):
    path = recordings.write(tmp_path / "a.wav", recordings.melody(30))
    events = []
    for event in run(InspectSpec(inputs=(str(path),)), CancelToken()):
        if isinstance(event, Progressed) and not events[1:]:
            recordings.write(path, recordings.melody(7))
        events.append(event)
    (row,) = rows(events)
    assert not row.refusal
    assert row.duration == 7.0


def test_that_a_file_that_never_comes_to_rest_is_refused(tmp_path):
    path = recordings.write(tmp_path / "a.wav", recordings.melody(5))

    def write_on():
        recordings.write(path, recordings.melody(5))
        yield 1.0

    with pytest.raises(AudioError, match=r"a\.wav: the file changes while it is read"):
        list(unchanged(path, write_on))


def test_that_a_file_that_vanishes_meanwhile_is_refused_and_the_others_go_on(tmp_path):
    path = recordings.write(tmp_path / "a.wav", recordings.melody(30))
    recordings.write(tmp_path / "b.wav", recordings.melody(5))
    events = []
    for event in run(InspectSpec(inputs=(str(tmp_path),)), CancelToken()):
        if isinstance(event, Progressed):
            path.unlink(missing_ok=True)
        events.append(event)
    gone, there = rows(events)
    assert "The file does not exist" in gone.refusal
    assert not there.refusal
    assert isinstance(events[-1], Finished)


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.mp3", "a.ogg", "stereo.wav", "stereo.mp3", "slow.mp3"])
def test_that_a_file_that_was_cut_off_is_warned_about_and_a_whole_one_is_not(tmp_path, name):
    rate = 16000 if name == "slow.mp3" else 44100
    audio = recordings.melody(6, rate)
    path = recordings.write(tmp_path / name, np.stack([audio] * 2, axis=1) if "stereo" in name else audio, rate)
    assert not row_of(path).warnings
    path.write_bytes(path.read_bytes()[: int(0.8 * path.stat().st_size)])
    row = row_of(path)
    assert not row.refusal
    assert any(warning.startswith("It ends early: the file is cut off after") for warning in row.warnings)


def test_that_a_recorder_that_did_not_know_the_length_cut_nothing(tmp_path):
    path = recordings.write(tmp_path / "a.wav", recordings.melody(5))
    content = bytearray(path.read_bytes())
    for place in (4, content.index(b"data") + 4):
        content[place : place + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert not row_of(path).warnings
