"""Tables and delays against numpy's interpolation in double precision."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.parity import harmonic_distribution_to_wavetable
from ddsp_backend.dsp.wavetables import linear_lookup, variable_length_delay, wavetable_synthesis
from ddsp_backend.errors import ConfigError

RANDOM = np.random.default_rng(0)
RATE = 16000


def interpolated(phase_N, table_W):
    around = np.r_[table_W, table_W[0]]
    return np.interp(phase_N % 1, np.linspace(0, 1, len(around)), around)


@pytest.mark.parametrize("shape", [(2, 300), (2, 300, 1)])
def test_that_a_table_is_read_with_linear_interpolation_and_wraps(shape):
    phase, tables = RANDOM.uniform(0, 1, (2, 300)), RANDOM.normal(size=(2, 16))
    phase[:, :4] = 0, 1, 1 - 1 / 64, 0.5
    expected = [interpolated(p, t) for p, t in zip(phase, tables, strict=True)]
    assert np.abs(linear_lookup(phase.reshape(shape), tables) - expected).max() < 1e-5
    assert np.abs(linear_lookup(phase.reshape(shape), tables[:, None]) - expected).max() < 1e-5


def test_that_every_sample_can_have_a_table_of_its_own():
    phase, tables = RANDOM.uniform(0, 1, (2, 50)), RANDOM.normal(size=(2, 50, 8))
    expected = [[interpolated(phase[b, n], tables[b, n]) for n in range(50)] for b in range(2)]
    assert np.abs(linear_lookup(phase, tables) - expected).max() < 1e-5


def test_that_reading_has_the_gradients_of_interpolation():
    phase, tables = tf.constant([[0.1, 0.3, 0.95]]), tf.constant(RANDOM.normal(size=(1, 4)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch([phase, tables])
        total = tf.reduce_sum(linear_lookup(phase, tables))
    d_phase, d_tables = tape.gradient(total, [phase, tables])
    t = tables.numpy()[0]
    assert np.allclose(d_phase[0], 4 * np.array([t[1] - t[0], t[2] - t[1], t[0] - t[3]]), rtol=1e-5)
    assert np.allclose(tf.convert_to_tensor(d_tables)[0], [0.6 + 0.8, 0.4 + 0.8, 0.2, 0.2], atol=1e-5)


def test_that_tables_that_are_neither_one_nor_as_many_as_samples_are_refused():
    with pytest.raises(ConfigError, match=r"samples to read is 50, but that of wavetables is 49"):
        linear_lookup(np.zeros((1, 50)), np.zeros((1, 49, 8)))


def test_that_a_distribution_becomes_a_sum_of_cosines():
    distribution = RANDOM.dirichlet(np.ones(5), (2, 3))
    tables = harmonic_distribution_to_wavetable(distribution, 64)
    turns = np.outer(np.arange(1, 6), np.arange(64)) / 64
    assert np.abs(tables - distribution @ np.cos(2 * np.pi * turns)).max() < 1e-5
    with pytest.raises(ConfigError, match=r"n_wavetable=8 samples cannot hold 5 harmonics.*10 or more"):
        harmonic_distribution_to_wavetable(distribution, 8)


def test_that_a_sine_in_a_table_sounds_as_a_sine():
    table = np.sin(2 * np.pi * np.arange(2048) / 2048)[None]
    frequencies, amplitudes = np.full((1, 10, 1), 441.3), np.full((1, 10, 1), 0.7)
    audio = wavetable_synthesis(frequencies, amplitudes, table, 3200, RATE)
    expected = 0.7 * np.sin(2 * np.pi * 441.3 * np.arange(3200) / RATE)
    assert np.abs(audio - expected).max() < 1e-4


def test_that_tables_fade_from_frame_to_frame_and_pitch_glides():
    tables = RANDOM.normal(size=(1, 4, 16))
    frequencies, amplitudes = np.linspace(200, 500, 4)[None, :, None], RANDOM.uniform(0.2, 1, (1, 4, 1))
    audio = wavetable_synthesis(frequencies, amplitudes, tables, 400, RATE)
    held = np.concatenate([tables, tables[:, -1:]], 1)[0]
    frame = np.arange(400) / 100
    each = np.stack([np.interp(frame, np.arange(5), held[:, w]) for w in range(16)], 1)
    hz = np.interp(frame, np.arange(5), [*frequencies[0, :, 0], 500.0])
    phase = np.r_[0, np.cumsum(hz / RATE)[:-1]]
    level = np.r_[amplitudes[0, :, 0], amplitudes[0, -1, 0]]
    fade = 0.5 - 0.5 * np.cos(np.pi * (frame % 1))
    level = level[frame.astype(int)] * (1 - fade) + level[frame.astype(int) + 1] * fade
    expected = level * [interpolated(p, t) for p, t in zip(phase, each, strict=True)]
    assert np.abs(audio[0] - expected).max() < 1e-3


def test_that_gradients_reach_frequencies_amplitudes_and_tables():
    inputs = [tf.constant(values, tf.float32) for values in (np.full((1, 4, 1), 200.0), np.ones((1, 4, 1)))]
    inputs.append(tf.constant(RANDOM.normal(size=(1, 4, 16)), tf.float32))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        loss = tf.reduce_mean(tf.square(wavetable_synthesis(*inputs, 400, RATE)))
    for gradient in tape.gradient(loss, inputs):
        gradient = tf.convert_to_tensor(gradient)
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0


def test_that_a_delay_reads_the_past():
    audio = RANDOM.normal(size=(2, 100))
    phase = RANDOM.uniform(0, 1, (2, 100))
    phase[:, 50:54] = 0.0, 1.0, 0.25, 0.999
    delayed = variable_length_delay(phase[..., None], audio, 20)
    past = np.r_[np.full(20, 0.0)]
    for b in range(2):
        expected = np.interp(np.arange(100) - 20 * phase[b], np.arange(-20, 100), np.r_[past, audio[b]])
        assert np.abs(delayed[b] - expected).max() < 1e-5


def test_that_a_delay_as_long_as_another_signal_is_refused():
    with pytest.raises(ConfigError, match=r"delay's phase is 99, but that of the audio is 100"):
        variable_length_delay(np.zeros((1, 99, 1)), np.zeros((1, 100)))
