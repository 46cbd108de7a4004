"""Noise that several devices draw in shares is the noise that one draws."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.noise import uniform_noise


@pytest.mark.parametrize("n", [64, 30])  # whole blocks of the generator, and not
def test_that_shares_of_a_batch_are_rows_of_the_whole(n: int) -> None:
    whole = uniform_noise(6, n, [3, 11])
    shares = [tf.function(uniform_noise)(tf.constant(2), n, tf.constant([3, 11, first])) for first in (0, 2, 4)]
    np.testing.assert_array_equal(tf.concat(shares, 0), whole)


def test_that_the_noise_is_white_and_even() -> None:
    noise = uniform_noise(4, 10_000, [0, 1, 4]).numpy()
    assert np.abs(noise).max() <= 1
    assert abs(noise.mean()) < 0.02
    assert noise.std() == pytest.approx(1 / np.sqrt(3), rel=0.02)
    assert np.abs(np.corrcoef(noise) - np.eye(4)).max() < 0.05
