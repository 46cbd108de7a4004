"""The models with notes in the middle, small: 20 frames of 64 samples."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.config.parse import parse
from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.models.midi_autoencoder import MidiAutoencoder

N_SAMPLES, N_FRAMES = 1280, 20
SMALL = (
    "F0LoudnessPreprocessor.time_steps = 20",
    "DilatedConvDecoder.ch = 6",
    "DilatedConvDecoder.layers_per_stack = 2",
    *(f"{scope}/DilatedConvStack.ch = 6" for scope in ("dec", "enc", "z")),
    *(f"{scope}/DilatedConvStack.stacks = 1" for scope in ("dec", "enc", "z")),
    *(f"{scope}/DilatedConvStack.layers_per_stack = 2" for scope in ("dec", "enc", "z")),
    "SpectralLoss.fft_sizes = (256, 64)",
    "MfccTimeDistributedRnnEncoder.rnn_channels = 4",
    "FcStackOut.ch = 5",
    "ExpressionEncoder.z_dims = 4",
    "OneHotEncoder.n_dims = 3",
)
NOTES = np.repeat([[0, 60, 60, 62], [55, 0, 57, 57]], 5, axis=1)
RECONSTRUCTIONS = {
    "spectral_loss_synth",
    "f0_reconstruction",
    "amplitude_reconstruction",
    "harmonic_distribution_reconstruction",
    "noise_reconstruction",
}
FILES = {
    "midi": ("models/midiae/midiae.gin",),
    "z": ("models/midiae/z_midiae.gin",),
    "midi, learned": ("models/midiae/midiae.gin", "models/midiae/mixins/midi_encoder.gin"),
    "z, learned": ("models/midiae/z_midiae.gin", "models/midiae/mixins/midi_encoder.gin"),
}
FEATURES = {
    "audio": tf.constant(np.random.default_rng(0).uniform(-0.3, 0.3, [2, N_SAMPLES]), tf.float32),
    "f0_hz": tf.constant(440.0 * 2 ** ((np.where(NOTES > 0, NOTES + 0.3, 40) - 69) / 12), tf.float32)[..., None],
    "loudness_db": tf.fill([2, N_FRAMES, 1], -30.0),
    "note_active_velocities": tf.constant(np.eye(128)[NOTES] * (NOTES > 0)[..., None], tf.float32),
    "instrument_id": tf.constant([3, 7]),
}


def built(kind, *params, seed=0):
    tf.random.set_seed(seed)
    name = "ZMidiAutoencoder" if kind.startswith("z") else "MidiAutoencoder"
    length = (f"{name}.n_samples = {N_SAMPLES}", f"{name}.reverb = False")
    model = parse(FILES[kind], (*SMALL, *length, *params)).model()
    model.build(FEATURES)
    return model


@pytest.mark.parametrize("kind", FILES)
def test_that_every_part_is_learned(kind):
    model = built(kind)

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            losses = model.losses(FEATURES, model(FEATURES))
        return losses, tape.gradient(losses["total_loss"], model.trainable_variables)

    losses, gradients = step()
    assert set(losses) == RECONSTRUCTIONS | {"total_loss"}
    total = sum(float(losses[name]) for name in RECONSTRUCTIONS)
    assert float(losses["total_loss"]) == pytest.approx(total, rel=1e-4)
    silent = []
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        if gradient is None:
            silent.append(variable)
        else:
            assert np.isfinite(tf.convert_to_tensor(gradient)).all(), variable.name
    # Velocities are encoded and thrown away, by the column of a kernel; everything else is learned.
    assert silent == []


@pytest.mark.parametrize("kind", FILES)
def test_that_both_branches_are_heard(kind):
    outputs = built(kind)(FEATURES)
    for key in ("synth_audio", "midi_audio"):
        assert outputs[key].shape == [2, N_SAMPLES]
    for key, size in {"amps": 1, "hd": 60, "noise": 65}.items():
        assert outputs[key].shape == outputs[f"{key}_pred"].shape == [2, N_FRAMES, size]
    assert outputs["pianoroll"].shape == [2, N_FRAMES, 128]
    np.testing.assert_allclose(outputs["harmonic"]["signal"], outputs["synth_params"]["harmonic"]["signal"])


def test_that_the_notes_of_the_data_set_are_what_is_decoded():
    outputs = built("midi")(FEATURES)
    np.testing.assert_array_equal(outputs["q_pitch"][..., 0], NOTES)
    np.testing.assert_array_equal(outputs["pianoroll"], np.eye(128)[NOTES])
    np.testing.assert_array_equal(outputs["f0_loss_weights"][..., 0], NOTES > 0)  # rests are far from any curve
    assert (built("midi", "MidiAutoencoder.mask_f0_loss = False")(FEATURES)["f0_loss_weights"].numpy() == 1).all()


@pytest.mark.parametrize("kind", ["midi", "z"])
def test_that_the_level_comes_out_as_it_was_given(kind):
    """Nothing decodes it; magenta/ddsp calls it so all the same, and gives the data set's power its data set's name."""
    name = "ZMidiAutoencoder" if kind == "z" else "MidiAutoencoder"
    power = (
        f"{name}.preprocessor = @preprocessing.F0PowerPreprocessor()",
        f"F0PowerPreprocessor.time_steps = {N_FRAMES}",
        "DilatedConvDecoder.input_keys = ('pw_scaled', 'f0_scaled')",
    )
    for params, key in (((), "loudness_db"), (power, "power_db")):
        given = {**FEATURES, "power_db": tf.random.uniform([2, N_FRAMES], -60, -20)}
        outputs = built(kind, "F0LoudnessPreprocessor.compute_loudness = False", *params)(given)
        assert {f"{other}_pred" in outputs for other in ("loudness_db", "power_db", "pw_db") if other != key} == {False}
        np.testing.assert_array_equal(outputs[f"{key}_pred"], tf.reshape(given[key], [2, N_FRAMES, 1]))


def test_that_learned_notes_are_whole_and_near_the_curve():
    outputs = built("midi, learned")(FEATURES)
    np.testing.assert_allclose(outputs["q_pitch"], np.round(outputs["z_pitch"]), atol=1e-5)
    assert not outputs["q_vel"].numpy().any()


def test_that_notes_do_not_change_the_inner_branch_unless_asked_for():
    for stops in (True, False):
        model = built("midi, learned", f"MidiAutoencoder.sg_before_midiae = {stops}")
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(FEATURES)["z_pitch"] * tf.random.normal([2, N_FRAMES, 1]))
        gradients = tape.gradient(loss, model.synthcoder.trainable_variables)
        assert all(gradient is None for gradient in gradients) == stops


def test_that_latents_of_notes_are_the_same_for_all_of_a_note():
    model = built("z")
    outputs = model(FEATURES)
    for start in (5, 15):  # of the first example: 60 from frame 5 on, 62 from frame 15 on
        part = outputs["z_notes"][0, start : start + 5].numpy()
        np.testing.assert_allclose(part, np.broadcast_to(part[0], part.shape), atol=1e-5)
    assert not outputs["z_notes"][0, :5].numpy().any()
    assert outputs["z_global"].shape == [2, N_FRAMES, 3 + 128]


def test_that_notes_can_be_played_without_a_recording():
    model = built("midi")
    given = model(FEATURES)
    np.testing.assert_allclose(model.midi_to_audio(given["q_pitch"]), given["midi_audio"], atol=1e-5)


@pytest.mark.parametrize("kind", ["midi", "z, learned"])
def test_that_a_checkpoint_brings_everything_back(kind, tmp_path):
    one, other = (built(kind, seed=seed) for seed in (1, 2))
    path = tf.train.Checkpoint(model=one).write(str(tmp_path / "ckpt"))
    tf.train.Checkpoint(model=other).read(path).assert_consumed().assert_existing_objects_matched()
    np.testing.assert_array_equal(one(FEATURES)["midi_audio"], other(FEATURES)["midi_audio"])


class Distance(tf.Module):
    """A loss of one or two values, as the model calls it."""

    def get_losses_dict(self, value, *others):
        return {self.name: tf.reduce_mean(tf.abs(value - others[0]) if others else value)}


class Slowness(tf.Module):
    def get_losses_dict(self, z_pitch, mask_BF):
        return {self.name: tf.reduce_mean(tf.abs(z_pitch[..., 0]) * mask_BF)}


def test_that_losses_of_pitch_compare_what_they_say():
    model = built("midi, learned")
    model.qpitch_f0rec_loss, model.pitch_f0rec_loss = Distance("rounded"), Distance("unrounded")
    model.pitch_qpitch_loss, model.slowness_loss = Distance("rounding"), Slowness("slowness")
    outputs = model(FEATURES)
    losses = model.losses(FEATURES, outputs)
    z, q, f0 = (outputs[key].numpy() for key in ("z_pitch", "q_pitch", "f0_midi_pred"))
    assert float(losses["rounded"]) == pytest.approx(np.abs(q - f0).mean(), rel=1e-4)
    assert float(losses["unrounded"]) == pytest.approx(np.abs(z - f0).mean(), rel=1e-4)
    assert float(losses["rounding"]) == pytest.approx(np.abs(z - q).mean(), rel=1e-4)
    assert float(losses["slowness"]) == pytest.approx((np.abs(z) * (q > 0)).mean(), rel=1e-4)  # all notes are short


def test_that_what_is_missing_is_named():
    with pytest.raises(ConfigError, match=r"MidiAutoencoder.synthcoder is None"):
        MidiAutoencoder()
    with pytest.raises(DataError, match="MidiAutoencoder needs 'note_active_velocities'"):
        built("midi")({key: value for key, value in FEATURES.items() if key != "note_active_velocities"})
    with pytest.raises(ConfigError, match="z_preconditioning_stack is bound, but nothing encodes a latent"):
        built("z", "ZMidiAutoencoder.z_global_encoders = None", "ZMidiAutoencoder.z_note_encoder = None")
    with pytest.raises(ConfigError, match="midi_decoder is None, so notes cannot be played"):
        built("midi", "MidiAutoencoder.midi_decoder = None").midi_to_audio(tf.zeros([1, 20, 1]))


def test_that_without_a_midi_decoder_the_inner_branch_is_played():
    model = built("midi", "MidiAutoencoder.midi_decoder = None", "MidiAutoencoder.reconstruction_losses = None")
    outputs = model(FEATURES)
    assert "midi_audio" not in outputs
    np.testing.assert_array_equal(model.get_audio_from_outputs(outputs), outputs["synth_audio"])
