"""A loss that knows of each control whether it is too loud or too quiet. B = batch, F = frames, K = harmonics."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.analysis_loss import AnalysisLoss
from ddsp_backend.dsp.core import exp_sigmoid
from ddsp_backend.dsp.synths import FilteredNoise, Harmonic

SAMPLE_RATE, HOP, N_FRAMES, K, M = 16000, 320, 51, 20, 17
N_SAMPLES = (N_FRAMES - 1) * HOP


def raw(db: float) -> float:
    """What a decoder says for an amplitude, below the ceiling of 2."""
    share = (10 ** (db / 20) / 2) ** (1 / np.log(10))
    return float(np.log(share / (1 - share)))


def outputs(amplitude: tf.Tensor, distribution: tf.Tensor, magnitudes: tf.Tensor, f0_hz: float = 200.0) -> dict:
    """As a model gives them, of a decoder that says the same in every frame."""
    frames = [1, N_FRAMES]
    f0_hz_BF1 = tf.fill([*frames, 1], f0_hz)
    raw_BF1, raw_BFK, raw_BFM = (
        tf.broadcast_to(x, [*frames, n]) for x, n in ((amplitude, 1), (distribution, K), (magnitudes, M))
    )
    return {
        "harmonic": {"controls": Harmonic(N_SAMPLES + HOP).get_controls(raw_BF1, raw_BFK, f0_hz_BF1)},
        "filtered_noise": {"controls": FilteredNoise(N_SAMPLES + HOP).get_controls(raw_BFM)},
    }


def note(db_K: np.ndarray, f0_hz: float = 200.0, confidence: float = 1.0) -> dict:
    """A recording of harmonics so loud."""
    time_N = np.arange(N_SAMPLES) / SAMPLE_RATE
    order_K1 = np.arange(1, len(db_K) + 1)[:, None]
    audio_N = np.sum(10 ** (db_K[:, None] / 20) * np.sin(2 * np.pi * f0_hz * order_K1 * time_N), 0)
    return {
        "audio": tf.constant(audio_N[None], tf.float32),
        "f0_confidence": tf.fill([1, N_FRAMES], confidence),
        "noise_seed": tf.constant([0, 0]),
    }


DB_K = -20.0 - 1.5 * np.arange(K)
LEVEL_DB = 20 * np.log10(np.sum(10 ** (DB_K / 20)))
RIGHT_K = tf.constant([raw(db + 20.0) for db in DB_K], tf.float32)
QUIET = tf.fill([M], -20.0)


def loss_of(features: dict, level_db: float, distribution: tf.Tensor = RIGHT_K, noise: tf.Tensor = QUIET) -> float:
    return float(AnalysisLoss(noise_weight=0.0)(features, outputs(tf.constant(raw(level_db)), distribution, noise)))


def test_that_controls_that_are_right_have_next_to_no_loss():
    assert loss_of(note(DB_K), LEVEL_DB) < 0.1


@pytest.mark.parametrize("off_db", [-20.0, -6.0, 6.0])
def test_that_a_wrong_level_costs_its_nepers_twice(off_db):
    """Once in the sum, once in every harmonic."""
    nepers = abs(off_db) / 20 * np.log(10)
    assert loss_of(note(DB_K), LEVEL_DB + off_db) == pytest.approx(2 * nepers, abs=0.3)


@pytest.mark.parametrize("level_db", [-110.0, -80.0, -60.0, -5.0])
def test_that_it_pulls_towards_the_recording_from_wherever_it_is(level_db):
    """A loss of audio has no gradient left where harmonics have fallen silent."""
    amplitude = tf.Variable(raw(level_db))
    with tf.GradientTape() as tape:
        loss = AnalysisLoss()(note(DB_K), outputs(amplitude, RIGHT_K, QUIET))
    slope = float(tape.gradient(loss, amplitude))
    assert np.sign(slope) == np.sign(level_db - LEVEL_DB)
    assert abs(slope) > 0.05


def test_that_its_gradient_is_that_of_its_value():
    raw_K = tf.constant(np.random.default_rng(0).uniform(-1, 1, K), tf.float32)
    direction_K = tf.constant(np.random.default_rng(1).choice([-1.0, 1.0], K), tf.float32)
    loss, features = AnalysisLoss(), note(DB_K)

    def value(distribution_K: tf.Tensor) -> tf.Tensor:
        return loss(features, outputs(tf.constant(0.0), distribution_K, QUIET))

    with tf.GradientTape() as tape:
        tape.watch(raw_K)
        here = value(raw_K)
    slope = float(tf.reduce_sum(tape.gradient(here, raw_K) * direction_K))
    step = 1e-2
    measured = float(value(raw_K + step * direction_K) - value(raw_K - step * direction_K)) / (2 * step)
    assert slope == pytest.approx(measured, rel=0.02, abs=1e-3)


def test_that_without_a_pitch_harmonics_are_to_be_silent():
    unvoiced = note(DB_K, confidence=0.0)
    assert loss_of(unvoiced, -100.0) < 0.8
    assert loss_of(unvoiced, -20.0) > 5.0


def test_that_a_frame_whose_pitch_is_doubtful_says_nothing_of_harmonics():
    assert loss_of(note(DB_K, confidence=0.5), -100.0) == 0.0


def test_that_noise_is_asked_for_as_it_is_in_the_recording():
    random_N = np.random.default_rng(0).uniform(-1, 1, N_SAMPLES) * 0.01  # -40 dB of what the synthesizer filters
    features = {**note(DB_K, confidence=0.0), "audio": tf.constant(random_N[None], tf.float32)}
    silent = tf.constant(raw(-100.0))
    losses = [
        float(AnalysisLoss(noise_weight=1.0)(features, outputs(silent, RIGHT_K, tf.fill([M], raw(db) + 5.0))))
        for db in (-60.0, -40.0, -20.0)
    ]
    assert np.argmin(losses) == 1
    assert losses[1] < min(losses[0], losses[2]) - 1.5


def test_that_another_step_looks_at_other_frames():
    features = note(DB_K)
    half_silent_N = features["audio"] * tf.cast(tf.range(N_SAMPLES) % (4 * HOP) < 2 * HOP, tf.float32)
    given = outputs(tf.constant(raw(LEVEL_DB)), RIGHT_K, QUIET)
    values = {
        float(AnalysisLoss()({**features, "audio": half_silent_N, "noise_seed": tf.constant([0, step])}, given))
        for step in range(4)
    }
    assert len(values) == 4


def test_that_twice_the_weight_is_twice_the_loss():
    features, given = note(DB_K), outputs(tf.constant(0.0), RIGHT_K, QUIET)
    assert float(AnalysisLoss(weight=2.0)(features, given)) == pytest.approx(2 * float(AnalysisLoss()(features, given)))


def test_that_pitch_itself_is_not_learned_from_it():
    f0_hz_BF1 = tf.Variable(tf.fill([1, N_FRAMES, 1], 200.0))
    controls = Harmonic(N_SAMPLES + HOP).get_controls(
        tf.zeros([1, N_FRAMES, 1]), tf.zeros([1, N_FRAMES, K]), tf.zeros([1, N_FRAMES, 1])
    )
    given = {**outputs(tf.constant(0.0), RIGHT_K, QUIET)}
    given["harmonic"] = {"controls": {**controls, "f0_hz": f0_hz_BF1}}
    with tf.GradientTape() as tape:
        loss = AnalysisLoss()(note(DB_K), given)
    assert tape.gradient(loss, f0_hz_BF1) is None
    assert float(exp_sigmoid(0.0)) > 0
