"""Processors and their graph."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.processors import Add, Crop, Mix, ProcessorGroup
from ddsp_backend.dsp.synths import FilteredNoise, Harmonic
from ddsp_backend.errors import ConfigError


def a_group():
    return ProcessorGroup(
        [
            (Harmonic(n_samples=1280), ["amps", "harmonic_distribution", "f0_hz"]),
            (FilteredNoise(n_samples=1280, window_size=0), ["noise_magnitudes"]),
            (Add(), ["filtered_noise/signal", "harmonic/signal"]),
            (Crop(frame_size=64), ["add/signal"]),
        ]
    )


def features(n_frames=20):
    random = np.random.default_rng(0)
    return {
        "amps": random.normal(size=(2, n_frames, 1)).astype("f4"),
        "harmonic_distribution": random.normal(size=(2, n_frames, 8)).astype("f4"),
        "noise_magnitudes": random.normal(size=(2, n_frames, 17)).astype("f4"),
        "f0_hz": np.full((2, n_frames, 1), 220.0, "f4"),
    }


def test_that_a_group_runs_its_processors_in_order_and_keeps_every_control():
    out = a_group()(features())
    controls = out["controls"]
    assert out["signal"].shape == (2, 1216)
    added = controls["harmonic"]["signal"] + controls["filtered_noise"]["signal"]
    assert np.array_equal(out["signal"], added[:, :-64])
    assert set(controls["harmonic"]["controls"]) == {"amplitudes", "harmonic_distribution", "f0_hz"}
    assert np.allclose(tf.reduce_sum(controls["harmonic"]["controls"]["harmonic_distribution"], -1), 1)


def test_that_noise_is_a_function_of_the_seed():
    group = a_group()
    silent, same, other = (group({**features(), "noise_seed": seed})["signal"] for seed in ((0, 0), (0, 0), (0, 1)))
    assert np.array_equal(group(features())["signal"], silent)
    assert np.array_equal(silent, same)
    assert not np.allclose(silent, other)


def test_that_another_length_can_be_rendered():
    out = a_group()(features(40), n_samples=2560)
    assert out["signal"].shape == (2, 2496)


def test_that_a_missing_input_names_what_there_is():
    group = ProcessorGroup([(Add(), ["harmonic/signal", "noise"])])
    with pytest.raises(ConfigError, match=r"asks for 'harmonic/signal'.*no 'harmonic'.*it could be: audio, inputs"):
        group({"audio": tf.zeros([1, 10])})


def test_that_a_graph_may_name_processors_by_text():
    group = ProcessorGroup([("sum", ["a", "b"])], sum=Add())
    assert np.array_equal(group({"a": tf.ones([1, 3]), "b": tf.ones([1, 3])})["signal"], [[2, 2, 2]])
    with pytest.raises(ConfigError, match="'sums', which is no processor"):
        ProcessorGroup([("sums", ["a", "b"])], sum=Add())


@pytest.mark.parametrize(("location", "kept"), [("front", [4, 5]), ("center", [2, 3]), ("back", [0, 1])])
def test_that_crop_cuts_where_it_is_told(location, kept):
    audio = np.arange(6, dtype="f4")[None]
    assert Crop(4, location)(audio)[0].numpy().tolist() == kept


@pytest.mark.parametrize(("raw", "level"), [(-100.0, 0.0), (0.0, 0.5), (100.0, 1.0)])
def test_that_mix_weighs_its_signals_as_the_reference(raw, level):
    one, two = np.ones((1, 8, 1), "f4"), np.full((1, 8, 1), 3.0, "f4")
    mixed = Mix()(one, two, np.full((1, 2, 1), raw, "f4"))
    assert np.allclose(mixed, np.sqrt(level) + 3 * (1 - np.sqrt(1 - level)), atol=1e-6)


def test_that_mix_refuses_signals_of_two_lengths():
    with pytest.raises(ConfigError, match="8 samples with 7"):
        Mix()(np.ones((1, 8), "f4"), np.ones((1, 7), "f4"), np.zeros((1, 2, 1), "f4"))


def test_that_add_refuses_signals_of_two_lengths_and_names_the_settings():
    with pytest.raises(
        ConfigError, match=r"add: the length of the one signal is 8, but that of the other is 7.*n_samples"
    ):
        Add()(np.ones((1, 8), "f4"), np.ones((1, 7), "f4"))


def test_that_a_processor_tells_its_controls_when_asked():
    one = tf.ones((1, 8))
    out = Add()(one, one, return_outputs_dict=True)
    assert set(out) == {"signal", "controls"}
    assert out["controls"]["signal_one"] is one
    assert np.array_equal(out["signal"], Add()(one, one))


def test_that_a_group_holds_processors_only_and_finds_its_signal():
    group = a_group()
    assert group.processor_names == ["harmonic", "filtered_noise", "add", "crop"]
    out = group(features())
    assert group.get_signal(out["controls"]) is out["signal"]
    with pytest.raises(ConfigError, match=r"holds .*Module.*, which is no processor"):
        ProcessorGroup([(tf.Module("other"), ["x"])])
