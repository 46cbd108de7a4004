"""Fitting a recording to an instrument, held against the definitions written out frame by frame."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ddsp_backend.data.postprocessing import (
    QuantileTransformer,
    auto_tune,
    detect_notes,
    fit_quantile_transform,
    get_tuning_factor,
    smooth,
)

LEVELS = arrays.arrays(np.float64, st.integers(2, 60), elements=st.floats(-80, 0, width=32))
ON = np.ones(6, bool)


@pytest.mark.parametrize("filter_size", [1, 2, 3, 8, 40])
@pytest.mark.parametrize("shape", [(17,), (2, 17)])
def test_that_smoothing_is_a_mean_over_neighbours_with_zeros_outside(filter_size, shape):
    values = np.random.default_rng(0).uniform(size=shape)
    kernel = np.ones(filter_size) / filter_size
    before = (filter_size - 1) // 2
    expected = [np.convolve(row, kernel)[filter_size - 1 - before :][:17] for row in np.atleast_2d(values)]
    np.testing.assert_allclose(np.atleast_2d(smooth(values, filter_size)), expected, atol=1e-12)


def test_that_notes_are_where_level_times_squared_confidence_passes_the_border():
    """(-20 + 80) * 1 = 60 against a border of (mean + 80) * 0.7²."""
    loudness_db, confidence = np.array([-20.0, -20.0, -60.0, -80.0]), np.array([1.0, 0.5, 1.0, 1.0])
    mask_on, ratio = detect_notes(loudness_db, confidence, smoothing=1)
    border = (np.mean(loudness_db) + 80) * 0.49
    np.testing.assert_allclose(ratio, np.array([60, 15, 20, 0]) / border)
    assert mask_on.tolist() == [True, False, True, False]
    assert detect_notes(loudness_db, confidence, note_threshold=2, smoothing=1)[0].tolist() == [True] + [False] * 3


def test_that_silence_has_no_notes():
    mask_on, ratio = detect_notes(np.full(50, -80.0), np.ones(50), note_threshold=0.0)
    assert not mask_on.any()
    assert not ratio.any()


@given(LEVELS)
def test_that_a_transform_and_its_inverse_give_the_values_back(levels):
    transformer = QuantileTransformer().fit(levels)
    np.testing.assert_allclose(transformer.inverse_transform(transformer.transform(levels)), levels, atol=1e-6)


@given(LEVELS, LEVELS)
def test_that_fitted_notes_have_the_others_range_and_keep_their_order(levels, others):
    other = QuantileTransformer().fit(others)
    _, fitted = fit_quantile_transform(levels, np.ones(len(levels), bool), other)
    assert fitted.min() >= others.min() - 1e-9
    assert fitted.max() <= others.max() + 1e-9
    order = np.argsort(levels, kind="stable")
    assert (np.diff(fitted[order]) >= -1e-9).all()


def test_that_shares_are_ranks_and_a_value_that_repeats_has_the_middle_of_its_shares():
    shares = QuantileTransformer().fit_transform([-40.0, -30.0, -30.0, -30.0, -20.0])
    np.testing.assert_allclose(shares, [0, 0.5, 0.5, 0.5, 1])
    np.testing.assert_allclose(QuantileTransformer().fit_transform(np.arange(5)), [0, 0.25, 0.5, 0.75, 1])


def test_that_frames_without_a_note_keep_their_level():
    levels = np.array([[-30.0, -70.0, -20.0]])
    mask_on = np.array([[True, False, True]])
    _, fitted = fit_quantile_transform(levels, mask_on, QuantileTransformer([-50.0, -45.0]))
    np.testing.assert_allclose(fitted, [[-50, -70, -45]])
    assert isinstance(fit_quantile_transform(levels, mask_on), QuantileTransformer)
    with pytest.raises(ValueError, match="no values"):
        fit_quantile_transform(levels, np.zeros_like(mask_on))


@given(st.floats(-0.45, 0.45), st.integers(0, 1000))
@settings(max_examples=30)
def test_that_the_tuning_of_notes_is_found_to_the_cent(tuning, seed):
    random = np.random.default_rng(seed)
    notes = random.integers(48, 72, 12).repeat(20) + round(tuning, 2)
    found = get_tuning_factor(notes, np.ones(len(notes)), np.ones(len(notes), bool))
    assert found == pytest.approx(round(tuning, 2), abs=0.011)


def test_that_a_tuning_of_nothing_is_none():
    assert get_tuning_factor(np.zeros(3), np.ones(3), np.zeros(3, bool)) == 0.0


def test_that_chromatic_autotune_goes_to_the_nearest_semitone_of_the_tuning():
    f0_midi = np.array([60.3, 60.8, 61.5, 59.7])
    tuned = auto_tune(f0_midi, 0.1, np.ones(4, bool), amount=1.0, chromatic=True)
    np.testing.assert_allclose(tuned, [60.1, 61.1, 61.1, 60.1])


def test_that_autotune_finds_the_scale_and_leaves_its_notes_alone():
    """A major: C#, F# and G# are in it, C, F and G are not."""
    a_major = np.array([57, 59, 61, 62, 64, 66, 68.0])
    np.testing.assert_allclose(auto_tune(a_major, 0.0, np.ones(7, bool), amount=1.0), a_major)
    off = np.append(a_major, 60.4)
    mask_on = np.append(np.ones(7, bool), False)
    assert auto_tune(off, 0.0, mask_on, amount=1.0)[-1] == 61
    assert auto_tune(off, 0.0, mask_on, amount=0.5)[-1] == pytest.approx(60.7)


@given(arrays.arrays(np.float64, 6, elements=st.floats(1, 119)), st.floats(0, 1))
def test_that_autotune_moves_by_its_share_of_at_most_a_tone(f0_midi, amount):
    whole = auto_tune(f0_midi, 0.0, ON, amount=1.0)
    assert np.abs(whole - f0_midi).max() <= 2
    np.testing.assert_allclose(auto_tune(f0_midi, 0.0, ON, amount), f0_midi + amount * (whole - f0_midi), atol=1e-9)
