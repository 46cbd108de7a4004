import dataclasses

import numpy as np
import pytest

from ddsp_backend.inspection import job
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    Event,
    FileInspected,
    Finding,
    Finished,
    Noted,
    Progressed,
    RecordingInspected,
    Stopped,
    Verdict,
)
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import InspectSpec
from tests import recordings


def inspect(*inputs, cache="") -> list[Event]:
    return list(run(InspectSpec(inputs=tuple(map(str, inputs)), cache_dir=str(cache)), CancelToken()))


def told(events: list[Event]) -> list[RecordingInspected]:
    return [event for event in events if isinstance(event, RecordingInspected)]


def test_that_every_usable_recording_is_heard_after_all_were_looked_at(tmp_path):
    recordings.write(tmp_path / "a.wav", recordings.melody(5, 44100), 44100)
    (tmp_path / "b.wav").write_bytes(b"this is no audio")
    recordings.write(tmp_path / "c.flac", recordings.melody(6))
    events = inspect(tmp_path)
    kinds = [type(event) for event in events if isinstance(event, FileInspected | RecordingInspected)]
    assert kinds == [FileInspected] * 3 + [RecordingInspected] * 2
    assert [event.path for event in told(events)] == [str(tmp_path / "a.wav"), str(tmp_path / "c.flac")]
    assert isinstance(events[-1], Finished)
    last = [event for event in events if isinstance(event, Progressed)][-1]
    assert (last.done, last.total, last.unit) == (11, 11, Unit.AUDIO_SECONDS)


def test_that_range_and_level_are_those_that_were_played(tmp_path):
    (heard,) = told(inspect(recordings.write(tmp_path / "a.wav", recordings.melody(12, 44100), 44100)))
    assert heard.verdict is Verdict.FINE
    assert heard.voiced_seconds == pytest.approx(12, abs=0.2)
    middle = 69 + 12 * np.log2(330 / 440)
    assert heard.lowest_note == pytest.approx(middle - 3.6, abs=0.3)
    assert heard.highest_note == pytest.approx(middle + 3.6, abs=0.3)
    assert (heard.softest_db, heard.loudest_db) == pytest.approx((-21.1, -11.5), abs=1)
    assert sum(heard.coverage.values()) == pytest.approx(heard.voiced_seconds, abs=0.1)
    assert {int(key.split(":")[0]) for key in heard.coverage} <= set(range(60, 70))


def test_that_a_second_look_remembers_the_first_also_under_another_name(tmp_path, monkeypatch):
    path = recordings.write(tmp_path / "a.wav", recordings.melody(5))
    (first,) = told(inspect(path, cache=tmp_path / "cache"))
    with np.load(first.picture) as picture:
        assert picture["waveform"].shape[1] <= 2000
        assert picture["f0_hz"].shape == picture["confidence"].shape == picture["level_db"].shape
    monkeypatch.setattr(job, "listen", None)  # whoever listens now falls
    moved = path.rename(tmp_path / "b.wav")
    (second,) = told(inspect(moved, cache=tmp_path / "cache"))
    assert second == dataclasses.replace(first, path=str(moved))


def test_that_a_damaged_memory_is_heard_again(tmp_path):
    path = recordings.write(tmp_path / "a.wav", recordings.melody(5))
    (first,) = told(inspect(path, cache=tmp_path / "cache"))
    (entry,) = (tmp_path / "cache").rglob("*.json")
    entry.write_text("{")
    assert told(inspect(path, cache=tmp_path / "cache")) == [first]
    next((tmp_path / "cache").rglob("*.npz")).unlink()
    assert told(inspect(path, cache=tmp_path / "cache")) == [first]


def test_that_without_a_cache_nothing_is_written(tmp_path):
    path = recordings.write(tmp_path / "a.wav", recordings.melody(5))
    (heard,) = told(inspect(path))
    assert heard.picture == ""
    assert list(tmp_path.iterdir()) == [path]


def test_that_a_request_to_stop_is_heard_while_listening(tmp_path):
    recordings.write(tmp_path / "a.wav", recordings.melody(30))
    cancel = CancelToken()
    events = []
    for event in run(InspectSpec(inputs=(str(tmp_path),)), cancel):
        events.append(event)
        if isinstance(event, Progressed) and event.unit is Unit.AUDIO_SECONDS:
            cancel.set()
    assert isinstance(events[-1], Stopped)
    assert not told(events)


@pytest.mark.parametrize("what", ["vanishes", "is cut off"])
def test_that_a_recording_that_changes_between_the_looks_is_told_to_be_left_out(tmp_path, what):
    first = recordings.write(tmp_path / "a.wav", recordings.melody(5))
    recordings.write(tmp_path / "b.wav", recordings.melody(5))
    events = []
    for event in run(InspectSpec(inputs=(str(tmp_path),), cache_dir=str(tmp_path / "cache")), CancelToken()):
        events.append(event)
        if isinstance(event, FileInspected) and event.path == str(first):
            first.unlink() if what == "vanishes" else first.write_bytes(b"RIFF")
    assert isinstance(events[-1], Finished)
    assert any(isinstance(event, Noted) and event.title.startswith("a.wav: ") for event in events)
    heard = told(events)
    assert [event.verdict for event in heard] == [Verdict.LEAVE_OUT, Verdict.FINE]
    assert Finding.UNREADABLE in heard[0].findings
