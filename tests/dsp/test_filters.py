"""Filters against numpy and scipy."""

import numpy as np
import pytest
import scipy.signal
import tensorflow as tf

from ddsp_backend.dsp.filters import fft_convolve, frequency_filter, frequency_impulse_response, get_fft_size
from ddsp_backend.dsp.target import Target, traced_for
from ddsp_backend.errors import ConfigError

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(("frame", "taps", "size"), [(64, 128, 256), (1, 1, 1), (64, 65, 128), (64, 66, 256)])
def test_that_the_fft_holds_the_convolution(frame, taps, size):
    assert get_fft_size(frame, taps) == size


@pytest.mark.parametrize("n_frequencies", [65, 33])
def test_that_the_designed_filter_is_scipys_windowed_frequency_sampling(n_frequencies):
    magnitudes = RANDOM.uniform(0.5, 1, n_frequencies).astype(np.float32)
    designed = frequency_impulse_response(magnitudes[None]).numpy()[0]
    n_taps = 2 * (n_frequencies - 1)
    zero_phase = np.fft.irfft(magnitudes.astype(np.float64), n_taps)
    expected = np.fft.fftshift(zero_phase) * scipy.signal.get_window("hann", n_taps, fftbins=True)
    assert np.abs(designed - expected).max() < 1e-6


def test_that_one_filter_is_a_plain_convolution():
    audio, taps = RANDOM.normal(size=(2, 500)).astype(np.float32), RANDOM.normal(size=(2, 40)).astype(np.float32)
    same = fft_convolve(audio, taps, delay_compensation=0).numpy()
    valid = fft_convolve(audio, taps, padding="valid", delay_compensation=0).numpy()
    expected = np.array([np.convolve(a, t) for a, t in zip(audio.astype("f8"), taps, strict=True)])
    assert np.abs(valid - expected).max() < 1e-4
    assert np.abs(same - expected[:, :500]).max() < 1e-4


def test_that_every_frame_of_audio_gets_its_own_filter():
    audio, taps = RANDOM.normal(size=(1, 90)).astype(np.float32), RANDOM.normal(size=(1, 3, 20)).astype(np.float32)
    expected = np.zeros(90 + 19)
    for frame in range(3):
        expected[frame * 30 : frame * 30 + 49] += np.convolve(audio[0, frame * 30 : frame * 30 + 30], taps[0, frame])
    filtered = fft_convolve(audio, taps, padding="valid", delay_compensation=0).numpy()[0]
    assert np.abs(filtered - expected).max() < 1e-4


def test_that_a_flat_response_keeps_the_signal_but_for_a_sample_of_delay():
    # The linear-phase delay of 2 (n - 1) taps is half of them; the reference compensates one sample less.
    audio = RANDOM.normal(size=(1, 640)).astype(np.float32)
    filtered = frequency_filter(audio, np.ones((1, 10, 65), np.float32)).numpy()
    assert np.abs(filtered[:, 2:] - audio[:, :-2]).max() < 1e-5


def test_that_frames_that_do_not_fit_are_refused_with_both_numbers():
    with pytest.raises(ConfigError, match="100 samples of audio cannot be cut into 33 frames"):
        fft_convolve(np.zeros((1, 100), np.float32), np.zeros((1, 33, 8), np.float32))


@pytest.mark.parametrize(("n_responses", "n_frames"), [(1, 1), (2, 1), (1, 5), (2, 5)])
def test_that_gradients_are_those_of_plain_sums(n_responses, n_frames):
    taps = 23
    audio = tf.constant(RANDOM.normal(size=(2, 100)), tf.float32)
    responses = tf.constant(RANDOM.normal(size=(n_responses, n_frames, taps)), tf.float32)
    weights = tf.constant(RANDOM.normal(size=(2, 100 + taps - 1)), tf.float32)

    def plainly(audio, responses):
        frames = tf.reshape(audio, [2, n_frames, -1])
        hop = frames.shape[-1]
        return tf.add_n(
            [
                tf.pad(
                    frames[:, f] * responses[:, f, t : t + 1], [[0, 0], [f * hop + t, 99 + taps - (f + 1) * hop - t]]
                )
                for f in range(n_frames)
                for t in range(taps)
            ]
        )

    found = []
    for convolve in (lambda *pair: fft_convolve(*pair, padding="valid", delay_compensation=0), plainly):
        with tf.GradientTape() as tape:
            tape.watch([audio, responses])
            total = tf.reduce_sum(weights * convolve(audio, responses))
        found.append(tape.gradient(total, [audio, responses]))
    for fast, plain in zip(*found, strict=True):
        assert np.linalg.norm(fast - plain) < 1e-5 * np.linalg.norm(plain)


def test_that_frames_filtered_for_a_tpu_are_the_same_and_so_are_their_gradients():
    """Its transforms are of a power of two, here 512; a processor's are of 450."""
    audio, taps, weights = (
        RANDOM.normal(size=shape).astype(np.float32) for shape in ((2, 1600), (2, 5, 129), (2, 1600))
    )

    def values(target):
        inputs = [tf.constant(audio), tf.constant(taps)]
        with traced_for(target), tf.GradientTape() as tape:
            tape.watch(inputs)
            filtered = fft_convolve(*inputs)
            total = tf.reduce_sum(filtered * weights)
        return [filtered, *tape.gradient(total, inputs)]

    for here, there in zip(values(Target()), values(Target(is_tpu=True)), strict=True):
        assert np.abs(here - there).max() < 2e-6 * np.abs(here).max()
        assert np.abs(here).max() > 10


@pytest.mark.parametrize("n_responses", [1, 2])
def test_that_a_long_convolution_in_blocks_is_the_same_and_so_are_its_gradients(n_responses):
    audio, taps = (RANDOM.normal(size=shape).astype(np.float32) for shape in ((2, 9000), (n_responses, 4500)))
    weights = RANDOM.normal(size=(2, 9000)).astype(np.float32)

    def values(target):
        inputs = [tf.constant(audio), tf.constant(taps)]
        with traced_for(target), tf.GradientTape() as tape:
            tape.watch(inputs)
            filtered = fft_convolve(*inputs, delay_compensation=0)
            total = tf.reduce_sum(filtered * weights)
        return [filtered, *tape.gradient(total, inputs)]

    for whole, in_blocks in zip(values(Target()), values(Target(is_tpu=True)), strict=True):
        assert np.abs(whole - in_blocks).max() < 2e-6 * np.abs(whole).max()
        assert np.abs(whole).max() > 100
