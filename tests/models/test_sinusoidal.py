import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.errors import ConfigError
from ddsp_backend.models.resnet import SIZES
from ddsp_backend.models.sequences import Identity, RnnSandwich
from ddsp_backend.models.sinusoidal import ResnetSinusoidalEncoder, SinusoidalToHarmonicEncoder
from tests.models.checks import assert_a_checkpoint_brings_it_back, assert_every_weight_learns, tensor

SPLITS = (("frequencies", 6), ("amplitudes", 3), ("noise_magnitudes", 5))
SINUSOIDS = {
    "sin_freqs": tf.exp(tensor(2, 4, 3)) * 400.0,
    "sin_amps": tf.abs(tensor(2, 4, 3, seed=1)),
}


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(SIZES, "tiny", (2, (1, 1, 1)))


def spectrum(audio_BN):
    return tf.reshape(audio_BN, [2, 4, 40])


@pytest.mark.usefixtures("tiny")
def test_that_its_ears_learn_and_come_back(tmp_path):
    def make():
        return ResnetSinusoidalEncoder(SPLITS, spectrum, "tiny")

    features = {"audio": tensor(2, 160)}
    assert {key: value.shape[2] for key, value in make()(features).items()} == dict(SPLITS)
    assert_every_weight_learns(make(), features)
    assert_a_checkpoint_brings_it_back(make, tmp_path, features)


def test_that_its_tone_learns_and_comes_back(tmp_path):
    def make():
        return SinusoidalToHarmonicEncoder(RnnSandwich(6, 1, 5), n_harmonics=7, f0_depth=9)

    assert_every_weight_learns(make(), SINUSOIDS)
    assert_a_checkpoint_brings_it_back(make, tmp_path, SINUSOIDS)


def test_that_a_tone_has_its_harmonics_below_nyquist_alone():
    encoder = SinusoidalToHarmonicEncoder(Identity(), n_harmonics=20, f0_depth=9, sample_rate=4000)
    found = encoder(SINUSOIDS)
    numbers = np.arange(1, 21)
    heard = found["f0_hz"].numpy() * numbers < 2000.0
    assert heard.any()
    assert not heard.all()
    assert (found["harm_dist"].numpy()[~heard] == 0.0).all()
    np.testing.assert_allclose(found["harm_dist"].numpy().sum(-1), 1.0, atol=1e-5)
    f0_hz = found["f0_hz"].numpy()
    assert f0_hz.min() >= 20.0
    assert f0_hz.max() <= 1200.0 * 1.001


def test_that_sinusoids_are_told_by_their_place_between_0_and_nyquist():
    encoder = SinusoidalToHarmonicEncoder(Identity(), n_harmonics=3)
    found = encoder(SINUSOIDS)
    top = 69.0 + 12.0 * np.log2(8000.0 / 440.0)
    unit = (69.0 + 12.0 * np.log2(SINUSOIDS["sin_freqs"].numpy() / 440.0)) / top
    x = np.concatenate([unit, SINUSOIDS["sin_amps"]], -1)
    sigmoid = 1 / (1 + np.exp(-(x @ encoder.amp_out.kernel.numpy())))
    np.testing.assert_allclose(found["harm_amp"], 2.0 * sigmoid ** np.log(10.0) + 1e-7, rtol=1e-3)


def test_that_what_is_missing_is_named():
    with pytest.raises(ConfigError, match=r"SinusoidalToHarmonicEncoder.net is None"):
        SinusoidalToHarmonicEncoder()
