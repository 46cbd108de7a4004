"""Hidden Markov models against every path counted one by one."""

import itertools

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from ddsp_backend.dsp.hidden_markov import log_likelihood, most_likely_path
from ddsp_backend.dsp.hmm_transcriber import HmmTranscriber
from ddsp_backend.errors import ConfigError

RANDOM = np.random.default_rng(0)
N_FRAMES, N_STATES = 5, 3
PATHS = list(itertools.product(range(N_STATES), repeat=N_FRAMES))


def of_every_path(log_emissions_FS, steps_SS):
    frames = np.arange(N_FRAMES)
    return np.array(
        [
            -np.log(N_STATES) + log_emissions_FS[frames, path].sum() + np.log(steps_SS)[path[:-1], path[1:]].sum()
            for path in map(list, PATHS)
        ]
    )


def test_that_likelihood_and_best_path_are_those_of_all_paths():
    emissions = RANDOM.normal(0, 2, (3, N_FRAMES, N_STATES))
    steps = RANDOM.dirichlet(np.ones(N_STATES), N_STATES)
    likelihood = log_likelihood(tf.constant(emissions, tf.float32), tf.constant(steps, tf.float32))
    path = most_likely_path(tf.constant(emissions, tf.float32), tf.math.log(tf.constant(steps, tf.float32)))
    for b in range(3):
        every = of_every_path(emissions[b], steps)
        assert float(likelihood[b]) == pytest.approx(scipy.special.logsumexp(every), rel=1e-4)
        assert tuple(path[b].numpy()) == PATHS[every.argmax()]


def test_that_pitch_and_amplitude_come_from_notes_or_rests():
    transcriber = HmmTranscriber(avg_length=4, n_timesteps=N_FRAMES, n_pitches=N_STATES, weight=2.0)
    pitch, amps = RANDOM.uniform(0, 3, (2, N_FRAMES, 1)), RANDOM.uniform(0, 2, (2, N_FRAMES, 1))
    emissions = scipy.stats.norm.logpdf(pitch, [1.5, 1, 2], [3, 0.5, 0.5])
    emissions += scipy.stats.norm.logpdf(amps, [0, 1.5, 1.5], [0.1, 0.5, 0.5])
    steps = np.full((3, 3), 0.25 / 2) + np.eye(3) * (0.75 - 0.25 / 2)
    expected = [-2 * scipy.special.logsumexp(of_every_path(each, steps)) / N_FRAMES for each in emissions]
    assert np.allclose(transcriber.nll(pitch, amps, per_example_loss=True), expected, rtol=1e-4)
    assert float(transcriber(pitch, amps)) == pytest.approx(np.mean(expected), rel=1e-4)
    notes = transcriber.predict_midi(pitch, amps, channel_dim=False, dtype=tf.int32)
    assert [tuple(each) for each in notes.numpy()] == [PATHS[of_every_path(e, steps).argmax()] for e in emissions]


def test_that_a_melody_with_a_rest_is_written_down():
    pitch = np.r_[np.full(20, 60.2), np.full(10, 40.0), np.full(20, 63.7)] + RANDOM.normal(0, 0.1, 50)
    amps = np.r_[np.full(20, 1.2), np.full(10, 0.02), np.full(20, 1.4)]
    notes = HmmTranscriber(n_timesteps=50).predict_midi(pitch[None, :, None], amps[None, :, None])
    assert notes.shape == (1, 50, 1)
    assert notes.numpy()[0, :, 0].tolist() == [60] * 20 + [0] * 10 + [64] * 20


def test_that_gradients_are_finite_and_pass_straight_through():
    transcriber = HmmTranscriber(n_timesteps=30)
    pitch, amps = tf.constant(RANDOM.uniform(0, 127, (2, 30, 1)), tf.float32), tf.zeros([2, 30, 1])
    with tf.GradientTape() as tape:
        tape.watch([pitch, amps])
        loss = transcriber.get_losses_dict(pitch, amps)["hmm_transcriber"]
        quantized = transcriber.straight_through(pitch, tf.round(pitch))
        loss += tf.reduce_sum(quantized)
    gradients = tape.gradient(loss, [pitch, amps])
    assert np.allclose(quantized, np.round(pitch), atol=1e-4)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    assert np.abs(gradients[1]).max() > 0


def test_that_what_cannot_be_notes_is_refused():
    with pytest.raises(ConfigError, match=r"n_timesteps is 30, but that of the amplitudes is 29"):
        HmmTranscriber(n_timesteps=30)(np.zeros((1, 30, 1)), np.zeros((1, 29, 1)))
    with pytest.raises(ConfigError, match="avg_length=1 leaves no time"):
        HmmTranscriber(avg_length=1)
    with pytest.raises(ConfigError, match="n_pitches=1"):
        HmmTranscriber(n_pitches=1)
