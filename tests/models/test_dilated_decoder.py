import numpy as np
import pytest

from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.models.dilated_decoder import DilatedConvDecoder
from ddsp_backend.models.layers import FcStack
from tests.models.checks import assert_a_checkpoint_brings_it_back, assert_every_weight_learns, tensor

SMALL = {"ch": 6, "layers_per_stack": 2, "output_splits": (("amps", 1), ("harmonic_distribution", 4))}
FEATURES = {"ld_scaled": tensor(2, 9, 1), "f0_scaled": tensor(2, 9, 1, seed=1), "z": tensor(2, 9, 3, seed=2)}


@pytest.mark.parametrize("conditioning_keys", ["z", ("z",), None])
def test_that_its_weights_learn_and_come_back(conditioning_keys, tmp_path):
    def make():
        return DilatedConvDecoder(**SMALL, conditioning_keys=conditioning_keys)

    outputs = make()(FEATURES)
    assert {key: tuple(value.shape) for key, value in outputs.items()} == {
        "amps": (2, 9, 1),
        "harmonic_distribution": (2, 9, 4),
    }
    assert_every_weight_learns(make(), FEATURES)
    assert_a_checkpoint_brings_it_back(make, tmp_path, FEATURES)


def test_that_the_condition_goes_through_its_stack():
    decoder = DilatedConvDecoder(**SMALL, precondition_stack=FcStack(7, 1))
    found = decoder(FEATURES)
    assert_every_weight_learns(decoder, FEATURES)
    x = np.concatenate([FEATURES["ld_scaled"], FEATURES["f0_scaled"]], -1)
    y = decoder.dense_out(decoder.dilated_conv_stack(x, decoder.precondition_stack(FEATURES["z"])))
    np.testing.assert_allclose(found["harmonic_distribution"], y[..., 1:], atol=1e-5)


def test_that_it_can_make_more_frames_than_it_is_given():
    decoder = DilatedConvDecoder(**SMALL, conditioning_keys=None, resample_stride=2, stacks=3)
    assert decoder(FEATURES)["amps"].shape == [2, 72, 1]


def test_that_a_stack_for_no_condition_is_refused():
    with pytest.raises(ConfigError, match="precondition_stack is bound, but conditioning_keys names nothing"):
        DilatedConvDecoder(conditioning_keys=None, precondition_stack=FcStack())


def test_that_a_missing_feature_is_named():
    with pytest.raises(DataError, match="DilatedConvDecoder needs 'z'"):
        DilatedConvDecoder(**SMALL)({key: FEATURES[key] for key in ("ld_scaled", "f0_scaled")})
