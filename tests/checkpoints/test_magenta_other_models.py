"""Checkpoints of magenta/ddsp's models of notes and of sinusoids, small ones."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.checkpoints.magenta_names import _named, is_magenta, variable_names
from ddsp_backend.config.parse import parse
from ddsp_backend.errors import CheckpointError
from ddsp_backend.models.convolutions import Conv1D
from ddsp_backend.models.resnet import SIZES
from ddsp_backend.models.sequences import Rnn, SingleGru
from tests.checkpoints.magenta_variables import (
    Shapes,
    conv_shapes,
    dense_shapes,
    dilated_shapes,
    norm_shapes,
    resnet_shapes,
    restore,
    rnn_shapes,
    stack_shapes,
    under,
    written_there,
)

FRAMES, CH = 20, 6
CONTROLS = 1 + 60 + 65  # amplitude, harmonics and noise bands
NOTES = {
    "audio": tf.zeros([1, 1280]),
    "f0_hz": tf.fill([1, FRAMES, 1], 440.0),
    "note_active_velocities": tf.zeros([1, FRAMES, 128]),
    "instrument_id": tf.constant([3]),
}
LEARNED_NOTES = {
    **under("midi_encoder/net", dilated_shapes(1 + CONTROLS, CH, 2)),
    **under("midi_encoder/norm", norm_shapes(CH)),
    **under("midi_encoder/dense_out", dense_shapes(CH, 2)),
}


def midi_shapes(n_synth: int, n_decoder: int) -> Shapes:
    """Of synthcoder, decoder and room, by the sizes of their conditions."""
    return {
        **under("synthcoder/dilated_conv_stack", dilated_shapes(2, CH, 4, n_synth)),
        **under("synthcoder/dense_out", dense_shapes(CH, CONTROLS)),
        **under("midi_decoder/net", dilated_shapes(1, CH, 2, n_decoder)),
        **under("midi_decoder/norm", norm_shapes(CH)),
        **under("midi_decoder/dense_out", dense_shapes(CH, 1 + CONTROLS)),
        "processor_group/reverb/magnitudes": [500, 32],
    }


def expression_shapes(n_out: int) -> Shapes:
    return {
        **under("net", dilated_shapes(1 + CONTROLS, CH, 2)),
        **under("norm", norm_shapes(CH)),
        **under("dense_out", dense_shapes(CH, n_out)),
    }


Z_SHAPES = {
    **midi_shapes(3 + 128, 256),
    "z_synth_encoders/0/embedding/embeddings": [13, 3],
    **under("z_synth_encoders/1/z_norm", norm_shapes(30)),
    **under("z_synth_encoders/1/rnn", rnn_shapes(30, 4)),
    **under("z_synth_encoders/1/dense_out", dense_shapes(4, 128)),
    "z_global_encoders/0/embedding/embeddings": [13, 3],
    **under("z_global_encoders/1", expression_shapes(128)),
    **under("z_note_encoder", expression_shapes(128)),
    **under("z_preconditioning_stack/stack", stack_shapes(5, 3 + 128 + 128, 5)),
    **under("z_preconditioning_stack/dense_out", dense_shapes(5, 256)),
}
INVERSE_SHAPES = {
    **under("sinusoidal_encoder/resnet", resnet_shapes([[(1, 1), (2, 1), (4, 1)], [(8, 3)]])),
    **under("sinusoidal_encoder/dense_outs/0", dense_shapes(64, 3 * 64)),
    **under("sinusoidal_encoder/dense_outs/1", dense_shapes(64, 3)),
    **under("sinusoidal_encoder/dense_outs/2", dense_shapes(64, 5)),
    **under("harmonic_encoder/net/layer_with_weights-0", stack_shapes(2, 6, CH)),
    **under("harmonic_encoder/net/layer_with_weights-1", rnn_shapes(CH, 5)),
    **under("harmonic_encoder/net/layer_with_weights-2", stack_shapes(2, 5, CH)),
    **under("harmonic_encoder/amp_out", dense_shapes(CH, 1)),
    **under("harmonic_encoder/hd_out", dense_shapes(CH, 3)),
    **under("harmonic_encoder/f0_out", dense_shapes(CH, 64)),
    "reverb/magnitudes": [500, 16],
}
MIDI_PARAMS = (
    f"F0LoudnessPreprocessor.time_steps = {FRAMES}",
    "F0LoudnessPreprocessor.compute_loudness = True",
    f"DilatedConvDecoder.ch = {CH}",
    "DilatedConvDecoder.layers_per_stack = 2",
    *(f"{scope}/DilatedConvStack.ch = {CH}" for scope in ("dec", "enc", "z")),
    *(f"{scope}/DilatedConvStack.stacks = 1" for scope in ("dec", "enc", "z")),
    *(f"{scope}/DilatedConvStack.layers_per_stack = 2" for scope in ("dec", "enc", "z")),
    "MfccTimeDistributedRnnEncoder.rnn_channels = 4",
    "FcStackOut.ch = 5",
    "OneHotEncoder.n_dims = 3",
    "MidiAutoencoder.n_samples = 1280",
    "ZMidiAutoencoder.n_samples = 1280",
)
INVERSE_PARAMS = (
    "InverseSynthesis.n_samples = 1280",
    "InverseSynthesis.reverb = True",
    "ResnetSinusoidalEncoder.size = 'tiny'",
    "ResnetSinusoidalEncoder.output_splits = (('frequencies', 192), ('amplitudes', 3), ('noise_magnitudes', 5))",
    "SinusoidalToHarmonicEncoder.n_harmonics = 3",
    f"RnnSandwich.fc_stack_ch = {CH}",
    "RnnSandwich.rnn_ch = 5",
    "f0_spectral/compute_logmel.bins = 40",
    "f0_spectral/compute_logmel.fft_size = 1024",
)
MODELS = {
    "MidiAutoencoder": (("models/midiae/midiae.gin",), MIDI_PARAMS, midi_shapes(0, 0)),
    "MidiAutoencoder, notes learned": (
        ("models/midiae/midiae.gin", "models/midiae/mixins/midi_encoder.gin"),
        MIDI_PARAMS,
        {**midi_shapes(0, 0), **LEARNED_NOTES},
    ),
    "ZMidiAutoencoder": (("models/midiae/z_midiae.gin",), MIDI_PARAMS, Z_SHAPES),
    "InverseSynthesis": (("papers/icml2020/pretrain_model.gin",), INVERSE_PARAMS, INVERSE_SHAPES),
}


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(SIZES, "tiny", (1, (1, 1, 1)))


def built(name: str):
    files, params, _ = MODELS[name]
    model = parse(files, params).model()
    model.build(NOTES)
    return model


@pytest.mark.parametrize("name", MODELS)
def test_that_its_checkpoint_restores_to_the_last_variable(name, tmp_path):
    prefix = str(tmp_path / "ckpt-5")
    values = written_there(prefix, MODELS[name][2])
    assert is_magenta(Path(prefix))
    model = built(name)
    restore(model, prefix)
    restored = dict(variable_names(model))
    assert set(restored) == set(values)
    for key, value in values.items():
        np.testing.assert_array_equal(restored[key], value, key)
    assert {id(variable) for variable in model.variables} == {id(variable) for variable in restored.values()}


@pytest.mark.parametrize("name", MODELS)
def test_that_one_variable_less_or_more_is_named(name, tmp_path):
    shapes = MODELS[name][2]
    model = built(name)
    for key in (next(iter(shapes)), list(shapes)[-1]):
        written_there(str(tmp_path / "ckpt-1"), {k: shape for k, shape in shapes.items() if k != key})
        with pytest.raises(CheckpointError, match=f"it has no model/{key}"):
            restore(model, str(tmp_path / "ckpt-1"))
    written_there(str(tmp_path / "ckpt-2"), {**shapes, "midi_decoder/more/kernel": [2, 2]})
    with pytest.raises(CheckpointError, match="this one has no model/midi_decoder/more/kernel"):
        restore(model, str(tmp_path / "ckpt-2"))


@pytest.mark.parametrize(
    ("layer", "x", "expected"),
    [
        (
            SingleGru(4),
            tf.zeros([1, 2, 3]),
            {
                **{f"layer_with_weights-0/{key[4:]}": shape for key, shape in rnn_shapes(3, 4).items()},
                "layer_with_weights-1/gamma": [4],
                "layer_with_weights-1/beta": [4],
            },
        ),
        (
            Rnn(4, "gru", bidir=True),
            tf.zeros([1, 2, 3]),
            {
                key.replace("rnn/", f"rnn/{direction}/"): shape
                for direction in ("forward_layer", "backward_layer")
                for key, shape in rnn_shapes(3, 4).items()
            },
        ),
        (
            Conv1D(4, 3, spectral_norm=True),
            tf.zeros([1, 2, 3]),
            {"w": [3, 1, 3, 4], "layer/bias": [4], "sn_u": [1, 4]},
        ),
        (Conv1D(4, 3), tf.zeros([1, 2, 3]), conv_shapes([3, 1], 3, 4)),
    ],
    ids=["SingleGru", "both ways", "spectral norm", "convolution"],
)
def test_that_a_layer_has_its_names_and_shapes_there(layer, x, expected):
    layer(x)
    assert {name: list(variable.shape) for name, variable in _named(layer)} == expected
