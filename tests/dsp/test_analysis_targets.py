"""Controls that are known, played, and found again in the audio. B = 1, F = frames, K = harmonics, M = noise bands."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.analysis_targets import Targets, analysis_targets
from ddsp_backend.dsp.filters import frequency_filter
from ddsp_backend.dsp.harmonic import harmonic_synthesis
from ddsp_backend.dsp.noise import uniform_noise

SAMPLE_RATE, HOP, N_FRAMES, K, M = 16000, 320, 101, 40, 33
N_SAMPLES = N_FRAMES * HOP
INSIDE = slice(8, -8)  # frames whose whole window is within the audio


def pitch(f0_hz: float, vibrato_cents: float = 0.0) -> np.ndarray:
    """[1, F], with five and a half waves a second."""
    seconds_F = np.arange(N_FRAMES) * HOP / SAMPLE_RATE
    octaves_F = vibrato_cents / 1200 * np.sin(2 * np.pi * 5.5 * seconds_F)
    return (f0_hz * 2**octaves_F).astype(np.float32)[None]


def harmonics(f0_hz_BF: np.ndarray) -> np.ndarray:
    """Amplitudes [1, F, K] that fall by some 8 dB an octave and sum to 0.2, below half the sample rate."""
    order_K = np.arange(1, K + 1)
    falling_K = np.where(order_K * f0_hz_BF.max() < SAMPLE_RATE / 2 - 100, order_K**-1.3, 0.0)
    return np.broadcast_to(0.2 * falling_K / falling_K.sum(), (1, N_FRAMES, K)).astype(np.float32)


def played(f0_hz_BF: np.ndarray, harmonics_BFK: np.ndarray) -> tf.Tensor:
    amplitudes_BF1 = harmonics_BFK.sum(-1, keepdims=True)
    return harmonic_synthesis(
        f0_hz_BF[..., None], amplitudes_BF1, harmonics_BFK / amplitudes_BF1, N_SAMPLES, SAMPLE_RATE, "linear"
    )


def noise(db_M: np.ndarray) -> tf.Tensor:
    gains_BFM = np.broadcast_to(10 ** (db_M / 20), (1, N_FRAMES, M)).astype(np.float32)
    return frequency_filter(uniform_noise(1, N_SAMPLES, (3, 4)), gains_BFM)


def found(audio_BN: tf.Tensor, f0_hz_BF: np.ndarray, is_voiced: bool = True) -> Targets:
    is_voiced_BF = tf.fill(f0_hz_BF.shape, is_voiced)
    return analysis_targets(audio_BN, tf.constant(f0_hz_BF), is_voiced_BF, HOP, SAMPLE_RATE, K, M)


def decibels(amplitude: tf.Tensor) -> np.ndarray:
    return 20 * np.log10(np.maximum(np.asarray(amplitude)[0, INSIDE], 1e-6))


@pytest.mark.parametrize("vibrato_cents", [0, 30])
@pytest.mark.parametrize("f0_hz", [46, 65, 110, 220, 440, 1046, 2093])
def test_that_the_loud_harmonics_are_found_within_a_decibel(f0_hz, vibrato_cents):
    f0_hz_BF = pitch(f0_hz, vibrato_cents)
    asked_BFK = harmonics(f0_hz_BF)
    targets = found(played(f0_hz_BF, asked_BFK) + noise(np.linspace(-55, -75, M)), f0_hz_BF)
    is_loud_K = asked_BFK[0, 0] > 0.03 * asked_BFK.max()
    error_FK = decibels(targets.harmonics)[:, is_loud_K] - decibels(asked_BFK)[:, is_loud_K]
    assert np.abs(np.median(error_FK, 0)).max() < 1.0
    level_db = 20 * np.log10(np.median(np.asarray(targets.harmonics)[0, INSIDE].sum(-1)) / 0.2)
    assert abs(level_db) < 0.7


@pytest.mark.parametrize("f0_hz", [65, 110, 220, 440, 1046])
def test_that_noise_is_found_between_harmonics(f0_hz):
    f0_hz_BF = pitch(f0_hz)
    asked_db_M = np.linspace(-50, -70, M)
    targets = found(played(f0_hz_BF, harmonics(f0_hz_BF)) + noise(asked_db_M), f0_hz_BF)
    error_M = np.median(decibels(targets.noise), 0) - asked_db_M
    assert abs(np.mean(error_M[2:-2])) < 1.5
    assert np.abs(error_M[3:-2]).max() < 4.0


def test_that_without_a_pitch_all_is_noise():
    asked_db_M = np.linspace(-20, -50, M)
    targets = found(noise(asked_db_M), pitch(300.0), is_voiced=False)
    assert not np.any(targets.harmonics)
    error_M = np.median(decibels(targets.noise), 0) - asked_db_M
    assert np.abs(error_M[1:-1]).max() < 1.5


def test_that_noise_is_no_harmonic():
    targets = found(noise(np.full(M, -30.0)), pitch(200.0))
    per_harmonic_K = np.mean(np.asarray(targets.harmonics)[0, INSIDE], 0)
    assert 20 * np.log10(per_harmonic_K.max()) < -30.0


def test_that_silence_is_silent():
    targets = found(tf.zeros([1, N_SAMPLES]), pitch(200.0))
    assert not np.any(targets.harmonics)
    assert not np.any(targets.noise)


def test_that_harmonics_above_half_the_sample_rate_are_none():
    f0_hz_BF = pitch(1000.0)
    targets = found(played(f0_hz_BF, harmonics(f0_hz_BF)), f0_hz_BF)
    assert not np.any(np.asarray(targets.harmonics)[..., 8:])


def test_that_frames_may_begin_anywhere():
    f0_hz_BF = pitch(200.0)
    audio_BN = played(f0_hz_BF, harmonics(f0_hz_BF))
    whole = found(audio_BN, f0_hz_BF)
    looked_at = slice(2, None, 4)
    some = analysis_targets(
        audio_BN,
        tf.constant(f0_hz_BF[:, looked_at]),
        tf.fill(f0_hz_BF[:, looked_at].shape, True),
        4 * HOP,
        SAMPLE_RATE,
        K,
        M,
        first=tf.constant(2 * HOP),
    )
    np.testing.assert_allclose(some.harmonics, whole.harmonics[:, looked_at], atol=1e-6)
    np.testing.assert_allclose(some.noise, whole.noise[:, looked_at], atol=1e-6)


def test_that_an_attack_is_found_where_it_is():
    f0_hz_BF = pitch(440.0)
    asked_BFK = harmonics(f0_hz_BF) * (np.arange(N_FRAMES) >= 50)[None, :, None].astype(np.float32)
    audio_BN = played(f0_hz_BF, harmonics(f0_hz_BF)) * tf.cast(tf.range(N_SAMPLES) >= 50 * HOP, tf.float32)
    level_F = np.asarray(found(audio_BN, f0_hz_BF).harmonics)[0].sum(-1)
    assert level_F[:49].max() < 1e-4
    assert level_F[51:-2].min() > 0.7 * asked_BFK[0, 60].sum()
