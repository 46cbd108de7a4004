"""What is drawn of a recording: waveform and pitch, on a screen with fewer pixels than the sound has samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.state.peaks import Peaks, columns_between, peaks_of
from app.state.recording_picture import RecordingPicture


def picture(f0_hz: list[float], confidence: list[float]) -> RecordingPicture:
    peaks = peaks_of(np.zeros(10, np.float32), 10)
    return RecordingPicture(peaks, np.array(f0_hz, np.float32), np.array(confidence, np.float32), 0.1)


def test_that_pitch_is_drawn_in_notes_and_a_pause_is_none() -> None:
    notes = picture([440.0, 880.0, np.nan], [1.0, 1.0, 0.0]).notes
    np.testing.assert_allclose(notes[:2], [69.0, 81.0])
    assert np.isnan(notes[2])


def test_that_the_picture_shows_the_notes_that_are_sure_and_an_octave_at_least() -> None:
    low, high = picture([440.0] * 50 + [30.0] * 50, [0.9] * 50 + [0.1] * 50).range
    assert low <= 69 - 5
    assert high >= 69 + 5
    assert high - low == pytest.approx(12.0, abs=0.1)
    low, high = picture([110.0, 880.0] * 50, [0.9] * 100).range
    assert low < 45
    assert high > 81


def test_that_a_recording_without_pitch_has_a_picture_too() -> None:
    for f0_hz, confidence in (([], []), ([np.nan] * 3, [1.0] * 3), ([440.0], [0.1])):
        low, high = picture(f0_hz, confidence).range
        assert high - low >= 12


def test_that_silence_of_no_length_has_a_waveform() -> None:
    nothing = peaks_of(np.zeros(0, np.float32), 44100)
    assert nothing.seconds == 0.0
    shown = columns_between(nothing, 0.0, 1.0, 8)
    np.testing.assert_array_equal(shown.high, np.zeros(8))


@given(st.integers(1, 40_000), st.integers(1, 300))
def test_that_no_peak_is_lost_whatever_the_length_and_the_width(n_samples: int, n_pixels: int) -> None:
    samples = np.zeros(n_samples, np.float32)
    samples[n_samples // 2] = 1.0
    samples[n_samples // 3] = -0.5 if n_samples // 3 != n_samples // 2 else 1.0
    peaks = peaks_of(samples, 1000)
    assert peaks.seconds == n_samples / 1000
    shown = columns_between(peaks, 0.0, peaks.seconds, n_pixels)
    assert len(shown.low) == len(shown.high) == len(shown.rms) == n_pixels
    assert shown.high.max() == 1.0
    assert shown.low.min() == samples.min()
    assert np.all(shown.rms <= 1.0)


def test_that_beyond_the_ends_of_a_sound_there_is_nothing() -> None:
    peaks = peaks_of(np.ones(1000, np.float32), 1000)
    shown: Peaks = columns_between(peaks, -1.0, 2.0, 30)
    assert shown.seconds == 3.0
    np.testing.assert_array_equal(shown.high[:9], 0)
    np.testing.assert_array_equal(shown.high[11:19], 1)
    np.testing.assert_array_equal(shown.high[21:], 0)
    np.testing.assert_allclose(shown.rms[11:19], 1.0)
