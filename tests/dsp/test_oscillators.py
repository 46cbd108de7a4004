"""Oscillators and conversions against sums in double precision."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.harmonic import angular_cumsum, harmonic_synthesis, oscillator_bank
from ddsp_backend.dsp.oscillators import harmonic_oscillator_bank
from ddsp_backend.dsp.parity import harmonic_to_sinusoidal, sinusoidal_to_harmonic, streaming_harmonic_synthesis
from ddsp_backend.dsp.synths import Harmonic
from ddsp_backend.errors import ConfigError

RATE = 16000
RANDOM = np.random.default_rng(0)


def f0_and_harmonics(n_frames=20, n_harmonics=6):
    f0 = 300 * np.exp(np.cumsum(RANDOM.normal(0, 0.02, (2, n_frames, 1)), 1))
    amplitudes = RANDOM.uniform(0.1, 1, (2, n_frames, 1))
    distribution = RANDOM.dirichlet(np.ones(n_harmonics), (2, n_frames))
    return [values.astype("f4") for values in (f0, amplitudes, distribution)]


def sines(f0_BN, amplitudes_BNK, initial=0.0):
    """Sum over harmonics, and the last phase, in double precision."""
    phase_BN = initial + 2 * np.pi * np.cumsum(f0_BN.astype("f8"), 1) / RATE
    order = np.arange(1, amplitudes_BNK.shape[-1] + 1)
    return (amplitudes_BNK * np.sin(phase_BN[..., None] * order)).sum(-1), phase_BN[:, -1]


def test_that_the_phase_without_drift_is_the_sum_in_double_precision():
    omega = RANDOM.uniform(0, np.pi, (2, 50000, 2)).astype("f4")
    exact = np.cumsum(omega.astype("f8"), 1)
    turns = np.abs(angular_cumsum(omega) - exact % (2 * np.pi))
    assert np.minimum(turns, 2 * np.pi - turns).max() < 1e-5
    assert np.array_equal(angular_cumsum(omega, chunk_size=7), angular_cumsum(omega))


@pytest.mark.parametrize("angular", [False, True])
def test_that_a_bank_of_harmonics_continues_from_its_phase(angular):
    f0 = RANDOM.uniform(200, 400, (2, 1000, 1)).astype("f4")
    amplitudes = RANDOM.uniform(0, 1, (2, 1000, 4)).astype("f4")
    initial = np.array([[[0.5]], [[3.0]]], "f4")
    audio, phase = harmonic_oscillator_bank(f0, amplitudes, initial, RATE, angular)
    expected, last = sines(f0[..., 0], amplitudes, initial[:, :, 0])
    assert np.abs(audio - expected).max() < 1e-3
    assert phase.shape == (2, 1, 1)
    assert np.allclose(np.exp(1j * phase.numpy()[:, 0, 0]), np.exp(1j * last), atol=1e-4)


def test_that_samples_that_disagree_are_named():
    with pytest.raises(ConfigError, match=r"frequency is 100, but its amplitudes is 99"):
        harmonic_oscillator_bank(np.zeros((1, 100, 1)), np.zeros((1, 99, 2)))


def test_that_pieces_join_at_the_phase():
    f0, amplitudes, distribution = f0_and_harmonics()
    f0[:] = 310.0  # a held last frame is what a constant one does anyway
    amplitudes[:], distribution[:] = 0.5, distribution[:, :1]
    whole, _ = streaming_harmonic_synthesis(f0, amplitudes, distribution, n_samples=1280)
    first, phase = streaming_harmonic_synthesis(f0[:, :5], amplitudes[:, :5], distribution[:, :5], n_samples=320)
    rest, _ = streaming_harmonic_synthesis(f0[:, 5:], amplitudes[:, 5:], distribution[:, 5:], phase, n_samples=960)
    assert np.abs(np.concatenate([first, rest], 1) - whole).max() < 1e-4


def test_that_streaming_synthesis_plays_what_the_synthesizer_plays():
    f0, amplitudes, distribution = f0_and_harmonics()
    audio, _ = streaming_harmonic_synthesis(f0, amplitudes, distribution, n_samples=1280)
    synth = Harmonic(n_samples=1280, scale_fn=None, amp_resample_method="linear")
    assert np.abs(audio - synth(amplitudes, distribution, f0)).max() < 1e-4
    alone, _ = streaming_harmonic_synthesis(f0, amplitudes, n_samples=1280)
    assert np.abs(alone - synth(amplitudes, np.ones_like(amplitudes), f0)).max() < 1e-4


def test_that_shifted_harmonics_sound_where_they_were_shifted():
    f0, amplitudes, distribution = (np.repeat(values[:, :1], 20, 1) for values in f0_and_harmonics())
    shifts = np.broadcast_to(RANDOM.uniform(-0.05, 0.05, (2, 1, 6)), (2, 20, 6)).astype("f4")
    audio = harmonic_synthesis(
        f0, amplitudes, distribution, 1280, RATE, use_angular_cumsum=True, harmonic_shifts=shifts
    )
    frequencies = f0[:, 0] * np.arange(1, 7) * (1 + shifts[:, 0])
    phase = 2 * np.pi * frequencies[:, None] * np.arange(1, 1281)[:, None] / RATE
    expected = ((amplitudes * distribution)[:, :1] * np.sin(phase)).sum(-1)
    assert np.abs(audio - expected).max() < 1e-4


def test_that_the_fundamental_alone_needs_no_distribution():
    f0, amplitudes, _ = f0_and_harmonics()
    one = np.ones_like(f0)
    assert np.array_equal(harmonic_synthesis(f0, amplitudes, None, 1280), harmonic_synthesis(f0, amplitudes, one, 1280))


@pytest.mark.parametrize("normalize", [False, True])
def test_that_sinusoids_become_the_harmonics_they_lie_near(normalize):
    f0 = RANDOM.uniform(200, 400, (2, 3, 1))
    frequencies, amplitudes = RANDOM.uniform(100, 3000, (2, 3, 30)), RANDOM.uniform(0, 1, (2, 3, 30))
    amplitude, distribution = sinusoidal_to_harmonic(
        amplitudes, frequencies, f0, 0.2, n_harmonics=8, sample_rate=4000, normalize=normalize
    )
    harmonics = np.zeros((2, 3, 8))
    for k in range(8):
        center = (k + 1) * f0
        weights = np.exp(-(((frequencies - center) / f0 / 0.2) ** 2))
        if normalize:
            weights = weights / np.maximum(weights.sum(-1, keepdims=True), 1)
        harmonics[..., k] = np.where(center[..., 0] < 2000, (weights * amplitudes).sum(-1), 0)
    assert np.allclose(amplitude[..., 0], harmonics.sum(-1), rtol=1e-4)
    assert np.allclose(distribution, harmonics / harmonics.sum(-1, keepdims=True), atol=1e-5)


def test_that_harmonics_become_sinusoids_and_come_back():
    f0, amplitudes, distribution = f0_and_harmonics()
    sin_amps, sin_freqs = harmonic_to_sinusoidal(amplitudes, distribution, f0)
    assert np.allclose(sin_freqs, f0 * np.arange(1, 7), rtol=1e-6)
    assert np.allclose(sin_amps, amplitudes * distribution, rtol=1e-5)
    back, shares = sinusoidal_to_harmonic(sin_amps, sin_freqs, f0, n_harmonics=6)
    assert np.allclose(back, amplitudes, rtol=1e-4)
    assert np.allclose(shares, distribution, atol=1e-5)
    above, _ = harmonic_to_sinusoidal(amplitudes, distribution, f0, sample_rate=2000)
    frequencies = f0 * np.arange(1, 7)
    assert (np.asarray(above)[frequencies >= 1000] == 0).all()
    assert np.allclose(above.numpy().sum(-1, keepdims=True), amplitudes, rtol=1e-5)


def test_that_unlike_numbers_of_sinusoids_are_named():
    with pytest.raises(ConfigError, match=r"amplitudes is 3, but that of frequencies is 4.*n_sinusoids"):
        sinusoidal_to_harmonic(np.ones((1, 2, 3)), np.ones((1, 2, 4)), np.ones((1, 2, 1)))


def test_that_gradients_are_finite_even_for_silence():
    f0, amplitudes = tf.constant([[[0.0], [440.0]]]), tf.zeros([1, 2, 5])
    with tf.GradientTape() as tape:
        tape.watch([f0, amplitudes])
        amplitude, distribution = sinusoidal_to_harmonic(amplitudes, tf.ones([1, 2, 5]), f0, n_harmonics=4)
        audio, phase = streaming_harmonic_synthesis(f0, amplitude, distribution, n_samples=64)
        objective = tf.reduce_sum(audio) + tf.reduce_sum(phase)
    for gradient in tape.gradient(objective, [f0, amplitudes]):
        assert np.isfinite(gradient).all()


def test_that_frequencies_can_be_learned_through_the_bank():
    frequencies = tf.fill([1, 200, 1], 400.0)
    with tf.GradientTape() as tape:
        tape.watch(frequencies)
        audio = oscillator_bank(frequencies, tf.ones_like(frequencies), RATE)
        objective = tf.reduce_sum(audio)
    step = 2 * np.pi / RATE
    slope = step * np.cos(400 * step * np.arange(1, 201))[::-1].cumsum()[::-1]
    assert np.allclose(tape.gradient(objective, frequencies)[0, :, 0], slope, rtol=1e-3, atol=1e-5)
