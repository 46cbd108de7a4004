"""A checkpoint that magenta/ddsp 3.7.0 wrote, and what its model answered."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.config.parse import parse
from ddsp_backend.errors import CheckpointError
from ddsp_backend.models.magenta_checkpoints import (
    harmonic_audio_as_there,
    is_magenta_checkpoint,
    restore,
    variable_names,
)

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
    assert is_magenta_checkpoint(PREFIX)
    ours = tf.train.Checkpoint(model=built_model(small=True)).write(str(tmp_path / "ckpt-1"))
    assert not is_magenta_checkpoint(ours)


def test_that_a_missing_variable_is_named():
    model = built_model("RnnFcDecoder.layers_per_stack = 4", small=True)
    with pytest.raises(CheckpointError, match="has no variable model/decoder/input_stacks/0/layer_with_weights-3/"):
        restore(model, PREFIX)


def test_that_a_left_over_variable_is_named_and_the_model_left_as_it_was():
    model = built_model("RnnFcDecoder.layers_per_stack = 2", small=True)
    before = [variable.numpy() for variable in model.trainable_variables]
    with pytest.raises(CheckpointError, match=r"layer_with_weights-2/.*, for which the model has no place"):
        restore(model, PREFIX)
    for variable, value in zip(model.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_that_a_variable_of_another_shape_is_named():
    model = built_model("Reverb.reverb_length = 5000", small=True)
    with pytest.raises(CheckpointError, match=r"processor_group/reverb/ir is \[4000\] .* \[5000\]"):
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
        is_magenta_checkpoint(str(tmp_path / "ckpt-3"))
