"""The spectral loss with its gradient by hand, against automatic differentiation of the plain formulation."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.losses import SpectralLoss
from ddsp_backend.dsp.spectral import compute_mag

SIZES = (512, 64)


def signals():
    random = np.random.default_rng(0)
    target = random.normal(0, 0.1, (2, 3001)).astype(np.float32)
    target[:, 1000:2000] = 0.0  # silence, where logarithms end and slopes must not
    audio = (target + random.normal(0, 0.02, target.shape)).astype(np.float32)
    audio[0, 1500:] = 0.0
    return tf.constant(target), tf.constant(audio)


def with_gradients(loss):
    target, audio = signals()
    with tf.GradientTape() as tape:
        tape.watch([target, audio])
        value = 3.0 * loss(target, audio)
    return value, *tape.gradient(value, [target, audio])


@pytest.mark.parametrize(("mag_weight", "logmag_weight"), [(1.0, 1.0), (0.5, 0.0), (0.0, 2.0)])
def test_that_loss_and_gradients_are_those_of_the_plain_formulation(mag_weight, logmag_weight):
    loss = SpectralLoss(SIZES, mag_weight=mag_weight, logmag_weight=logmag_weight)

    def plain(target, audio):
        return tf.add_n([loss.of_magnitudes(compute_mag(target, size), compute_mag(audio, size)) for size in SIZES])

    for fast, expected in zip(with_gradients(loss), with_gradients(plain), strict=True):
        assert np.linalg.norm(fast - expected) < 1e-5 * np.linalg.norm(expected)


def test_that_sounds_that_are_equal_have_no_distance_and_no_slope():
    target, _ = signals()
    with tf.GradientTape() as tape:
        tape.watch(target)
        value = SpectralLoss(SIZES, logmag_weight=1.0)(target, tf.identity(tf.stop_gradient(target)))
    assert float(value) == 0.0
    assert not np.any(tape.gradient(value, target))
