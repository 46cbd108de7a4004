"""The floor of every distance: controls fitted to a sound directly."""

import numpy as np
import pytest

from ddsp_backend.dsp.oracle import Fitted, fit
from ddsp_backend.dsp.spectral_distance import spectral_distance_db

RATE, HOP, N_SAMPLES = 16000, 320, 16000
N_FRAMES = N_SAMPLES // HOP + 1  # centred ones
TIME_N = np.arange(N_SAMPLES) / RATE
RANDOM = np.random.default_rng(0)
BREATHY = (
    sum(0.1 / k * np.sin(2 * np.pi * k * 220 * TIME_N) for k in range(1, 9)) * np.minimum(1.0, TIME_N / 0.3)
    + 0.01 * RANDOM.standard_normal(N_SAMPLES)
).astype(np.float32)


def fitted(n_steps: int, audio_N: np.ndarray = BREATHY, is_voiced: bool = True) -> Fitted:
    f0_hz_BF = np.full([1, N_FRAMES], 220.0, np.float32)
    return fit(audio_N[None], f0_hz_BF, np.full([1, N_FRAMES], is_voiced), RATE, n_steps=n_steps)


@pytest.fixture(scope="module")
def descended() -> Fitted:
    return fitted(30)


def test_that_descending_comes_nearer_than_the_analysis_alone(descended: Fitted) -> None:
    start, end = (spectral_distance_db(BREATHY, found.audio[0]) for found in (fitted(0), descended))
    assert end < start
    assert end < 5.0  # two draws of one noise are some 6 dB apart, and the harmonics less


def test_that_it_plays_the_harmonics_and_the_noise_that_were_put_in(descended: Fitted) -> None:
    assert descended.audio.shape == (1, N_SAMPLES)
    assert descended.audio == pytest.approx(descended.harmonic + descended.noise)
    harmonic, noise = (np.sum(np.square(part)) for part in (descended.harmonic, descended.noise))
    assert 0.9 < harmonic / (harmonic + noise) < 1.0
    level = 10 * np.log10(np.mean(np.square(descended.audio)) / np.mean(np.square(BREATHY)))
    assert level == pytest.approx(0.0, abs=1.0)


def test_that_the_same_sound_gives_the_same_controls(descended: Fitted) -> None:
    assert (fitted(30).audio == descended.audio).all()


def test_that_where_no_pitch_is_noise_alone_plays() -> None:
    found = fitted(5, is_voiced=False)
    assert (found.harmonic == 0.0).all()
    assert np.sum(np.square(found.noise)) > 0.0


def test_that_silence_stays_silent() -> None:
    assert np.abs(fitted(10, np.zeros(N_SAMPLES, np.float32), is_voiced=False).audio).max() < 1e-3
