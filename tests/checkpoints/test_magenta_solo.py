"""A checkpoint that magenta/ddsp 3.7.0 wrote, and what its model answered."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.checkpoints.magenta_names import is_magenta, variable_names
from ddsp_backend.config.parse import parse
from ddsp_backend.errors import CheckpointError
from ddsp_backend.inference.drifting_harmonics import harmonic_audio_as_there
from tests.checkpoints.magenta_variables import decoder_shapes, restore, rnn_shapes, under, written_there

FOLDER = Path(__file__).parent.parent / "golden" / "magenta_checkpoint_solo"
PREFIX = str(FOLDER / "ckpt-3")
SMALL = {"F0LoudnessPreprocessor.time_steps": 10, "Harmonic.n_samples": 640, "FilteredNoise.n_samples": 640}


def built_model(*params: str, small: bool = False):
    """The checkpoint's model. Its length changes no weight, so a small one serves where audio does not matter."""
    settings = [f"{name} = {value}" for name, value in SMALL.items()] if small else []
    model = parse((), (*settings, *params), operative_config=FOLDER / "operative_config-0.gin").model()
    n_samples, n_frames = (640, 10) if small else (64000, 1000)
    model.build({"audio": tf.zeros([1, n_samples]), "f0_hz": tf.fill([1, n_frames], 440.0)})
    return model


@pytest.fixture(scope="module")
def expected():
    return dict(np.load(FOLDER / "expected.npz"))


@pytest.fixture(scope="module")
def model():
    built = built_model()
    restore(built, PREFIX)
    return built


@pytest.fixture(scope="module")
def outputs(model, expected):
    return model({key: tf.constant(expected[key]) for key in ("audio", "f0_hz", "loudness_db")})


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("amps", lambda outputs: outputs["amps"]),
        ("harmonic_distribution", lambda outputs: outputs["harmonic_distribution"][:, ::10]),
        ("noise_magnitudes", lambda outputs: outputs["noise_magnitudes"][:, ::10]),
        ("amplitudes", lambda outputs: outputs["harmonic"]["controls"]["amplitudes"]),
        (
            "harmonic_distribution_scaled",
            lambda outputs: outputs["harmonic"]["controls"]["harmonic_distribution"][:, ::10],
        ),
        ("ir", lambda outputs: outputs["reverb"]["controls"]["ir"]),
    ],
)
def test_that_its_model_answers_what_it_answered_there(name, taken, outputs, expected):
    assert_close(taken(outputs), expected[name], 1e-3)


def test_that_its_harmonics_sound_as_they_did_there(model, outputs, expected):
    audio_BN = harmonic_audio_as_there(model.processor_group.harmonic, outputs["harmonic"]["controls"])
    assert_close(audio_BN[:, ::4], expected["harmonic_audio"], 1e-3)


def test_that_our_own_harmonics_differ_by_the_drift_of_single_precision_alone(outputs, expected):
    """A quarter of a second: later the drift there is more than a part in a hundred."""
    assert_close(outputs["harmonic"]["signal"][:, :4000:4], expected["harmonic_audio"][:, :1000], 1e-2)


def assert_close(found, array, part):
    np.testing.assert_allclose(found, array, rtol=0, atol=part * np.abs(array).max())


def test_that_it_is_told_from_our_own(tmp_path):
    assert is_magenta(FOLDER / "ckpt-3")
    ours = tf.train.Checkpoint(model=built_model(small=True)).write(str(tmp_path / "ckpt-1"))
    assert not is_magenta(Path(ours))


def test_that_a_missing_variable_is_named():
    model = built_model("RnnFcDecoder.layers_per_stack = 4", small=True)
    with pytest.raises(CheckpointError, match="it has no model/decoder/input_stacks/0/layer_with_weights-3/"):
        restore(model, PREFIX)


