import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_backend.pitch.octaves import moved_to_the_spectrum
from ddsp_backend.pitch.swift_f0 import SwiftF0Tracker
from ddsp_backend.pitch.tracker import track

CENTERS = np.arange(4096, 12288, 1024)


def tone(hz: float, slope: float = 1.0, seconds: float = 1.0, vibrato: float = 0.0) -> np.ndarray:
    """Harmonics that fall by `slope`, over a little noise; `vibrato` in cents."""
    time = np.arange(round(16000 * seconds)) / 16000
    phase = 2 * np.pi * np.cumsum(hz * 2 ** (vibrato / 1200 * np.sin(2 * np.pi * 5.5 * time))) / 16000
    audio = sum(np.sin(k * phase + k * k) / k**slope for k in range(1, 30) if k * hz < 7500)
    noise = np.random.default_rng(0).normal(0, 1e-3, len(time))
    return (0.2 * audio + noise).astype(np.float32)


def moved(audio: np.ndarray, read_hz: float) -> np.ndarray:
    return moved_to_the_spectrum(np.full(len(CENTERS), read_hz, np.float32), audio, CENTERS)


@settings(deadline=None, max_examples=15)
@given(
    hz=st.floats(100, 1900),
    slope=st.floats(0, 2),
    vibrato=st.floats(0, 20),
    factor=st.sampled_from([1, 2, 3, 4]),
)
def test_that_a_tone_is_found_from_its_multiples(hz, slope, vibrato, factor):
    found_hz = moved(tone(hz, slope, vibrato=vibrato), min(hz * factor, hz * (2400 // hz)))
    assert np.mean(np.isclose(found_hz, hz, rtol=1e-3)) >= 0.7


@pytest.mark.parametrize("hz", [1568, 2349, 2637])
def test_that_a_tone_above_the_range_of_the_network_is_found_from_below(hz):
    for octaves in (0, 1, 2, 3):
        np.testing.assert_allclose(moved(tone(hz, slope=2), hz / 2**octaves) / hz, 1)


@pytest.mark.parametrize("read_hz", [60, 150, 440, 1800])
def test_that_noise_is_left_where_it_was_read(read_hz):
    noise = np.random.default_rng(1).normal(0, 0.1, 16000).astype(np.float32)
    assert np.mean(moved(noise, read_hz) == np.float32(read_hz)) >= 0.8


def test_that_a_tone_of_odd_harmonics_alone_stays():
    square = sum(np.sin(2 * np.pi * k * 330 * np.arange(16000) / 16000) / k for k in range(1, 20, 2))
    np.testing.assert_allclose(moved(square.astype(np.float32), 330), 330)


@pytest.mark.parametrize("hz", [523.25, 554.37])  # C5 and C#5
def test_that_sustained_notes_which_the_network_reads_an_octave_high_are_read_right(hz):
    audio = tone(hz, slope=0.7)
    for octaves, expected in ((True, 1), (False, 2)):
        f0_hz, confidence = track(SwiftF0Tracker(octaves), audio, 50, "center")
        assert np.median(confidence) > 0.5
        assert np.median(f0_hz[10:-10]) / hz == pytest.approx(expected, rel=0.01)


def test_that_caches_tell_the_corrected_tracker_from_the_plain_one():
    assert SwiftF0Tracker().name != SwiftF0Tracker(octaves=False).name
