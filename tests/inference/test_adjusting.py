"""A recording brought to the range of an instrument."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_backend.data.manifest import RUN_STATISTICS
from ddsp_backend.data.postprocessing import QuantileTransformer
from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.adjusting import Adjustment, adjust, octaves_into
from ddsp_backend.inference.learned_range import LearnedRange, read_learned

N = 200
SURE = np.ones(N, np.float32)
A4 = np.full(N, 440.0, np.float32)
FLUTE = LearnedRange(60, 84, QuantileTransformer(np.linspace(-45, -15, 101)))


def adjusted(f0_hz=A4, level=None, confidence=SURE, **how):
    level = np.linspace(-60, -40, N, dtype=np.float32) if level is None else level
    return adjust(f0_hz, level, confidence, Adjustment(**how), frame_rate=50, quietest=-80.0)


def test_that_nothing_asked_for_changes_nothing():
    level = np.linspace(-80, -20, N, dtype=np.float32)
    f0_hz = np.linspace(0, 900, N, dtype=np.float32)
    same = adjusted(f0_hz, level)
    np.testing.assert_array_equal(same.f0_hz, f0_hz)
    np.testing.assert_array_equal(same.level, level)
    assert same.octaves is None


@pytest.mark.parametrize(("hz", "octaves"), [(440, 0), (110, 2), (55, 3), (3520, -2), (1000, 0), (1100, -1), (262, 0)])
def test_that_fitting_moves_pitch_by_whole_octaves_into_the_range(hz, octaves):
    fitted = adjusted(np.full(N, hz, np.float32), fit_to=FLUTE)
    assert fitted.octaves == octaves
    np.testing.assert_allclose(fitted.f0_hz, hz * 2.0**octaves, rtol=1e-5)


@given(st.lists(st.floats(20, 110), min_size=1), st.integers(30, 80), st.integers(0, 40))
def test_that_no_other_number_of_octaves_leaves_less_outside_the_range(notes, lowest, width):
    def outside(octaves):
        moved = np.array(notes) + 12 * octaves
        return np.mean(np.maximum(0, lowest - moved) + np.maximum(0, moved - lowest - width))

    chosen = octaves_into(np.array(notes), lowest, lowest + width)
    assert outside(chosen) <= min(outside(octaves) for octaves in range(-4, 5)) + 1e-3


def test_that_fitting_gives_notes_the_loudness_of_the_instrument_in_their_order():
    fitted = adjusted(fit_to=FLUTE)
    assert fitted.level[0] == pytest.approx(-45, abs=0.2)
    assert fitted.level[-1] == pytest.approx(-15, abs=0.2)
    assert (np.diff(fitted.level) >= 0).all()


def test_that_what_lies_between_notes_moves_with_them_and_silence_stays():
    level = np.concatenate([np.linspace(-40, -30, 100), np.full(50, -55.0), np.full(50, -80.0)]).astype(np.float32)
    confidence = np.concatenate([np.ones(100), np.zeros(100)]).astype(np.float32)
    fitted = adjusted(level=level, confidence=confidence, fit_to=FLUTE)
    np.testing.assert_allclose(fitted.level[110:150], -55 - (40 - 45) * -1, atol=1.0)
    assert (fitted.level[150:] == -80).all()


def test_that_without_notes_nothing_is_fitted():
    fitted = adjusted(confidence=np.zeros(N, np.float32), fit_to=FLUTE)
    assert fitted.octaves is None
    np.testing.assert_array_equal(fitted.f0_hz, A4)


def test_that_below_the_threshold_it_becomes_quiet_the_less_of_a_note_the_more():
    level = np.full(N, -30.0, np.float32)
    confidence = np.repeat([1.0, 0.5, 0.0], (100, 50, 50)).astype(np.float32)
    hushed = adjusted(level=level, confidence=confidence, threshold=1.0, quiet=20.0)
    np.testing.assert_array_equal(hushed.level[10:90], level[10:90])
    assert -50 < hushed.level[125] < -31
    assert hushed.level[190] == pytest.approx(-50)


def test_that_autotune_brings_notes_to_their_scale_and_a_shift_comes_after_it():
    """A sharp A major scale: its own tuning is kept, its vibrato goes."""
    notes = np.repeat([57, 59, 61, 62, 64, 66, 68, 69], N // 8) + 0.2
    wavering = notes + 0.2 * np.sin(np.arange(N))
    f0_hz = (440 * 2 ** ((wavering - 69) / 12)).astype(np.float32)
    tuned = adjusted(f0_hz, autotune=1.0, semitones=0.5)
    midi = 69 + 12 * np.log2(tuned.f0_hz / 440)
    np.testing.assert_allclose(midi, notes + 0.5, atol=0.05)


@pytest.mark.parametrize("longer", ["pitch", "level"])
def test_that_tracks_may_differ_by_the_frame_of_the_centring(longer):
    n_pitch, n_level = (N + 1, N) if longer == "pitch" else (N, N + 1)
    f0_hz, level = np.full(n_pitch, 110, np.float32), np.full(n_level, -40, np.float32)
    fitted = adjusted(f0_hz, level, np.ones(n_pitch, np.float32), fit_to=FLUTE, threshold=1.0, autotune=1.0)
    assert (len(fitted.f0_hz), len(fitted.level)) == (n_pitch, n_level)


def test_that_a_model_whose_range_is_not_known_is_refused_with_words(tmp_path):
    learned = read_learned(tmp_path)
    assert learned.tracker() == ("crepe", "full")
    with pytest.raises(ConfigError, match="unknown"):
        learned.range("loudness_db")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"settings": 1, "statistics": []}'])
def test_that_damaged_statistics_are_those_of_nothing(tmp_path, text):
    (tmp_path / RUN_STATISTICS).write_text(text)
    assert read_learned(tmp_path).settings == {}


def test_that_the_manifest_goes_before_what_the_run_has_kept(tmp_path):
    fields = {
        "settings": {"tracker": "swift-f0", "crepe_capacity": "tiny"},
        "statistics": {"lowest_midi": 40, "highest_midi": 60, "voiced_power_db": [-50, -20]},
    }
    (tmp_path / RUN_STATISTICS).write_text(json.dumps(fields))
    manifest = tmp_path / "data.manifest.json"
    manifest.write_text(json.dumps(fields | {"settings": {"tracker": "crepe", "crepe_capacity": "tiny"}, "version": 1}))
    assert read_learned(tmp_path / "ckpt-1", manifest).tracker() == ("crepe", "tiny")
    manifest.unlink()
    learned = read_learned(tmp_path / "ckpt-1", manifest)
    assert learned.tracker() == ("swift-f0", "tiny")
    assert learned.range("power_db").highest_midi == 60
