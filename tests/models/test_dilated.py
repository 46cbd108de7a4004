import numpy as np
import pytest

from ddsp_backend.errors import ConfigError
from ddsp_backend.models.dilated import DilatedConvStack
from tests.models.checks import assert_a_checkpoint_brings_it_back, assert_every_weight_learns, tensor

SMALL = {"ch": 6, "layers_per_stack": 3, "stacks": 2}


def test_that_dilations_double_and_start_again_with_each_stack():
    assert [layer.dilation for layer in DilatedConvStack(**SMALL).layers] == [1, 2, 4, 1, 2, 4]
    assert [layer.dilation for layer in DilatedConvStack(**SMALL, dilation=-3).layers] == [9, 3, 1, 9, 3, 1]


def test_that_each_layer_adds_what_it_makes_of_the_positive_part():
    stack, x = DilatedConvStack(ch=6, layers_per_stack=1, stacks=1), tensor(2, 9, 3)
    found = stack(x)
    y = stack.conv_in(x).numpy()
    np.testing.assert_allclose(found, y + stack.layers[0](np.maximum(y, 0)).numpy(), atol=1e-5)


def test_that_it_sees_as_far_as_its_dilations_reach_and_no_further():
    stack = DilatedConvStack(**SMALL)
    x = np.zeros([1, 60, 2], np.float32)
    before = stack(x).numpy()
    x[0, 30] = 1.0
    changed = np.flatnonzero(np.abs(stack(x).numpy() - before).max(-1)[0])
    reach = 1 + 2 * (1 + 2 + 4)  # one step of the first layer, then those of both stacks
    assert (changed[0], changed[-1]) == (30 - reach, 30 + reach)


@pytest.mark.parametrize(
    ("settings", "n_steps"),
    [
        ({"resample_type": "upsample", "resample_stride": 2}, 48),
        ({"resample_type": "upsample", "resample_stride": 2, "resample_after_convolve": False}, 48),
        ({"resample_type": "downsample", "resample_stride": 2}, 3),
        ({"resample_type": "downsample", "resample_stride": 3, "stacks_per_resample": 2}, 4),
    ],
)
def test_that_it_resamples_once_for_each_group_of_stacks(settings, n_steps):
    stack = DilatedConvStack(**SMALL, **settings)
    assert stack(tensor(2, 12, 3)).shape == [2, n_steps, 6]
    assert len(stack.resample_layers) == 2 // settings.get("stacks_per_resample", 1)


@pytest.mark.parametrize("z_shape", [(2, 12, 5), (2, 1, 5), (2, 5)])
def test_that_a_condition_changes_what_comes_out(z_shape):
    stack = DilatedConvStack(**SMALL, norm_type="layer", conditional=True)
    x = tensor(2, 12, 3)
    one, other = stack(x, tensor(*z_shape)), stack(x, tensor(*z_shape, seed=1))
    assert one.shape == [2, 12, 6]
    assert np.abs(one - other).max() > 0.01


@pytest.mark.parametrize(
    "settings",
    [
        {"norm_type": "layer"},
        {"norm_type": "instance", "resample_type": "upsample", "resample_stride": 2},
        {"spectral_norm": True, "ortho_init": True, "resample_type": "downsample", "resample_stride": 2},
    ],
)
def test_that_its_weights_learn_and_come_back(settings, tmp_path):
    assert_every_weight_learns(DilatedConvStack(**SMALL, **settings), tensor(2, 12, 3))
    assert_a_checkpoint_brings_it_back(lambda: DilatedConvStack(**SMALL, **settings), tmp_path, tensor(2, 12, 3))


def test_that_conditioned_weights_learn_and_come_back(tmp_path):
    def make():
        return DilatedConvStack(**SMALL, norm_type="layer", conditional=True, shift_only=True)

    assert_every_weight_learns(make(), tensor(2, 12, 3), tensor(2, 12, 5))
    assert_a_checkpoint_brings_it_back(make, tmp_path, tensor(2, 12, 3), tensor(2, 12, 5))


@pytest.mark.parametrize(("conditional", "inputs"), [(True, 1), (False, 2)])
def test_that_a_condition_too_many_or_too_few_is_named(conditional, inputs):
    with pytest.raises(ConfigError, match=f"DilatedConvStack.conditional={conditional}, but it is given"):
        DilatedConvStack(conditional=conditional)(*[tensor(2, 12, 3)] * inputs)


@pytest.mark.parametrize("setting", [{"resample_type": "sideways"}, {"norm_type": "batch"}, {"dilation": 0}])
def test_that_a_setting_which_does_not_exist_is_named(setting):
    with pytest.raises(ConfigError, match=f"DilatedConvStack.{next(iter(setting))}="):
        DilatedConvStack(**setting)
