import numpy as np
import pytest

from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.models.dilated import DilatedConvStack
from ddsp_backend.models.midi_coders import HarmonicToMidiEncoder, MidiDecoder, MidiEncoder, MidiToHarmonicDecoder
from ddsp_backend.models.sequences import Identity
from tests.models.checks import assert_a_checkpoint_brings_it_back, assert_every_weight_learns, tensor

SPLITS = (("f0_midi", 1), ("amplitudes", 1), ("harmonic_distribution", 4), ("magnitudes", 5))
CURVES = {
    "f0_midi": tensor(2, 9, 1) + 60.0,
    "loudness": tensor(2, 9, 1, seed=1),
    "amps": tensor(2, 9, 1, seed=2),
    "hd": tensor(2, 9, 4, seed=3),
    "noise": tensor(2, 9, 5, seed=4),
}
NOTES = {"z_pitch": tensor(2, 9, 1) + 60.0, "z": tensor(2, 9, 3, seed=5)}


def net(conditional=False):
    return DilatedConvStack(6, 2, 1, norm_type="layer", conditional=conditional)


def normalized(x):
    return (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + 1e-5)


CODERS = {
    "MidiEncoder": (lambda: MidiEncoder(net()), CURVES, {"z_pitch": 1, "z_vel": 1}),
    "HarmonicToMidiEncoder": (lambda: HarmonicToMidiEncoder(net()), CURVES, {"z_pitch": 1, "z_vel": 1}),
    "MidiDecoder": (lambda: MidiDecoder(net(True)), NOTES, {"f0_midi": 1, "loudness": 1}),
    "MidiToHarmonicDecoder": (
        lambda: MidiToHarmonicDecoder(net(True), output_splits=SPLITS),
        NOTES,
        {**dict(SPLITS), "f0_hz": 1},
    ),
}


@pytest.mark.parametrize("name", CODERS)
def test_that_its_weights_learn_and_come_back(name, tmp_path):
    make, features, sizes = CODERS[name]
    outputs = make()(features)
    assert {key: tuple(value.shape) for key, value in outputs.items()} == {k: (2, 9, n) for k, n in sizes.items()}
    assert_every_weight_learns(make(), features)
    assert_a_checkpoint_brings_it_back(make, tmp_path, features)


@pytest.mark.parametrize("f0_residual", [True, False])
def test_that_an_encoder_bends_the_pitch_that_it_is_given(f0_residual):
    encoder = MidiEncoder(Identity(), f0_residual)
    found = encoder(CURVES)
    inputs = np.concatenate([CURVES["f0_midi"], CURVES["loudness"]], -1)
    y = normalized(inputs) @ encoder.dense_out.kernel.numpy()
    np.testing.assert_allclose(found["z_pitch"], y[..., :1] + f0_residual * CURVES["f0_midi"].numpy(), atol=1e-3)
    np.testing.assert_allclose(found["z_vel"], y[..., 1:], atol=1e-3)


def test_that_a_decoder_without_norm_is_its_output_layer_alone():
    decoder = MidiDecoder(Identity(), norm=False)
    found = decoder({"z_pitch": NOTES["z_pitch"]})
    y = NOTES["z_pitch"].numpy() @ decoder.dense_out.kernel.numpy()
    np.testing.assert_allclose(found["f0_midi"], y[..., :1] + NOTES["z_pitch"].numpy(), rtol=1e-5)
    np.testing.assert_allclose(found["loudness"], y[..., 1:] * 30.0 - 70.0, rtol=1e-4)


@pytest.mark.parametrize(("midi_zero_silence", "hz"), [(True, 0.0), (False, 8.1758)])
def test_that_note_zero_is_a_rest(midi_zero_silence, hz):
    decoder = MidiToHarmonicDecoder(Identity(), norm=False, output_splits=SPLITS, midi_zero_silence=midi_zero_silence)
    decoder({"z_pitch": NOTES["z_pitch"]})
    decoder.dense_out.kernel.assign(np.zeros([1, 11]))
    found = decoder({"z_pitch": np.array([[[0.0], [69.0]]], np.float32)})
    np.testing.assert_allclose(found["f0_hz"], [[[hz], [440.0]]], rtol=1e-4)


def test_that_a_condition_which_the_network_does_not_take_is_named():
    with pytest.raises(ConfigError, match=r"MidiDecoder.net takes no condition, but there is one: z"):
        MidiDecoder(net())(NOTES)


def test_that_what_is_missing_is_named():
    with pytest.raises(ConfigError, match=r"MidiEncoder.net is None"):
        MidiEncoder()
    with pytest.raises(ConfigError, match=r"MidiToHarmonicDecoder.output_splits lacks"):
        MidiToHarmonicDecoder(net(), output_splits=SPLITS[1:])
    with pytest.raises(DataError, match="HarmonicToMidiEncoder needs 'noise'"):
        HarmonicToMidiEncoder(net())({key: CURVES[key] for key in ("f0_midi", "amps", "hd")})
