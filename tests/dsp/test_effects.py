"""Rooms against convolution in double precision."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.core import exp_sigmoid
from ddsp_backend.dsp.effects import ExpDecayReverb, FilteredNoiseReverb, FIRFilter, ModDelay, Reverb
from ddsp_backend.dsp.filters import frequency_filter
from ddsp_backend.dsp.processors import ProcessorGroup
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


@pytest.mark.parametrize("room", [Reverb, FilteredNoiseReverb, ExpDecayReverb])
def test_that_a_room_without_a_response_says_so(room):
    with pytest.raises(ConfigError, match="Set trainable=True"):
        room()(tf.zeros([1, 100]))


def test_that_one_response_without_a_batch_will_do():
    audio, ir = RANDOM.normal(size=(2, 400)).astype("f4"), RANDOM.normal(size=90).astype("f4")
    assert np.array_equal(Reverb()(audio, ir), Reverb()(audio, np.stack([ir, ir])))


def test_that_an_exponential_room_is_noise_that_decays_as_its_inputs_say():
    gain, decay = np.array([[0.5], [-1.0]], "f4"), np.array([[1.0], [2.0]], "f4")
    ir = ExpDecayReverb(reverb_length=4000).impulse_response(gain, decay, noise_seed=(1, 2)).numpy()
    envelope = np.asarray(exp_sigmoid(gain)) * np.exp(-(2 + np.exp(decay)) * np.linspace(0, 1, 4000))
    assert (ir[:, 0] == 0).all()
    noise = ir[:, 1:] / envelope[:, 1:]
    assert np.abs(noise[0] - noise[1]).max() < 1e-4  # one noise for both
    assert np.abs(noise).max() < 1.0001
    assert abs(noise.mean()) < 0.05
    assert abs((noise**2).mean() - 1 / 3) < 0.02  # uniform in -1 to 1


def test_that_an_exponential_room_is_a_function_of_the_seed_and_learns_two_numbers():
    room = ExpDecayReverb(trainable=True, reverb_length=500)
    assert [(variable.name, variable.shape) for variable in room.trainable_variables] == [
        ("decay:0", (1,)),
        ("gain:0", (1,)),
    ]
    group = ProcessorGroup([(room, ["audio"])])
    audio = tf.constant(RANDOM.normal(size=(3, 2000)), tf.float32)
    one, same, other = (group({"audio": audio, "noise_seed": seed})["signal"] for seed in ((0, 1), (0, 1), (0, 2)))
    assert np.array_equal(one, same)
    assert not np.allclose(one, other)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(group({"audio": audio})["signal"]))
    for gradient in tape.gradient(loss, room.trainable_variables):
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0


def test_that_a_filter_takes_its_magnitudes_from_a_network():
    audio, raw = RANDOM.normal(size=(2, 640)).astype("f4"), RANDOM.normal(size=(2, 10, 17)).astype("f4")
    out = FIRFilter().process(audio, raw)
    assert np.array_equal(out["controls"]["magnitudes"], exp_sigmoid(raw))
    assert np.array_equal(out["signal"], frequency_filter(audio, exp_sigmoid(raw), 257))
    assert np.array_equal(FIRFilter(scale_fn=None)(audio, raw), frequency_filter(audio, raw, 257))


def test_that_a_modulated_delay_moves_between_its_ends():
    audio, phase = RANDOM.normal(size=(1, 600)), RANDOM.uniform(0, 1, (1, 600, 1))
    gain = RANDOM.uniform(0, 1, (1, 600, 1))
    delay = ModDelay(gain_scale_fn=None, phase_scale_fn=None, add_dry=False)
    samples = np.arange(600) - 16 * (15 + 10 * phase[0, :, 0])
    expected = gain[0, :, 0] * np.interp(samples, np.arange(-400, 600), np.r_[np.zeros(400), audio[0]])
    inputs = [tf.constant(values, tf.float32) for values in (audio, gain, phase)]
    assert np.abs(delay(*inputs)[0] - expected).max() < 1e-3
    assert np.abs(ModDelay(gain_scale_fn=None, phase_scale_fn=None)(*inputs)[0] - expected - audio[0]).max() < 1e-3


def test_that_a_modulated_delay_scales_a_networks_outputs():
    raw = tf.constant(RANDOM.normal(size=(1, 300, 1)), tf.float32)
    audio = tf.constant(RANDOM.normal(size=(1, 300)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(raw)
        out = ModDelay(center_ms=1.0, depth_ms=2.0).process(audio, raw, raw)
        loss = tf.reduce_sum(tf.square(out["signal"]))
    assert np.array_equal(out["controls"]["gain"], exp_sigmoid(raw))
    assert np.array_equal(out["controls"]["phase"], tf.sigmoid(raw))
    assert np.isfinite(tape.gradient(loss, raw)).all()
