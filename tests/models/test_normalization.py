import numpy as np
import pytest

from ddsp_backend.errors import ConfigError
from ddsp_backend.models.normalization import ConditionalNorm, ConditionalScaleAndShift, Normalize, normalize_op
from tests.models.checks import assert_a_checkpoint_brings_it_back, assert_every_weight_learns, tensor

GROUPS = {"layer": 1, "instance": 64, "group": 32}


def normalized(x: np.ndarray, n_groups: int) -> np.ndarray:
    """In double precision, one example and group after the other."""
    x = x.astype(np.float64)
    y = np.empty_like(x)
    size = x.shape[-1] // n_groups
    for example in range(len(x)):
        for group in range(n_groups):
            part = x[example, ..., group * size : (group + 1) * size]
            y[example, ..., group * size : (group + 1) * size] = (part - part.mean()) / np.sqrt(part.var() + 1e-5)
    return y


@pytest.mark.parametrize("norm_type", GROUPS)
@pytest.mark.parametrize("shape", [(2, 7, 64), (2, 5, 3, 64)])
def test_that_mean_and_deviation_are_those_of_each_group_over_time(norm_type, shape):
    x = tensor(*shape) * 3.0 + 2.0
    np.testing.assert_allclose(normalize_op(x, norm_type), normalized(x.numpy(), GROUPS[norm_type]), atol=2e-5)


def test_that_none_leaves_everything_as_it_is():
    x = tensor(2, 3, 4)
    np.testing.assert_array_equal(normalize_op(x, None), x)


def test_that_gain_and_offset_are_learned_for_each_channel():
    norm, x = Normalize("layer"), tensor(2, 7, 4)
    norm(x)
    gain, offset = tensor(4, seed=1).numpy(), tensor(4, seed=2).numpy()
    norm.scale.assign(gain[None, None, None])
    norm.shift.assign(offset[None, None, None])
    np.testing.assert_allclose(norm(x), normalized(x.numpy(), 1) * gain + offset, atol=2e-5)


def test_that_a_condition_gives_gain_and_offset_to_every_frame():
    norm, x, z = ConditionalNorm("instance"), tensor(2, 7, 4), tensor(2, 7, 3, seed=1)
    found = norm(x, z)
    dense = norm.conditional_scale_and_shift.dense
    film = z.numpy() @ dense.kernel.numpy() + dense.bias.numpy()
    np.testing.assert_allclose(found, normalized(x.numpy(), 4) * film[..., :4] + film[..., 4:], atol=2e-5)


def test_that_a_condition_may_give_offsets_alone():
    film, x, z = ConditionalScaleAndShift(shift_only=True), tensor(2, 7, 4), tensor(2, 1, 3, seed=1)
    found = film(x, z)
    assert film.dense.n_out == 4
    np.testing.assert_allclose(found, x.numpy() + z.numpy() @ film.dense.kernel.numpy(), atol=1e-5)


@pytest.mark.parametrize("make", [Normalize, ConditionalNorm])
def test_that_its_weights_learn_and_come_back(make, tmp_path):
    inputs = (tensor(2, 7, 4),) if make is Normalize else (tensor(2, 7, 4), tensor(2, 7, 3, seed=1))
    assert_every_weight_learns(make(), *inputs)
    if make is ConditionalNorm:  # the other always starts from ones and zeros
        assert_a_checkpoint_brings_it_back(make, tmp_path, *inputs)


def test_that_channels_which_make_no_groups_are_named():
    with pytest.raises(ConfigError, match="32 groups, which 40 channels cannot be divided into"):
        normalize_op(tensor(2, 3, 40), "group")


@pytest.mark.parametrize("make", [Normalize, ConditionalNorm])
def test_that_a_kind_which_does_not_exist_is_named(make):
    with pytest.raises(ConfigError, match="norm_type='batch' is unknown"):
        make("batch")
