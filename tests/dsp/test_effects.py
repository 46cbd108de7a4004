"""Rooms against convolution in double precision."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.effects import FilteredNoiseReverb, Reverb
from ddsp_backend.errors import ConfigError

RANDOM = np.random.default_rng(1)


def test_that_reverb_is_the_dry_signal_and_the_convolution_without_its_first_sample():
    audio, ir = RANDOM.normal(size=(2, 4000)).astype("f4"), RANDOM.normal(size=(2, 900)).astype("f4")
    wet = np.array([np.convolve(a, np.r_[0, i[1:]])[:4000] for a, i in zip(audio.astype("f8"), ir, strict=True)])
    largest = np.abs(wet + audio).max()
    assert np.abs(Reverb()(audio, ir) - (wet + audio)).max() < 1e-6 * largest
    assert np.abs(Reverb(add_dry=False)(audio, ir[..., None]) - wet).max() < 1e-6 * largest


def test_that_a_learned_response_starts_almost_silent_and_learns():
    tf.random.set_seed(0)
    reverb = Reverb(trainable=True, reverb_length=500)
    audio = tf.constant(RANDOM.normal(size=(3, 2000)), tf.float32)
    assert [variable.shape for variable in reverb.trainable_variables] == [(500,)]
    with tf.GradientTape() as tape:
        out = reverb(audio)
        loss = tf.reduce_mean(tf.square(out - tf.roll(audio, 10, 1)))
    assert np.abs(out - audio).max() < 1e-3
    (gradient,) = tape.gradient(loss, reverb.trainable_variables)
    assert float(gradient[10]) < -1.0  # an echo at ten samples lowers the loss
    assert float(gradient[0]) == 0.0  # the direct sound is not the room's


def test_that_a_noise_room_is_the_same_for_the_same_seed():
    room = FilteredNoiseReverb(trainable=True, reverb_length=1000, n_frames=50, n_filter_banks=16)
    one, same, other = (room.impulse_response(noise_seed=seed).numpy() for seed in ((1, 2), (1, 2), (1, 3)))
    assert one.shape == (1, 1000)
    assert np.array_equal(one, same)
    assert not np.allclose(one, other)
    assert [variable.shape for variable in room.trainable_variables] == [(50, 16)]


@pytest.mark.parametrize("room", [Reverb, FilteredNoiseReverb])
def test_that_a_room_without_a_response_says_so(room):
    with pytest.raises(ConfigError, match="Set trainable=True"):
        room()(tf.zeros([1, 100]))
