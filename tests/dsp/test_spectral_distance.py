"""Sounds whose distance is known."""

import numpy as np
import pytest

from ddsp_backend.dsp.spectral_distance import spectral_distance_db

NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, 32000).astype(np.float32)
OTHER = np.random.default_rng(1).uniform(-0.5, 0.5, 32000).astype(np.float32)
SILENCE = np.zeros(32000, np.float32)


def test_that_a_sound_is_at_no_distance_from_itself():
    assert spectral_distance_db(NOISE, NOISE) == 0.0


def test_that_half_the_level_is_six_decibels_and_the_way_back_as_far():
    assert spectral_distance_db(NOISE, 0.5 * NOISE) == pytest.approx(6.02, abs=0.05)
    assert spectral_distance_db(0.5 * NOISE, NOISE) == pytest.approx(6.02, abs=0.05)


def test_that_two_draws_of_one_noise_are_some_six_decibels_apart():
    assert 5.0 < spectral_distance_db(NOISE, OTHER) < 8.0


def test_that_below_the_floor_all_is_silence():
    assert spectral_distance_db(SILENCE, SILENCE) == 0.0
    assert spectral_distance_db(SILENCE, 1e-7 * NOISE) == 0.0


def test_that_the_level_of_a_sine_is_that_of_its_bin():
    """Against silence a sine at full scale differs by 80 dB in the bin where it lies, and nowhere by more."""
    sine = np.sin(2 * np.pi * 2000 * np.arange(32000) / 16000).astype(np.float32)
    assert 0.0 < spectral_distance_db(SILENCE, sine) < 80.0
    assert spectral_distance_db(SILENCE, sine) > spectral_distance_db(SILENCE, 0.1 * sine)


def test_that_a_sound_shorter_than_a_frame_is_measured_too():
    assert spectral_distance_db(NOISE[:10], 0.5 * NOISE[:10]) > 0.0
