"""Units against closed forms in double precision and the sources' own tables."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp import parity, units
from ddsp_backend.dsp.core import amplitude_to_db, midi_to_hz, power_to_db

HZ = np.array([20.0, 100.0, 440.0, 1000.0, 7999.0])


def test_that_logarithms_are_numpys_and_of_eps_below_zero():
    assert np.allclose(units.log10(HZ), np.log10(HZ), rtol=1e-6)
    assert np.allclose(units.logb(HZ, 3.0), np.log(HZ) / np.log(3), rtol=1e-6)
    assert np.allclose(units.log10(np.array([0.0, -1.0]), eps=1e-3), -3, rtol=1e-6)


def test_that_decibels_come_back():
    db = np.array([-60.0, -20.0, 0.0, 6.0])
    assert np.allclose(parity.db_to_amplitude(db), 10 ** (db / 20), rtol=1e-5)
    assert np.allclose(units.db_to_power(db), 10 ** (db / 10), rtol=1e-5)
    assert np.allclose(amplitude_to_db(parity.db_to_amplitude(db)), db, atol=1e-4)
    assert np.allclose(power_to_db(units.db_to_power(db)), db, atol=1e-4)


def test_that_the_unit_interval_covers_its_notes():
    unit = np.array([-0.5, 0.0, 0.25, 1.0, 2.0])
    assert np.allclose(units.unit_to_midi(unit), 20 + 70 * unit, rtol=1e-6)
    assert units.unit_to_midi(unit, 60, 72, clip=True).numpy().tolist() == [60, 60, 63, 72, 72]
    assert np.allclose(units.midi_to_unit(units.unit_to_midi(unit)), unit, atol=1e-6)
    assert units.midi_to_unit([0.0, 55.0, 100.0], clip=True).numpy().tolist() == [0, 0.5, 1]


def test_that_the_unit_interval_covers_its_frequencies_in_equal_ratios():
    unit = np.linspace(0, 1, 5)
    assert np.allclose(units.unit_to_hz(unit, 100.0, 1600.0), [100, 200, 400, 800, 1600], rtol=1e-5)
    assert np.allclose(units.hz_to_unit(units.unit_to_hz(unit, 20.0, 8000.0), 20.0, 8000.0), unit, atol=1e-6)
    assert units.hz_to_unit([5.0, 9000.0], 20.0, 8000.0, clip=True).numpy().tolist() == [0, 1]


def test_that_note_zero_can_be_a_rest():
    assert midi_to_hz([0.0, 69.0], midi_zero_silence=True).numpy().tolist() == [0, 440]
    assert np.allclose(midi_to_hz([0.0]), 440 * 2 ** (-69 / 12))


def test_that_the_scales_of_hearing_have_their_known_points():
    assert float(units.hz_to_mel(1000.0)) == pytest.approx(1000, abs=0.05)  # by definition
    assert units.hz_to_bark(1000.0) == pytest.approx(8.53, abs=0.01)  # Traunmueller's own example: 8.53
    assert units.hz_to_erb(1000.0) == pytest.approx(132.6, abs=0.2)  # Glasberg & Moore: about 133 Hz
    assert np.allclose(units.mel_to_hz(units.hz_to_mel(HZ)), HZ, rtol=1e-5)
    assert np.allclose(units.bark_to_hz(units.hz_to_bark(HZ)), HZ, rtol=1e-10)


@pytest.mark.parametrize("function", [units.hz_to_mel, units.log10, lambda hz: units.hz_to_unit(hz, 20.0, 8000.0)])
def test_that_gradients_are_finite_at_zero(function):
    hz = tf.constant([0.0, 1.0, 8000.0])
    with tf.GradientTape() as tape:
        tape.watch(hz)
        value = tf.reduce_sum(function(hz))
    assert np.isfinite(tape.gradient(value, hz)).all()
