"""A model that learns from an analysis of the recording first, and from its audio later. F = frames."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.config.parse import parse
from ddsp_backend.errors import ConfigError
from ddsp_backend.models.features import with_noise_seed
from ddsp_backend.models.loss_schedule import LossSchedule
from ddsp_backend.training.trainer import Trainer

N_SAMPLES, N_FRAMES = 6400, 21
SMALL = (
    "RnnFcDecoder.rnn_channels = 16",
    "RnnFcDecoder.ch = 16",
    "RnnFcDecoder.output_splits = (('amps', 1), ('harmonic_distribution', 12), ('noise_magnitudes', 9))",
    "n_samples = 6720",
    "FilteredNoiseReverb.reverb_length = 400",
    "FilteredNoiseReverb.n_frames = 5",
    "FilteredNoiseReverb.n_filter_banks = 4",
    "SpectralLoss.fft_sizes = (256, 64)",
)


def config(*params: str):
    return parse(["models/vst/vst.gin", "presets/analysis_first.gin"], [*SMALL, *params])


def notes(n: int = 4, seed: int = 0) -> dict[str, tf.Tensor]:
    """Low notes of five harmonics, over breath at -60 dB."""
    random = np.random.default_rng(seed)
    f0_hz_B1, time_N = random.uniform(60, 120, [n, 1]), np.arange(N_SAMPLES) / 16000
    audio_BN = sum(0.1 / k * np.sin(2 * np.pi * k * f0_hz_B1 * time_N) for k in range(1, 6))
    audio_BN = audio_BN + 1e-3 * random.standard_normal([n, N_SAMPLES])
    return {
        "audio": tf.constant(audio_BN, tf.float32),
        "f0_hz": tf.constant(np.repeat(f0_hz_B1, N_FRAMES, 1), tf.float32),
        "f0_confidence": tf.ones([n, N_FRAMES]),
    }


@pytest.fixture(scope="module")
def model():
    tf.random.set_seed(0)
    model = config().model()
    model.build(notes())
    return model


def losses_and_gradient(model, step: int):
    features = with_noise_seed(notes(), tf.constant([0, step]))
    with tf.GradientTape() as tape:
        losses = model.losses(features, model(features))
    gradient = tape.gradient(losses["total_loss"], model.trainable_variables, unconnected_gradients="zero")
    return losses, dict(zip([variable.name for variable in model.trainable_variables], gradient, strict=True))


def test_that_all_losses_are_told_and_added_at_every_step(model):
    for step in (0, 40, 400):
        losses, _ = losses_and_gradient(model, step)
        assert set(losses) == {"spectral_loss", "analysis_loss", "total_loss"}
        assert float(losses["total_loss"]) == pytest.approx(float(losses["spectral_loss"] + losses["analysis_loss"]))


def test_that_the_room_which_only_audio_knows_is_not_learned_at_first(model):
    (room,) = {name for name in losses_and_gradient(model, 0)[1] if "magnitudes" in name}
    assert not np.any(losses_and_gradient(model, 39)[1][room])
    assert np.any(losses_and_gradient(model, 40)[1][room])


def test_that_audio_comes_in_step_by_step():
    schedule = LossSchedule(steps_without_audio=2, steps_of_rise=3)
    weights = [float(schedule.audio_weight(tf.constant(step))) for step in range(8)]
    assert weights == pytest.approx([0, 0, 0.25, 0.5, 0.75, 1, 1, 1])


def test_that_without_a_rise_audio_is_there_at_once():
    schedule = LossSchedule(steps_without_audio=0, steps_of_rise=0)
    assert float(schedule.audio_weight(tf.constant(0))) == 1.0


def test_that_steps_below_zero_are_refused():
    with pytest.raises(ConfigError, match="steps_of_rise=-1"):
        LossSchedule(steps_of_rise=-1)


def test_that_a_model_without_it_is_what_it_was():
    model = parse(["models/vst/vst.gin"], SMALL).model()
    model.build(notes())
    losses, _ = losses_and_gradient(model, 0)
    assert set(losses) == {"spectral_loss", "total_loss"}


@pytest.mark.parametrize("seed", [0, 1])
def test_that_harmonics_of_low_notes_are_there_after_forty_steps(seed):
    """Told by the level of the first five, which the recordings have at 0.1, 0.05, 0.033, ..."""
    made = config("learning_rate = 3e-3")
    tf.random.set_seed(seed)
    trainer = Trainer(made.model(), tf.distribute.get_strategy(), made.trainer(), seed)
    trainer.build(notes())
    for step in range(60):
        trainer.train_step(notes(seed=step))
    controls = trainer.model(with_noise_seed(notes(seed=1000), tf.constant([0, 0])))["harmonic"]["controls"]
    harmonics_FK = (controls["amplitudes"] * controls["harmonic_distribution"]).numpy()[:, 4:-4].mean((0, 1))
    error_db = 20 * np.log10(harmonics_FK[:5] / (0.1 / np.arange(1, 6)))
    assert np.abs(error_db).max() < 4.0
