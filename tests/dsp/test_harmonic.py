"""Harmonic synthesis by hop, against sums in double precision and the plain formulation."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.core import fade_in
from ddsp_backend.dsp.harmonic import (
    harmonic_synthesis,
    harmonic_synthesis_plain,
    hop_phases,
    oscillator_bank,
    remove_above_nyquist,
)

RATE = 16000


def controls(n_batch=2, n_frames=50, n_harmonics=20, lowest=110.0, highest=900.0, seed=0):
    random = np.random.default_rng(seed)
    f0 = np.exp(np.cumsum(random.normal(0, 0.02, (n_batch, n_frames, 1)), 1)) * 300
    amplitudes = random.uniform(0, 1, (n_batch, n_frames, 1))
    distribution = random.dirichlet(np.ones(n_harmonics), (n_batch, n_frames))
    return [array.astype(np.float32) for array in (np.clip(f0, lowest, highest), amplitudes, distribution)]


def exact(f0_BF1, amplitudes_BF1, distribution_BFK, hop, method):
    """The sum over harmonics in double precision."""
    fade = fade_in(hop, method).astype(np.float64)
    ramp = np.arange(hop) / hop

    def interpolate(x_BFC, weights):
        following = tf.concat([x_BFC[:, 1:], x_BFC[:, -1:]], 1)[:, :, None]
        steps = x_BFC[:, :, None] * (1 - weights[:, None]) + following * weights[:, None]
        return tf.reshape(steps, [x_BFC.shape[0], -1, x_BFC.shape[-1]])

    f0, amplitudes, distribution = (tf.cast(x, tf.float64) for x in (f0_BF1, amplitudes_BF1, distribution_BFK))
    f0 = interpolate(f0, ramp)
    envelopes = interpolate(amplitudes * distribution, fade)
    order = np.arange(1.0, distribution.shape[-1] + 1)
    envelopes = tf.where(f0 * order >= RATE / 2, np.float64(0), envelopes)
    return tf.reduce_sum(envelopes * tf.sin(2 * np.pi * tf.cumsum(f0, 1) / RATE * order), -1)


@pytest.mark.parametrize("method", ["linear", "window"])
def test_that_audio_by_hop_is_the_sum_in_double_precision(method):
    f0, amplitudes, distribution = controls()
    audio = harmonic_synthesis(f0, amplitudes, distribution, 50 * 64, RATE, method).numpy()
    assert np.abs(audio - exact(f0, amplitudes, distribution, 64, method)).max() < 1e-6


def test_that_the_phase_does_not_drift_over_minutes():
    f0 = np.full((1, 250 * 120, 1), 440.1, np.float32)  # two minutes
    one = np.ones_like(f0)
    audio = harmonic_synthesis(f0, one, one, 64 * len(f0[0]), RATE, "linear").numpy()[0]
    exact_end = np.sin(2 * np.pi * np.float64(f0[0, 0, 0]) * np.arange(1, len(audio) + 1) / RATE)
    assert np.abs(audio - exact_end)[-RATE:].max() < 1e-6


def test_that_harmonics_above_nyquist_are_silent_at_every_sample():
    f0 = np.linspace(3000, 9000, 50, dtype=np.float32)[None, :, None]
    one = np.ones((1, 50, 1), np.float32)
    audio = harmonic_synthesis(f0, one, np.full((1, 50, 4), 0.25, np.float32), 3200, RATE, "linear").numpy()
    assert np.abs(audio - exact(f0, one, np.full((1, 50, 4), 0.25), 64, "linear")).max() < 2e-6
    assert np.abs(audio[0, 2800:]).max() == 0.0  # f0 itself is above 8 kHz


@pytest.mark.parametrize("method", ["linear", "window"])
def test_that_gradients_are_those_in_double_precision(method):
    f0, amplitudes, distribution = (tf.constant(array) for array in controls())
    weights = tf.random.stateless_normal([2, 50 * 64], (1, 2))
    gradients = []
    for synthesis in (
        lambda: harmonic_synthesis(f0, amplitudes, distribution, 50 * 64, RATE, method),
        lambda: exact(f0, amplitudes, distribution, 64, method),
    ):
        with tf.GradientTape() as tape:
            tape.watch([f0, amplitudes, distribution])
            audio = synthesis()
            objective = tf.reduce_sum(audio * tf.cast(weights, audio.dtype))
        gradients.append(tape.gradient(objective, [f0, amplitudes, distribution]))
    for fast, expected in zip(*gradients, strict=True):
        assert np.linalg.norm(fast - expected) < 2e-6 * np.linalg.norm(expected)


def test_that_a_length_that_is_no_multiple_of_the_frames_takes_the_plain_way():
    f0, amplitudes, distribution = controls()
    audio = harmonic_synthesis(f0, amplitudes, distribution, 3210, RATE, "linear")
    plain = harmonic_synthesis_plain(f0, amplitudes, distribution, 3210, RATE, "linear")
    assert audio.shape == (2, 3210)
    assert np.array_equal(audio, plain)


def test_that_chunks_continue_each_others_phase():
    f0 = controls(n_frames=60)[0][..., 0]
    whole, whole_highest, final = hop_phases(tf.constant(f0), 64, RATE)
    first, first_highest, phase = hop_phases(tf.constant(f0[:, :25]), 64, RATE, next_f0_hz_B=tf.constant(f0[:, 25]))
    second, second_highest, end = hop_phases(tf.constant(f0[:, 25:]), 64, RATE, initial_cycles_B=phase)
    assert np.array_equal(whole_highest, np.concatenate([first_highest, second_highest], 1))
    turns = np.abs(whole - np.concatenate([first, second], 1))
    assert np.minimum(turns, 1 - turns).max() < 1e-7
    assert np.abs(final - end).max() < 1e-9


def test_that_the_oscillator_bank_can_keep_sinusoids_apart():
    frequencies = np.full((1, 100, 3), [100.0, 500.0, 9000.0], np.float32)
    apart = oscillator_bank(frequencies, np.ones_like(frequencies), RATE, sum_sinusoids=False)
    assert apart.shape == (1, 100, 3)
    assert np.abs(apart[..., 2]).max() == 0
    expected = np.sin(2 * np.pi * 500 * np.arange(1, 101) / RATE)
    assert np.abs(apart[0, :, 1] - expected).max() < 1e-4


def test_that_nyquist_itself_is_removed():
    kept = remove_above_nyquist(tf.constant([[[7999.0, 8000.0]]]), tf.ones([1, 1, 2]), RATE)
    assert kept.numpy().tolist() == [[[1.0, 0.0]]]
