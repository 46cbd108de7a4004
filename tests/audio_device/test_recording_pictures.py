"""What an inspection leaves to be drawn, and stretches of long recordings."""

from pathlib import Path

import numpy as np
import pytest

from app.audio import stretches
from app.audio.recording_pictures import read_recording_picture
from app.audio.stretches import read_stretch
from ddsp_backend.errors import AudioError
from ddsp_backend.inspection.job import inspect
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import RecordingInspected
from ddsp_backend.jobs.spec import InspectSpec
from tests.recordings import melody, tone, write


def test_that_the_picture_of_a_recording_shows_its_wave_and_its_pitch(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", tone(3.3, 44100, hz=220.0, level=0.25), 44100)
    events = list(inspect(InspectSpec(inputs=(str(path),), cache_dir=str(tmp_path / "heard")), CancelToken()))
    (told,) = (event for event in events if isinstance(event, RecordingInspected))
    picture = read_recording_picture(Path(told.picture))
    assert picture.peaks.seconds == pytest.approx(3.3, abs=0.01)
    assert picture.peaks.high.max() == pytest.approx(0.25, abs=0.01)
    assert (picture.peaks.rms <= np.maximum(picture.peaks.high, -picture.peaks.low) + 1e-6).all()
    middle = picture.notes[len(picture.notes) // 4 : -len(picture.notes) // 4]
    assert np.nanmedian(middle) == pytest.approx(57.0, abs=0.1)
    low, high = picture.range
    assert low < 57 < high
    assert high - low >= 12


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY"])
def test_that_a_damaged_picture_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "picture.npz"
    path.write_bytes(content)
    with pytest.raises(AudioError, match="picture"):
        read_recording_picture(path)


def test_that_a_picture_whose_parts_do_not_fit_is_refused(tmp_path: Path) -> None:
    fields = {name: np.zeros(3) for name in ("f0_hz", "confidence")}
    path = tmp_path / "picture.npz"
    np.savez(path, waveform=np.zeros((2, 5)), level_db=np.zeros(4), column_seconds=0.1, frame_seconds=0.1, **fields)
    with pytest.raises(AudioError, match="damaged"):
        read_recording_picture(path)


def test_that_a_stretch_of_a_recording_is_what_lies_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = melody(5.0, 22050)
    path = write(tmp_path / "long.wav", audio, 22050, "FLOAT")
    monkeypatch.setattr(stretches, "LONGEST_STRETCH", 1.5)
    for first in (0.0, 1.25, 4.5):
        samples, rate = read_stretch(path, first)
        assert rate == 22050
        start = round(first * rate)
        np.testing.assert_array_equal(samples, audio[start : start + round(1.5 * rate)])
    assert len(read_stretch(path, 6.0)[0]) == 0
