"""The whole model, small: 4 frames a 64 samples are enough for every rule."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.config.parse import parse
from ddsp_backend.errors import ConfigError

SMALL = (
    "RnnFcDecoder.rnn_channels = 6",
    "RnnFcDecoder.ch = 5",
    "RnnFcDecoder.layers_per_stack = 1",
    "RnnFcDecoder.output_splits = (('amps', 1), ('harmonic_distribution', 7), ('noise_magnitudes', 9))",
    "SpectralLoss.fft_sizes = (256, 64)",
)
SOLO = (*SMALL, "F0LoudnessPreprocessor.time_steps = 20", "Reverb.reverb_length = 100")
SOLO_LENGTH = ("Harmonic.n_samples = 1280", "FilteredNoise.n_samples = 1280")
VST = (
    *SMALL,
    "n_samples = 6720",
    "FilteredNoiseReverb.reverb_length = 400",
    "FilteredNoiseReverb.n_frames = 5",
    "FilteredNoiseReverb.n_filter_banks = 4",
)
MODELS = {
    "models/solo_instrument.gin": ((*SOLO, *SOLO_LENGTH), 1280, 20),
    "models/vst/vst.gin": (VST, 6400, 21),
}


def small_model(file: str, *params: str):
    return parse([file], [*MODELS[file][0], *params]).model()


def features(n_samples: int, n_frames: int, n_batch: int = 2) -> dict[str, tf.Tensor]:
    random = np.random.default_rng(0)
    return {
        "audio": tf.constant(random.uniform(-0.3, 0.3, [n_batch, n_samples]), tf.float32),
        "f0_hz": tf.constant(random.uniform(100, 400, [n_batch, n_frames]), tf.float32),
    }


def built(file: str, seed: int = 0):
    tf.random.set_seed(seed)
    model = small_model(file)
    model.build(features(*MODELS[file][1:]))
    return model


@pytest.mark.parametrize("file", MODELS)
def test_that_every_weight_gets_a_gradient(file):
    model = built(file)
    given = features(*MODELS[file][1:])

    @tf.function(autograph=False)
    def gradient():
        with tf.GradientTape() as tape:
            losses = model.losses(given, model(given))
        return losses, tape.gradient(losses["total_loss"], model.trainable_variables)

    losses, found = gradient()
    assert float(losses["total_loss"]) == pytest.approx(float(losses["spectral_loss"]))
    for variable, value in zip(model.trainable_variables, found, strict=True):
        assert value is not None, variable.name
        assert np.isfinite(value).all(), variable.name
        assert np.any(value), variable.name


@pytest.mark.parametrize("file", MODELS)
def test_that_the_outputs_hold_every_step_of_the_way(file):
    _, n_samples, n_frames = MODELS[file]
    outputs = built(file)(features(n_samples, n_frames))
    assert outputs["audio_synth"].shape == [2, n_samples]
    assert outputs["amps"].shape == [2, n_frames, 1]
    assert outputs["harmonic"]["controls"]["harmonic_distribution"].shape == [2, n_frames, 7]
    assert outputs["filtered_noise"]["controls"]["magnitudes"].shape == [2, n_frames, 9]
    assert outputs["reverb"]["controls"]["ir"].shape[0] == 1


def test_that_building_makes_every_variable():
    model = built("models/solo_instrument.gin")
    names = [variable.name for variable in model.trainable_variables]
    model(features(1280, 20))
    assert [variable.name for variable in model.trainable_variables] == names


def test_that_the_same_seed_gives_the_same_weights():
    one, same, other = (built("models/vst/vst.gin", seed) for seed in (5, 5, 6))
    for a, b in zip(one.trainable_variables, same.trainable_variables, strict=True):
        np.testing.assert_array_equal(a, b)
    kernels = [model.decoder.dense_out.kernel.numpy() for model in (one, other)]
    assert not np.array_equal(*kernels)


def test_that_the_noise_is_decided_by_its_seed():
    model = built("models/vst/vst.gin")
    given = features(6400, 21)
    one, same, other = (
        model({**given, "noise_seed": tf.constant(seed)})["audio_synth"] for seed in ([1, 2], [1, 2], [1, 3])
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_that_encode_leaves_its_argument_as_it_is():
    given = features(1280, 20)
    built("models/solo_instrument.gin").encode(given)
    assert set(given) == {"audio", "f0_hz"}


def test_that_other_lengths_are_played_with_n_frames():
    solo = built("models/solo_instrument.gin")
    assert solo.samples_per_frame == 64
    given = {"f0_hz": tf.fill([1, 50], 220.0), "loudness_db": tf.fill([1, 50], -20.0)}
    assert solo(given, n_frames=50)["audio_synth"].shape == [1, 3200]

    vst = built("models/vst/vst.gin")
    assert vst.samples_per_frame == 320
    given = {"f0_hz": tf.fill([1, 51], 220.0), "power_db": tf.fill([1, 51], -20.0)}
    assert vst(given, n_frames=51)["audio_synth"].shape == [1, 16000]  # and the frame of centring is cropped


def test_that_a_longer_note_begins_as_a_shorter_one_does():
    model = built("models/vst/vst.gin")
    controls = [
        model({"f0_hz": tf.fill([1, n], 220.0), "power_db": tf.fill([1, n], -20.0)}, n_frames=n)["amps"]
        for n in (21, 60)
    ]
    np.testing.assert_allclose(controls[0], controls[1][:, :21], atol=1e-6)


def test_that_a_target_of_another_length_is_named_with_both_settings():
    model = built("models/solo_instrument.gin")
    given = features(1920, 30)
    with pytest.raises(ConfigError) as caught:
        model.losses(given, model(given))
    assert "An example has 1920 samples, but the model makes 1280" in caught.value.title
    assert "TFRecordProvider.example_secs" in caught.value.hint
    assert "Harmonic.n_samples" in caught.value.hint


def test_that_samples_which_are_no_multiple_of_the_frames_are_named_with_both_settings():
    model = small_model("models/solo_instrument.gin", "Harmonic.n_samples = 1290")
    with pytest.raises(ConfigError, match=r"Harmonic.n_samples=1290 is no multiple of .*time_steps=20"):
        _ = model.samples_per_frame


@pytest.mark.parametrize("part", ["decoder", "processor_group"])
def test_that_a_model_without_a_voice_is_refused(part):
    with pytest.raises(ConfigError, match=f"Autoencoder.{part} is None"):
        small_model("models/solo_instrument.gin", f"Autoencoder.{part} = None")


def test_that_a_checkpoint_brings_everything_back(tmp_path):
    one, other = built("models/vst/vst.gin", 1), built("models/vst/vst.gin", 2)
    path = tf.train.Checkpoint(model=one).write(str(tmp_path / "ckpt"))
    tf.train.Checkpoint(model=other).read(path).assert_consumed().assert_existing_objects_matched()
    given = features(6400, 21)
    np.testing.assert_array_equal(one(given)["audio_synth"], other(given)["audio_synth"])
