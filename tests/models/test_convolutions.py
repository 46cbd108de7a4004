import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import correlate, correlate2d

from ddsp_backend.errors import ConfigError
from ddsp_backend.models.convolutions import Conv1D, Conv1DTranspose, Conv2D, PolyphaseResample, max_pool
from tests.models.checks import assert_a_checkpoint_brings_it_back, assert_every_weight_learns, tensor


def padded(n_steps: int, span: int, stride: int) -> tuple[int, int]:
    """Zeros before and after, for ceil(n_steps / stride) results: the smaller half before."""
    n_zeros = max((-(-n_steps // stride) - 1) * stride + span - n_steps, 0)
    return n_zeros // 2, n_zeros - n_zeros // 2


@pytest.mark.parametrize(("kernel_size", "stride", "dilation"), [(3, 1, 1), (3, 1, 4), (5, 1, 2), (2, 2, 1), (4, 3, 1)])
def test_that_it_is_the_correlation_with_every_kernel(kernel_size, stride, dilation):
    conv, x = Conv1D(4, kernel_size, stride, dilation), tensor(2, 17, 3)
    found = conv(x)
    conv.bias.assign([1.0, 2.0, 3.0, 4.0])
    spread = np.zeros([(kernel_size - 1) * dilation + 1, 3, 4])
    spread[::dilation] = conv.kernel.numpy()[:, 0]
    signal = np.pad(x.numpy().astype(np.float64), [(0, 0), padded(17, len(spread), stride), (0, 0)])
    expected = np.array(
        [
            [sum(correlate(example[:, c], spread[:, c, k], "valid") for c in range(3))[::stride] for k in range(4)]
            for example in signal
        ]
    ).transpose(0, 2, 1)
    np.testing.assert_allclose(conv(x), expected + np.arange(1, 5), atol=1e-5)
    assert found.shape == [2, -(-17 // stride), 4]


def test_that_an_unknown_length_gives_the_same():
    conv, x = Conv1D(4, 3, dilation=2), tensor(2, 17, 3)
    expected = conv(x)
    traced = tf.function(conv, input_signature=[tf.TensorSpec([None, None, 3])], autograph=False)
    np.testing.assert_allclose(traced(x), expected, atol=1e-6)


def test_that_the_transpose_is_the_adjoint_of_the_convolution():
    """<conv(x), y> = <x, transpose(y)>, with one kernel and no bias."""
    conv, transpose = Conv1D(4, 6, stride=3), Conv1DTranspose(5, 6, stride=3)
    x, y = tensor(2, 12, 5), tensor(2, 4, 4, seed=1)
    conv(x)
    transpose(y)
    transpose.kernel.assign(conv.kernel)
    assert transpose(y).shape == [2, 12, 5]
    assert float(tf.reduce_sum(conv(x) * y)) == pytest.approx(float(tf.reduce_sum(x * transpose(y))), rel=1e-4)


@pytest.mark.parametrize("stride", [1, 2])
def test_that_it_is_the_correlation_in_two_dimensions(stride):
    conv, x = Conv2D(3, (3, 3), stride), tensor(1, 6, 9, 2)
    found = conv(x)
    rows, columns = padded(6, 3, 1), padded(9, 3, stride)
    signal, kernel = np.pad(x.numpy()[0], [rows, columns, (0, 0)]), conv.kernel.numpy()
    expected = [
        sum(correlate2d(signal[..., c], kernel[..., c, k], "valid") for c in range(2))[:, ::stride] for k in range(3)
    ]
    np.testing.assert_allclose(found[0], np.moveaxis(expected, 0, -1), atol=1e-5)


def test_that_the_largest_of_neighbouring_bins_is_kept():
    x = tensor(2, 3, 7, 2)
    around = np.pad(x, [(0, 0), (0, 0), (1, 1), (0, 0)], constant_values=-np.inf)
    expected = np.stack([around[:, :, i : i + 3].max(2) for i in (0, 2, 4, 6)], 2)
    np.testing.assert_array_equal(max_pool(x, 3, 2), expected)


def test_that_spectral_norm_makes_the_largest_singular_value_one():
    conv = Conv1D(8, 3, spectral_norm=True)
    conv(tensor(2, 9, 4))
    applied = conv.weights().numpy().reshape(-1, 8)
    assert np.linalg.svd(applied, compute_uv=False)[0] == pytest.approx(1.0, rel=0.05)
    learned = conv.kernel.numpy().reshape(-1, 8)
    np.testing.assert_allclose(applied / applied[0, 0], learned / learned[0, 0], rtol=1e-4)


@pytest.mark.parametrize(("n_in", "n_out"), [(2, 9), (9, 2)])
def test_that_kernels_can_start_orthonormal(n_in, n_out):
    conv = Conv1D(n_out, 3, ortho_init=True)
    conv(tensor(1, 5, n_in))
    kernel = conv.kernel.numpy().reshape(-1, n_out)
    gram = kernel @ kernel.T if len(kernel) <= n_out else kernel.T @ kernel
    np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-5)


def test_that_kernels_start_within_glorots_limit():
    conv = Conv2D(30, (3, 3))
    conv(tensor(1, 4, 4, 20))
    assert np.abs(conv.kernel.numpy()).max() == pytest.approx(np.sqrt(6 / (9 * 50)), rel=0.02)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: Conv1D(4, 3, dilation=5), (2, 9, 3)),
        (lambda: Conv1D(4, 3, spectral_norm=True), (2, 9, 3)),
        (lambda: Conv1DTranspose(4, 4, 2), (2, 9, 3)),
        (lambda: Conv2D(4, (3, 3), 2), (2, 5, 7, 3)),
    ],
)
def test_that_its_weights_learn_and_come_back(make, shape, tmp_path):
    assert_every_weight_learns(make(), tensor(*shape))
    assert_a_checkpoint_brings_it_back(make, tmp_path, tensor(*shape))


def test_that_neighbouring_steps_become_channels_and_come_back():
    x = tensor(2, 6, 4)
    down = PolyphaseResample(3)(x)
    assert down.shape == [2, 2, 12]
    np.testing.assert_array_equal(down[0, 1], x.numpy()[0, 3:].ravel())
    np.testing.assert_array_equal(PolyphaseResample(3, "up")(down), x)


@pytest.mark.parametrize(
    ("resample_type", "trim_or_pad", "shape"),
    [("down", "pad", (2, 3, 8)), ("down", "trim", (2, 2, 8)), ("up", "pad", (2, 10, 2)), ("up", "trim", (2, 10, 2))],
)
def test_that_what_is_no_multiple_is_padded_or_trimmed(resample_type, trim_or_pad, shape):
    assert PolyphaseResample(2, resample_type, trim_or_pad)(tensor(2, 5, 4)).shape == shape


def test_that_a_resampling_which_does_not_exist_is_named():
    with pytest.raises(ConfigError, match=r"PolyphaseResample.resample_type='sideways' is unknown"):
        PolyphaseResample(2, "sideways")