def test_that_a_left_over_variable_is_named_and_the_model_left_as_it_was():
    model = built_model("RnnFcDecoder.layers_per_stack = 2", small=True)
    before = [variable.numpy() for variable in model.trainable_variables]
    with pytest.raises(CheckpointError, match=r"this one has no model/decoder/.*/layer_with_weights-2/"):
        restore(model, PREFIX)
    for variable, value in zip(model.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_that_other_harmonics_than_the_checkpoints_are_said_with_the_setting():
    splits = "(('amps', 1), ('harmonic_distribution', 41), ('noise_magnitudes', 65))"
    model = built_model(f"RnnFcDecoder.output_splits = {splits}", small=True)
    n_there = built_model(small=True).decoder.dense_out.n_out
    with pytest.raises(CheckpointError, match=rf"dense_out/kernel has \d+ x {n_there} = .* \d+ x 107 = ") as caught:
        restore(model, PREFIX)
    assert "decided by output_splits of the decoder: for the checkpoint, in the operative config" in caught.value.hint


def test_that_a_variable_of_another_shape_is_named():
    model = built_model("Reverb.reverb_length = 5000", small=True)
    with pytest.raises(CheckpointError, match="processor_group/reverb/ir has 4000 values there and 5000 in this one"):
        restore(model, PREFIX)


@pytest.mark.parametrize("model_file", ["models/solo_instrument.gin", "models/vst/vst.gin"])
def test_that_every_variable_of_a_model_has_a_name_there(model_file):
    model = parse([model_file], ["RnnFcDecoder.rnn_channels = 8", "RnnFcDecoder.ch = 8"]).model()
    n_frames = 1000 if "solo" in model_file else 201
    model.build({"audio": tf.zeros([1, 64000]), "f0_hz": tf.fill([1, n_frames], 440.0)})
    named = {id(variable) for _, variable in variable_names(model)}
    assert named == {id(variable) for variable in model.trainable_variables}


def test_that_a_damaged_checkpoint_is_named(tmp_path):
    for suffix in ("index", "data-00000-of-00001"):
        shutil.copy(f"{PREFIX}.{suffix}", tmp_path)
    with (tmp_path / "ckpt-3.index").open("r+b") as file:
        file.truncate(3000)
    with pytest.raises(CheckpointError, match="There is no whole checkpoint at"):
        is_magenta(tmp_path / "ckpt-3")


AE_SHAPES = {
    "encoder/z_norm/scale": [1, 1, 1, 30],
    "encoder/z_norm/shift": [1, 1, 1, 30],
    **under("encoder/rnn", rnn_shapes(30, 6)),
    "encoder/dense_out/kernel": [6, 16],
    "encoder/dense_out/bias": [16],
    **decoder_shapes([1, 1, 16], 3, 5, 8, 166),
}
VST_SHAPES = {
    **decoder_shapes([1, 1], 1, 5, 8, 126),
    "processor_group/reverb/magnitudes": [500, 32],
}
OTHERS = {
    "models/ae.gin": (
        AE_SHAPES,
        (
            "MfccTimeDistributedRnnEncoder.rnn_channels = 6",
            *(f"{name} = {value}" for name, value in SMALL.items()),
        ),
        {"audio": tf.zeros([1, 640]), "f0_hz": tf.fill([1, 10], 440.0)},
    ),
    "models/vst/vst.gin": (
        VST_SHAPES,
        ("n_samples = 6720",),
        {"audio": tf.zeros([1, 6400]), "f0_hz": tf.fill([1, 21], 440.0)},
    ),
}


@pytest.mark.parametrize("file", OTHERS)
def test_that_checkpoints_of_the_other_models_restore(file, tmp_path):
    shapes, params, features = OTHERS[file]
    prefix = str(tmp_path / "ckpt-5")
    values = written_there(prefix, shapes)
    assert is_magenta(Path(prefix))
    model = parse([file], ["RnnFcDecoder.rnn_channels = 8", "RnnFcDecoder.ch = 5", *params]).model()
    model.build(features)
    restore(model, prefix)
    restored = dict(variable_names(model))
    assert set(restored) == set(values)
    for name, value in values.items():
        np.testing.assert_array_equal(restored[name], value)
    assert np.isfinite(model(features)["audio_synth"]).all()


def test_that_a_variable_of_the_encoder_that_is_missing_is_named(tmp_path):
    _, params, features = OTHERS["models/ae.gin"]
    prefix = str(tmp_path / "ckpt-5")
    written_there(prefix, {name: shape for name, shape in AE_SHAPES.items() if name != "encoder/z_norm/scale"})
    model = parse(["models/ae.gin"], ["RnnFcDecoder.rnn_channels = 8", "RnnFcDecoder.ch = 5", *params]).model()
    model.build(features)
    with pytest.raises(CheckpointError, match="it has no model/encoder/z_norm/scale"):
        restore(model, prefix)


@pytest.mark.parametrize(
    ("encoder", "names"),
    [
        ("MfccRnnEncoder", {"norm_in/scale", "norm_in/shift", "rnn/rnn/cell/bias", "dense_z/kernel"}),
        ("AggregateFeaturesEncoder", {"fc/kernel", "fc/bias"}),
        ("OneHotEncoder", {"embedding/embeddings"}),
    ],
)
def test_that_the_other_encoders_have_their_names_there(encoder, names):
    features = {"audio": tf.zeros([1, 640]), "f0_hz": tf.fill([1, 10], 440.0), "instrument": tf.constant([0])}
    params = (*OTHERS["models/ae.gin"][1], "RnnFcDecoder.rnn_channels = 8", "RnnFcDecoder.ch = 5")
    model = parse(
        ["models/ae.gin"],
        [*params, f"Autoencoder.encoder = @encoders.{encoder}()", "OneHotEncoder.skip_expand = False"],
    ).model()
    model.build(features)
    named = dict(variable_names(model))
    assert {f"encoder/{name}" for name in names} <= set(named)
    assert {id(variable) for variable in named.values()} == {id(variable) for variable in model.trainable_variables}


def test_that_dilated_convolutions_have_their_names_there():
    params = (
        *OTHERS["models/ae.gin"][1],
        "Autoencoder.encoder = None",
        "Autoencoder.decoder = @decoders.DilatedConvDecoder()",
        "DilatedConvDecoder.ch = 4",
        "DilatedConvDecoder.layers_per_stack = 2",
        "DilatedConvDecoder.conditioning_keys = ('f0_scaled',)",
        "DilatedConvDecoder.precondition_stack = @nn.FcStackOut()",
        "FcStackOut.ch = 3",
        "FcStackOut.layers = 1",
        "FcStackOut.n_out = 2",
    )
    model = parse(["models/ae.gin"], params).model()
    model.build(OTHERS["models/ae.gin"][2])
    named = dict(variable_names(model))
    assert {
        "decoder/precondition_stack/stack/layer_with_weights-0/layer_with_weights-0/kernel",
        "decoder/precondition_stack/dense_out/bias",
        "decoder/dilated_conv_stack/conv_in/kernel",
        "decoder/dilated_conv_stack/layers/3/layer_with_weights-0/kernel",
        "decoder/dilated_conv_stack/norms/3/conditional_scale_and_shift/dense/kernel",
        "decoder/dense_out/kernel",
    } <= set(named)
    assert {id(variable) for variable in named.values()} == {id(variable) for variable in model.trainable_variables}
