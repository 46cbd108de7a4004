"""The model of sinusoids, small: 4 frames of 160 samples."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.consistency_losses import (
    FilteredNoiseConsistencyLoss,
    HarmonicConsistencyLoss,
    KDEConsistencyLoss,
)
from ddsp_backend.dsp.losses import SpectralLoss
from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.models.inverse_synthesis import InverseSynthesis
from ddsp_backend.models.resnet import SIZES
from ddsp_backend.models.sequences import RnnSandwich
from ddsp_backend.models.sinusoidal import ResnetSinusoidalEncoder, SinusoidalToHarmonicEncoder
from tests.models.checks import tensor

N_SAMPLES, N_FRAMES, K = 640, 4, 3
RECORDED = {"audio": tensor(2, N_SAMPLES) * 0.1}
INVENTED = {
    "f0_hz": tf.fill([1, N_FRAMES, 1], 300.0),
    "harm_amp": tf.fill([1, N_FRAMES, 1], 0.5),
    "harm_dist": tf.fill([1, N_FRAMES, K], 1 / K),
    "sin_freqs": tf.constant(np.full([1, N_FRAMES, K], [300, 600, 900]), tf.float32),
    "sin_amps": tf.fill([1, N_FRAMES, K], 0.5 / K),
    "noise_magnitudes": tf.fill([1, N_FRAMES, 5], 0.01),
}
AUDIO_LOSSES = {"sin_spectral_loss", "harm_spectral_loss", "kde_consistency_loss"}
CONTROL_LOSSES = {
    "ss_kde_consistency_loss",
    "ss_filtered_noise_consistency_loss",
    "ss_harm_amp_loss",
    "ss_harm_dist_loss",
    "ss_f0_hz_loss",
}


def spectrum(audio_BN):
    n_frames = -(-audio_BN.shape[1] // 160)
    padded = tf.pad(audio_BN, [[0, 0], [0, n_frames * 160 - audio_BN.shape[1]]])
    return tf.reshape(padded, [-1, n_frames, 160])[..., :40]


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(SIZES, "tiny", (1, (1, 1, 1)))


def made(seed=0, **settings):
    tf.random.set_seed(seed)
    splits = (("frequencies", K * 64), ("amplitudes", K), ("noise_magnitudes", 5))
    given = {
        "sinusoidal_encoder": ResnetSinusoidalEncoder(splits, spectrum, "tiny"),
        "harmonic_encoder": SinusoidalToHarmonicEncoder(RnnSandwich(6, 1, 5), n_harmonics=K),
        "losses": [SpectralLoss((256, 64))],
        "sinusoidal_consistency_losses": KDEConsistencyLoss(),
        "harmonic_consistency_losses": HarmonicConsistencyLoss(),
        "filtered_noise_consistency_loss": FilteredNoiseConsistencyLoss(),
        "reverb": False,
        "n_samples": N_SAMPLES,
    }
    model = InverseSynthesis(**given | settings)
    model.build(RECORDED)
    return model


@pytest.mark.parametrize(
    ("features", "names", "is_traced"),
    [
        (RECORDED, AUDIO_LOSSES, False),
        (INVENTED, AUDIO_LOSSES | CONTROL_LOSSES, False),
        ((INVENTED, RECORDED), AUDIO_LOSSES | CONTROL_LOSSES, True),  # the graph of both holds that of each
    ],
    ids=["recorded", "invented", "both"],
)
def test_that_each_kind_of_example_has_its_losses_and_a_finite_gradient(features, names, is_traced):
    model = made()

    def step():
        with tf.GradientTape() as tape:
            losses = model.losses(features, model(features))
        return losses, tape.gradient(losses["total_loss"], model.trainable_variables)

    losses, gradients = (tf.function(step, autograph=False) if is_traced else step)()
    assert set(losses) == names | {"total_loss"}
    total = sum(float(loss) for name, loss in losses.items() if name != "total_loss")
    assert float(losses["total_loss"]) == pytest.approx(total, rel=1e-4)
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        assert gradient is not None, variable.name
        assert np.isfinite(tf.convert_to_tensor(gradient)).all(), variable.name


def test_that_both_kinds_run_as_one_batch_and_come_apart_again():
    model = made()
    outputs = model((INVENTED, RECORDED))
    alone = model(RECORDED)
    np.testing.assert_allclose(outputs["sin_freqs"], alone["sin_freqs"], rtol=1e-4)
    np.testing.assert_allclose(outputs["audio"], RECORDED["audio"])
    np.testing.assert_allclose(outputs["self_supervised"]["audio"], model.generate_synthetic_audio(INVENTED))
    assert outputs["harm_audio"].shape == [2, N_SAMPLES]
    assert outputs["self_supervised"]["harm_audio"].shape == [1, N_SAMPLES]


def test_that_invented_notes_sound_as_their_sinusoids():
    quiet = {**INVENTED, "noise_magnitudes": tf.zeros([1, N_FRAMES, 5])}
    time = np.arange(1, N_SAMPLES + 1) / 16000
    expected = sum(0.5 / K * np.sin(2 * np.pi * hz * time) for hz in (300, 600, 900))
    np.testing.assert_allclose(made().generate_synthetic_audio(quiet)[0], expected, atol=2e-3)


@pytest.mark.parametrize("stop_gradient", [True, False])
def test_that_what_is_wrong_with_the_tone_changes_the_sinusoids_only_if_asked_for(stop_gradient):
    model = made(stop_gradient=stop_gradient)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(RECORDED)["f0_hz"])
    gradients = tape.gradient(loss, model.sinusoidal_encoder.trainable_variables)
    assert all(gradient is None for gradient in gradients) == stop_gradient


def test_that_without_a_harmonic_encoder_the_sinusoids_are_what_is_heard():
    model = made(harmonic_encoder=None)
    outputs = model(RECORDED)
    np.testing.assert_array_equal(model.get_audio_from_outputs(outputs), outputs["sin_audio"])
    assert set(model.losses(RECORDED, outputs)) == {"sin_spectral_loss", "total_loss"}


def test_that_a_room_can_be_learned_and_a_checkpoint_brings_everything_back(tmp_path):
    one, other = (made(seed, reverb=True) for seed in (1, 2))
    assert any("magnitudes" in variable.name for variable in one.trainable_variables)
    path = tf.train.Checkpoint(model=one).write(str(tmp_path / "ckpt"))
    tf.train.Checkpoint(model=other).read(path).assert_consumed().assert_existing_objects_matched()
    np.testing.assert_array_equal(one(RECORDED)["harm_audio"], other(RECORDED)["harm_audio"])


def test_that_what_does_not_fit_is_named():
    with pytest.raises(ConfigError, match="An example has 700 samples, but the model makes 640"):
        given = {"audio": tf.zeros([1, 700])}
        model = made()
        model.losses(given, model(given))
    with pytest.raises(DataError, match="2 data sets of recordings and 0 of invented notes"):
        made()((RECORDED, RECORDED))
    with pytest.raises(ConfigError, match="sinusoidal_encoder is None"):
        InverseSynthesis()
