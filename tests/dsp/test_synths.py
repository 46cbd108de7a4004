"""Synthesizers that a network plays, against sums in double precision."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.core import exp_sigmoid
from ddsp_backend.dsp.processors import ProcessorGroup
from ddsp_backend.dsp.scalings import frequencies_sigmoid, frequencies_softmax
from ddsp_backend.dsp.synths import Sinusoidal, TensorToAudio, Wavetable
from ddsp_backend.dsp.wavetables import wavetable_synthesis
from ddsp_backend.errors import ConfigError

RANDOM = np.random.default_rng(0)
RATE = 16000


def test_that_samples_lose_their_channel_only():
    samples = RANDOM.normal(size=(2, 30, 1)).astype("f4")
    assert np.array_equal(TensorToAudio()(samples), samples[..., 0])


def test_that_a_wavetable_is_scaled_and_played():
    amplitudes, tables = RANDOM.normal(size=(2, 4, 1)).astype("f4"), RANDOM.normal(size=(2, 4, 16)).astype("f4")
    f0_hz = np.full((2, 4, 1), 300.0, "f4")
    out = Wavetable(n_samples=400).process(amplitudes, tables, f0_hz)
    assert np.array_equal(out["controls"]["wavetables"], exp_sigmoid(tables))
    expected = wavetable_synthesis(f0_hz, exp_sigmoid(amplitudes), exp_sigmoid(tables), 400, RATE)
    assert np.array_equal(out["signal"], expected)
    raw = Wavetable(n_samples=400, scale_fn=None)(amplitudes, tables, f0_hz)
    assert np.array_equal(raw, wavetable_synthesis(f0_hz, amplitudes, tables, 400, RATE))


def test_that_sinusoids_sound_at_their_own_frequencies():
    amplitudes, frequencies = np.full((1, 5, 3), [0.5, 0.3, 0.2], "f4"), np.full((1, 5, 3), [100, 777, 9000], "f4")
    out = Sinusoidal(n_samples=500, amp_scale_fn=None, freq_scale_fn=None).process(amplitudes, frequencies)
    time = np.arange(1, 501) / RATE
    expected = 0.5 * np.sin(2 * np.pi * 100 * time) + 0.3 * np.sin(2 * np.pi * 777 * time)
    assert np.abs(out["signal"] - expected).max() < 1e-3
    assert np.array_equal(out["controls"]["amplitudes"][0, 0], amplitudes[0, 0] * [1, 1, 0])  # 9 kHz is above Nyquist


def test_that_sinusoids_scale_a_networks_outputs():
    amplitudes, frequencies = RANDOM.normal(size=(2, 5, 3)).astype("f4"), RANDOM.normal(size=(2, 5, 3)).astype("f4")
    controls = Sinusoidal(n_samples=500).get_controls(amplitudes, frequencies)
    assert np.array_equal(controls["amplitudes"], exp_sigmoid(amplitudes))
    assert np.array_equal(controls["frequencies"], frequencies_sigmoid(frequencies))


def test_that_outputs_that_do_not_fit_are_named_with_their_setting():
    synth = Sinusoidal(n_samples=500, freq_scale_fn=functools.partial(frequencies_softmax, depth=4))
    assert synth(np.zeros((1, 5, 3), "f4"), np.zeros((1, 5, 12), "f4")).shape == (1, 500)
    with pytest.raises(ConfigError, match=r"amplitudes is 3, but that of frequencies is 2.*output_splits"):
        synth(np.zeros((1, 5, 3), "f4"), np.zeros((1, 5, 8), "f4"))


@pytest.mark.parametrize(
    ("synth", "n_inputs"), [(Wavetable(n_samples=200), (1, 16, 1)), (Sinusoidal(n_samples=200), (6, 6))]
)
def test_that_gradients_are_finite_and_other_lengths_can_be_rendered(synth, n_inputs):
    inputs = [tf.constant(RANDOM.normal(size=(2, 4, n)), tf.float32) for n in n_inputs]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        loss = tf.reduce_mean(tf.square(synth(*inputs)))
    for gradient in tape.gradient(loss, inputs):
        gradient = tf.convert_to_tensor(gradient)
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0
    keys = [f"input_{index}" for index in range(len(inputs))]
    group = ProcessorGroup([(synth, keys)])
    assert group(dict(zip(keys, inputs, strict=True)), n_samples=800)["signal"].shape == (2, 800)
