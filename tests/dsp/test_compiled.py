"""Kernels under a tape: none is called in the variant that keeps everything for a gradient nobody will ask for."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.compiled import compiled
from ddsp_backend.dsp.harmonic import harmonic_synthesis
from ddsp_backend.dsp.losses import SpectralLoss
from ddsp_backend.models.fused_norm import fused_norm
from ddsp_backend.models.gru import gru_scan


def normal(*shape: int) -> tf.Tensor:
    return tf.constant(np.random.default_rng(sum(shape)).normal(0, 0.5, shape), tf.float32)


WORK = {
    "gru": (gru_scan, [normal(5, 2, 6), normal(2, 2), normal(2, 6), normal(2, 6)]),
    "norm": (lambda *inputs: fused_norm(*inputs, tf.nn.leaky_relu), [normal(6, 4), normal(4), normal(4), normal(4)]),
    "harmonics": (
        lambda f0, amplitudes, shares: harmonic_synthesis(200.0 + f0, amplitudes, shares, 64),
        [normal(1, 4, 1), normal(1, 4, 1), normal(1, 4, 3)],
    ),
    "magnitudes": (SpectralLoss((64,), logmag_weight=1.0), [normal(1, 200), normal(1, 200) + 0.1]),
}


def test_that_a_kernel_has_no_gradient_of_its_own():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = compiled(tf.square)(x)
    np.testing.assert_array_equal(y, [1.0, 4.0])
    assert tape.gradient(y, x) is None


@pytest.mark.parametrize("name", WORK)
def test_that_a_tape_can_be_used_twice_and_no_kernel_keeps_intermediates(name):
    function, inputs = WORK[name]

    @tf.function(autograph=False)
    def twice(*inputs):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(tf.square(function(*inputs)))
            tripled = 3.0 * loss
        return tape.gradient(loss, inputs), tape.gradient(tripled, inputs)

    once, thrice = twice(*inputs)
    for first, second in zip(once, thrice, strict=True):
        np.testing.assert_allclose(second, 3.0 * first, rtol=1e-5, atol=1e-6)
        assert np.any(first)
    called = twice.get_concrete_function(*inputs).graph.as_graph_def().library.function
    assert called
    assert not [function.signature.name for function in called if function.signature.name.startswith("__forward_")]
