import numpy as np
import pytest

from ddsp_backend.errors import ConfigError
from ddsp_backend.models.resnet import SIZES, NormReluConv, ResidualLayer, ResidualStack, ResNet
from tests.models.checks import assert_a_checkpoint_brings_it_back, assert_every_weight_learns, tensor

X_BTFC = tensor(2, 5, 9, 8)


def test_that_it_is_normalized_then_rectified_then_convolved():
    layer = NormReluConv(3, 3, 2, "layer")
    found = layer(X_BTFC)
    x = X_BTFC.numpy()
    x = (x - x.mean((1, 2, 3), keepdims=True)) / np.sqrt(x.var((1, 2, 3), keepdims=True) + 1e-5)
    np.testing.assert_allclose(found, layer.conv(np.maximum(x, 0)), atol=1e-4)
    assert found.shape == [2, 5, 5, 3]


def test_that_a_layer_adds_to_what_it_is_given():
    layer = ResidualLayer(2, 1, shortcut=False, norm_type="layer")
    layer(X_BTFC)
    last = layer.bottleneck[-1].conv
    last.kernel.assign(np.zeros(last.kernel.shape))
    np.testing.assert_array_equal(layer(X_BTFC), X_BTFC)


def test_that_only_the_first_layer_of_a_block_strides_and_projects():
    stack = ResidualStack((2, 4), (2, 3), (1, 2), "layer")
    assert [layer.conv_proj is not None for layer in stack.layers] == [True, False, True, False, False]
    assert stack(X_BTFC).shape == [2, 5, 5, 16]
    assert stack(X_BTFC).numpy().min() == 0.0


def test_that_frames_stay_and_bins_are_32_times_fewer():
    net = ResNet("small")
    assert net(tensor(1, 3, 229, 1)).shape == [1, 3, 8, 1024]
    n_layers = sum(len(stack.layers) for stack in net.stacks)
    assert n_layers == sum(SIZES["small"][1]) + 3


@pytest.mark.parametrize("conditional", [False, True])
def test_that_its_weights_learn_and_come_back(conditional, tmp_path):
    def make():
        return ResidualStack((2, 3), (2, 1), (1, 2), "layer", conditional, nonlinearity="leaky_relu")

    inputs = (X_BTFC, tensor(2, 1, 1, 3)) if conditional else (X_BTFC,)
    assert_every_weight_learns(make(), *inputs)
    assert_a_checkpoint_brings_it_back(make, tmp_path, *inputs)


def test_that_a_condition_of_frames_reaches_every_layer(monkeypatch):
    monkeypatch.setitem(SIZES, "tiny", (2, (1, 1, 1)))
    net = ResNet("tiny", conditional=True)
    assert_every_weight_learns(net, tensor(1, 3, 40, 1), tensor(1, 3, 4))


def test_that_a_size_which_does_not_exist_is_named():
    with pytest.raises(ConfigError, match=r"ResNet.size='tiny' is unknown"):
        ResNet("tiny")
