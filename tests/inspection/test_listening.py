import numpy as np
import pytest

from ddsp_backend.inspection.frames import HOP
from ddsp_backend.inspection.listening import Heard, listen
from ddsp_backend.jobs.steps import drain
from ddsp_backend.pitch.tracker import FRAME_SIZE
from ddsp_backend.pitch.trackers import make_tracker
from tests import recordings


def heard(path) -> Heard:
    return drain(listen(path, make_tracker("swift-f0")))


def test_that_stretches_leave_no_seam(tmp_path):
    audio = recordings.melody(20.3)
    frames = heard(recordings.write(tmp_path / "a.wav", audio, subtype="FLOAT")).frames
    pitch = drain(make_tracker("swift-f0").steps(audio, -FRAME_SIZE // 2, HOP, frames.n_frames))
    np.testing.assert_allclose(frames.f0_hz, pitch.f0_hz, rtol=1e-3)
    np.testing.assert_allclose(frames.confidence, pitch.confidence, atol=1e-2)


@pytest.mark.parametrize("seconds", [0.5, 1.017, 8.0, 8.192, 8.193, 16.4])
@pytest.mark.parametrize("rate", [8000, 16000, 44100, 96000])
def test_that_any_length_at_any_rate_gives_a_frame_every_sixteen_milliseconds(tmp_path, seconds, rate):
    found = heard(recordings.write(tmp_path / "a.wav", recordings.tone(seconds, rate), rate))
    assert found.seconds == pytest.approx(seconds, abs=1e-3)
    assert found.frames.n_frames == pytest.approx(seconds / 0.016, abs=1.01)
    assert np.median(found.frames.f0_hz) == pytest.approx(440, rel=0.01)
    assert np.median(found.frames.level_db) == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.1)
