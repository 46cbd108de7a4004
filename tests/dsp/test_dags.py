"""Graphs of modules: networks, processors and losses in one."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.dags import DAGLayer
from ddsp_backend.dsp.losses import SpectralLoss
from ddsp_backend.dsp.processors import Add, ProcessorGroup
from ddsp_backend.dsp.synths import FilteredNoise, Sinusoidal
from ddsp_backend.errors import ConfigError


class Halves(tf.Module):
    """A network with two outputs."""

    def __init__(self, name=None):
        super().__init__(name)
        self.gain = tf.Variable(2.0)

    def __call__(self, x, offset=0.0):
        return self.gain * x[..., :2] + offset, x[..., 2:]


FEATURES = {"x": np.random.default_rng(0).normal(size=(2, 5, 4)).astype("f4"), "audio": np.ones((2, 300), "f4")}
SINES = Sinusoidal(n_samples=300, name="sines")


def a_dag(**options):
    return DAGLayer(
        [
            (Halves(name="decoder"), ["x"], ["amps", "freqs"]),
            (SINES, ["decoder/amps", "decoder/freqs"]),
            ("loss", ["inputs/audio", "sines/signal"]),
        ],
        loss=SpectralLoss(fft_sizes=(64,)),
        **options,
    )


def test_that_networks_processors_and_losses_run_in_one_graph():
    out = a_dag(name="all")(FEATURES)
    amplitudes, frequencies = 2 * FEATURES["x"][..., :2], FEATURES["x"][..., 2:]
    assert np.array_equal(out["decoder"]["amps"], amplitudes)
    assert np.array_equal(out["sines"]["signal"], SINES(amplitudes, frequencies))
    assert np.array_equal(
        out["sines"]["controls"]["frequencies"], SINES.get_controls(amplitudes, frequencies)["frequencies"]
    )
    expected = SpectralLoss(fft_sizes=(64,))(FEATURES["audio"], out["sines"]["signal"])
    assert out["out"] == out["loss"] == {"spectral_loss": expected}
    assert "out" not in FEATURES


def test_that_modules_are_attributes_and_their_variables_are_found():
    dag = a_dag()
    assert dag.module_names == ["decoder", "sines", "loss"]
    assert dag.modules == [dag.decoder, SINES, dag.loss]
    assert dag.trainable_variables == (dag.decoder.gain,)


def test_that_options_reach_networks_and_the_length_reaches_synthesizers():
    dag = DAGLayer([(Halves(name="decoder"), ["x"], ["amps", "freqs"]), (SINES, ["decoder/amps", "decoder/freqs"])])
    out = dag(FEATURES, offset=1.0, n_samples=600)
    assert np.array_equal(out["decoder"]["amps"], 2 * FEATURES["x"][..., :2] + 1)
    assert out["out"]["signal"].shape == (2, 600)


def test_that_noise_is_the_same_in_a_layer_as_in_a_group():
    noise, features = FilteredNoise(n_samples=300), {"x": FEATURES["x"], "noise_seed": (3, 4)}
    layer, group = (kind([(noise, ["x"])]) for kind in (DAGLayer, ProcessorGroup))
    assert np.array_equal(layer(features)["out"]["signal"], group(features)["signal"])


def test_that_outputs_without_names_are_refused():
    with pytest.raises(ConfigError, match=r"2 outputs cannot have the 0 names"):
        DAGLayer([(Halves(), ["x"])])(FEATURES)


@pytest.mark.parametrize(
    ("dag", "modules", "sentence"),
    [
        ([], {}, "DAGLayer.dag is empty"),
        ([("decodr", ["x"])], {"decoder": Halves()}, "names 'decodr', which is no module of it"),
        ([(abs, ["x"])], {}, "names <built-in function abs>, which is no module"),
        ([(Add(), ["x", "x"]), (Add(), ["x", "x"])], {}, "another module of the name 'add'.*Add.name = \"add_2\""),
        ([(Halves(name="out"), ["x"])], {}, "another module of the name 'out'"),
        ([(Halves(name="run_dag"), ["x"])], {}, "another module of the name 'run_dag'"),
        ([(keras.layers.Dense(2, name="net"), ["x"])], {}, "DAGLayer.net is Dense, a layer of Keras.*neither trained"),
    ],
)
def test_that_a_graph_that_cannot_run_is_refused(dag, modules, sentence):
    with pytest.raises(ConfigError, match=sentence):
        DAGLayer(dag, **modules)
