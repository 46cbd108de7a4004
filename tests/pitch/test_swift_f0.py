import numpy as np

from ddsp_backend.jobs.steps import drain
from ddsp_backend.pitch.swift_f0 import SwiftF0Tracker
from ddsp_backend.pitch.tracker import frame_layout, track
from tests import recordings


def test_that_a_glide_is_followed_without_delay():
    time = np.arange(32000) / 16000
    expected_hz = 300 * 2 ** (0.5 * time)
    phase = 2 * np.pi * np.cumsum(expected_hz) / 16000
    audio = (0.3 * sum(np.sin(k * phase) / k for k in (1, 2, 3))).astype(np.float32)
    f0_hz, _ = track(SwiftF0Tracker(), audio, 250, "center")
    frames = slice(50, 450)
    assert 1200 * np.abs(np.log2(f0_hz[frames] / expected_hz[::64][frames])).mean() < 5


def test_that_a_long_recording_is_analysed_in_blocks_that_leave_no_seam():
    audio = recordings.melody(40)
    tracker = SwiftF0Tracker()
    f0_hz, confidence = track(tracker, audio, 100, "same")
    assert len(list(tracker.steps(audio, *frame_layout(len(audio), 100, "same")))) > 1
    part = drain(tracker.steps(audio, 1000 * 160, 160, 1000))
    np.testing.assert_allclose(part.f0_hz, f0_hz[1000:2000], rtol=1e-4)
    np.testing.assert_allclose(part.confidence, confidence[1000:2000], atol=1e-3)


def test_that_silence_is_unvoiced():
    audio = np.concatenate([np.zeros(16000, np.float32), recordings.melody(1)])
    pitch = drain(SwiftF0Tracker().steps(audio, *frame_layout(len(audio), 50, "same")))
    assert np.isnan(pitch.f0_hz[:45]).all()
    assert pitch.confidence[:45].max() == 0
    assert pitch.confidence[60:90].min() > 0.5
