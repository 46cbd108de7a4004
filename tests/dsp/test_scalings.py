"""Network outputs to frequencies, against sums written out in double precision."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.parity import log_scale
from ddsp_backend.dsp.scalings import (
    frequencies_critical_bands,
    frequencies_sigmoid,
    frequencies_softmax,
    soft_limit,
    sym_exp_sigmoid,
)
from ddsp_backend.errors import ConfigError

RAW = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("f4")
GROUPED = RAW.reshape(2, 4, 2, 3)
SCALINGS = (frequencies_softmax, frequencies_sigmoid, frequencies_critical_bands)


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype("f8")))


def between(unit, hz_min, hz_max):
    """In equal ratios; 0 Hz counts as MIDI note 0."""
    lowest = hz_min or 440 * 2 ** (-69 / 12)
    return lowest * (hz_max / lowest) ** unit


def test_that_a_softmax_weighs_points_evenly_spaced_by_ear():
    weights = np.exp(GROUPED.astype("f8"))
    unit = (weights * [0, 0.5, 1]).sum(-1) / weights.sum(-1)
    assert np.allclose(frequencies_softmax(RAW, depth=3), between(unit, 20, 8000), rtol=1e-4)


def test_that_one_sigmoid_covers_the_range():
    assert np.allclose(frequencies_sigmoid(RAW), between(sigmoid(RAW), 0, 8000), rtol=1e-4)


def test_that_sigmoids_share_the_range():
    ratio = 8000 ** (1 / 3)
    parts = [8000 * (1 - 1 / ratio), 8000 / ratio * (1 - 1 / ratio), 8000 / ratio**2]
    expected = sum(between(sigmoid(GROUPED[..., i]), 0, part) for i, part in enumerate(parts))
    assert np.allclose(frequencies_sigmoid(RAW, depth=3), expected, rtol=1e-4)
    assert sum(parts) == pytest.approx(8000)


@pytest.mark.parametrize("scale", ["bark", "mel"])
def test_that_critical_bands_move_within_a_bandwidth_of_hearing(scale):
    if scale == "bark":
        ends = [26.81 / (1 + 1960 / hz) - 0.53 for hz in (20, 8000)]
        centers = 1960 / (26.81 / (np.linspace(*ends, 2) + 0.53) - 1)
    else:
        ends = [2595 * np.log10(1 + hz / 700) for hz in (20, 8000)]
        centers = 700 * (10 ** (np.linspace(*ends, 2) / 2595) - 1)
    offset = (np.tanh(GROUPED.astype("f8")) * [1, 0.1, 0.01]).sum(-1) * (0.108 * centers + 24.7)
    x = centers + offset
    expected = np.logaddexp(0, x) + 20 - np.logaddexp(0, x - 7980)
    assert np.allclose(frequencies_critical_bands(RAW, depth=3, scale=scale), expected, rtol=1e-3)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_that_grouped_outputs_need_no_depth_and_extremes_stay_in_range(scaling):
    assert np.array_equal(scaling(GROUPED), scaling(RAW, depth=3))
    hz = scaling(np.array([[[[-90.0, -90, -90], [90, 90, 90]]]]), hz_min=20.0).numpy()
    # a sum of sigmoids starts at the sum of their lowest frequencies
    assert 20 <= hz.min() <= hz.max() <= 8000 + 30


@pytest.mark.parametrize("scaling", SCALINGS)
def test_that_gradients_are_finite(scaling):
    raw = tf.constant(30 * RAW)
    with tf.GradientTape() as tape:
        tape.watch(raw)
        hz = tf.reduce_sum(scaling(raw, depth=3))
    assert np.isfinite(tape.gradient(hz, raw)).all()


@pytest.mark.parametrize("scaling", SCALINGS)
def test_that_a_depth_that_does_not_divide_the_outputs_is_named(scaling):
    with pytest.raises(ConfigError, match=r"6 outputs .* groups of frequencies_\w+.depth=4"):
        scaling(RAW, depth=4)


def test_that_a_softmax_of_one_point_and_an_unknown_scale_are_refused():
    with pytest.raises(ConfigError, match="depth=1 can say no frequency but hz_min"):
        frequencies_softmax(RAW)
    with pytest.raises(ConfigError, match="scale='erb' is unknown"):
        frequencies_critical_bands(RAW, scale="erb")


def test_that_bounded_scales_meet_their_ends():
    assert np.allclose(log_scale([-1.0, 0.0, 1.0], 1.0, 100.0), [1, 10, 100], rtol=1e-5)
    assert np.allclose(soft_limit([-50.0, 50.0], 2.0, 5.0), [2, 5], atol=1e-5)
    assert np.allclose(soft_limit([2.0], 0.0, 1.0), np.logaddexp(0, 2) - np.logaddexp(0, 1), rtol=1e-6)
    x = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])
    expected = 2 * (1 / (1 + np.exp(-8 * (np.abs(x) / 2 - 1)))) ** np.log(10) + 1e-7
    assert np.allclose(sym_exp_sigmoid(x), expected, rtol=1e-4)
