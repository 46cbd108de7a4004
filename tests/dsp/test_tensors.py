"""Padding, differences and nested dictionaries against numpy."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.nested import make_iterable, nested_keys, nested_lookup, to_dict
from ddsp_backend.dsp.parity import center_crop, copy_if_tf_function, gradient_reversal, leaf_key, map_shape
from ddsp_backend.dsp.target import Target, traced_for
from ddsp_backend.dsp.tensors import between, diff, nan_to_num, pad_axis, require_same, sum_before, tf_float32
from ddsp_backend.errors import ConfigError

X = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("f4")
NEST = {"f0": X, "harmonic": {"signal": X[0], "controls": {"f0_hz": X[0, 0]}}}


@pytest.mark.parametrize("x", [1, 0.5, [1, 2], np.float64(3), np.arange(3), tf.constant([1, 2])])
def test_that_any_number_becomes_single_precision(x):
    assert tf_float32(x).dtype == tf.float32
    assert np.array_equal(tf_float32(x), x)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_that_one_axis_is_padded(axis):
    width = [(0, 0)] * 3
    width[axis] = (2, 1)
    assert np.array_equal(pad_axis(X, (2, 1), axis), np.pad(X, width))
    width[axis] = (1, 1)
    assert np.array_equal(pad_axis(X, (1, 1), axis, mode="REFLECT"), np.pad(X, width, mode="reflect"))


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_that_the_difference_is_numpys(axis):
    assert np.array_equal(diff(tf.constant(X), axis), np.diff(X, axis=axis))


def test_that_a_difference_along_no_axis_is_refused():
    with pytest.raises(ConfigError, match="axis=3 does not exist in a tensor of 3 dimensions"):
        diff(tf.constant(X), 3)


def test_that_nan_is_replaced_and_nothing_else():
    assert nan_to_num(tf.constant([1.0, np.nan, np.inf]), 7.0).numpy().tolist() == [1.0, 7.0, np.inf]


def test_that_a_reversed_gradient_has_the_other_sign():
    x = tf.constant([1.0, -2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = gradient_reversal(x)
        objective = tf.reduce_sum(y * [3.0, 5.0])
    assert np.array_equal(y, x)
    assert tape.gradient(objective, x).numpy().tolist() == [-3.0, -5.0]


@pytest.mark.parametrize(("frame_size", "kept"), [(4, [2, 3, 4, 5]), (5, [2, 3, 4, 5]), (1, list(range(8)))])
def test_that_a_centred_crop_takes_half_a_frame_from_each_end(frame_size, kept):
    assert center_crop(tf.range(8)[None], frame_size)[0].numpy().tolist() == kept


def test_that_sizes_that_differ_are_named_and_unknown_ones_fit():
    require_same({"the target": 5, "the audio": None, "the weights": 5}, "")
    with pytest.raises(ConfigError, match=r"the target is 5, but the audio is 4. Set n_samples"):
        require_same({"the target": 5, "the audio": 4}, "Set n_samples.")


def test_that_nested_values_are_found_by_their_keys():
    assert nested_keys(NEST) == ["f0", "harmonic/signal", "harmonic/controls/f0_hz"]
    assert nested_keys(NEST, delimiter=".")[-1] == "harmonic.controls.f0_hz"
    assert nested_lookup("harmonic/controls/f0_hz", NEST) is NEST["harmonic"]["controls"]["f0_hz"]
    assert nested_lookup("harmonic.signal", NEST, ".") is NEST["harmonic"]["signal"]
    assert leaf_key("harmonic/controls/f0_hz") == "f0_hz"
    assert map_shape(NEST) == {"f0": [2, 5, 3], "harmonic": {"signal": [5, 3], "controls": {"f0_hz": [3]}}}


def test_that_a_key_that_leads_nowhere_names_what_there_is():
    with pytest.raises(ConfigError, match=r"'harmonic/audio'.*no 'audio'.*could be: controls, signal"):
        nested_lookup("harmonic/audio", NEST)
    with pytest.raises(ConfigError, match=r"no 'x'.*could be: nothing"):
        nested_lookup("f0/x", NEST)


def test_that_outputs_get_their_names():
    assert to_dict([1, 2], ["a", "b"]) == {"a": 1, "b": 2}
    assert to_dict({"a": 1}, ["x", "y"]) == {"a": 1}
    assert list(to_dict(tf.zeros([3, 2]), ["a"])) == ["a"]
    assert list(make_iterable(None)) == []
    with pytest.raises(ConfigError, match=r"2 outputs cannot have the 1 names \['a'\]"):
        to_dict([1, 2], ["a"])


def test_that_a_graph_gets_a_copy_of_its_argument():
    argument = {"a": tf.zeros([])}
    assert copy_if_tf_function(argument) is argument

    @tf.function
    def adds_to(features):
        copied = copy_if_tf_function(features)
        copied["b"] = tf.ones([])
        assert "b" not in features
        return copied["b"]

    assert float(adds_to(argument)) == 1.0


def test_that_what_lies_between_two_places_is_a_slice_with_its_gradient() -> None:
    x = tf.random.stateless_normal([2, 7, 3], (0, 1))
    for start, stop in ((0, 7), (2, 5), (3, 9), (7, 9)):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            found, expected = between(x, start, stop), x[:, start:stop]
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(tape.gradient(found, x), tape.gradient(expected, x))


@pytest.mark.parametrize("n_frames", [1, 2, 201, 1000])
def test_that_the_sums_of_what_was_before_are_the_same_for_a_tpu(n_frames):
    x = tf.constant(np.random.default_rng(0).normal(size=(2, n_frames)), tf.float64)
    expected = np.cumsum(x, 1) - x
    for target in (Target(), Target(is_tpu=True)):
        with traced_for(target), tf.GradientTape() as tape:
            tape.watch(x)
            sums = sum_before(x)
            last = sums[:, -1]
        assert np.allclose(sums, expected, rtol=0, atol=1e-12)
        assert np.array_equal(tape.gradient(last, x), np.tile(np.arange(n_frames) < n_frames - 1, (2, 1)))
