"""Convolutions over time and over spectrograms. B = batch, T = time steps, F = frequency bins, C = channels.

Each is one matrix product over shifted copies of the signal: fast for the short kernels here, and with a gradient on
every device, however dilated it is. TensorFlow's own convolutions have none on a CPU for dilated kernels; and for small
strided ones (TensorFlow 2.21 with oneDNN) theirs writes beyond its memory.
"""

import tensorflow as tf

from ddsp_backend.errors import ConfigError
from ddsp_backend.models.layers import Layer, orthogonal, product

_POWER_ITERATIONS = 20


class Convolution(Layer):
    """Base of the convolutions: a kernel [height, width, C, n_out] as Keras has it, and a bias.

    Args:
      n_out: Channels of the result.
      kernel_size: Steps in time, and bins.
      ortho_init: Start with orthonormal rows or columns instead of Glorot's uniform numbers.
      spectral_norm: Divide the kernel by its largest singular value. The power iteration that estimates it starts from
        the same vector each time, so a step leaves nothing behind. Source: Miyato et al., arXiv:1802.05957.
    """

    is_transposed = False

    def __init__(
        self,
        n_out: int,
        kernel_size: tuple[int, int],
        ortho_init: bool = False,
        spectral_norm: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.n_out = n_out
        self.kernel_size = kernel_size
        self.ortho_init = ortho_init
        self.spectral_norm = spectral_norm

    def create(self, n_in: int) -> None:
        shape = [*self.kernel_size, *((self.n_out, n_in) if self.is_transposed else (n_in, self.n_out))]
        self.kernel = tf.Variable(_orthogonal(shape) if self.ortho_init else _glorot_uniform(shape), name="kernel")
        self.bias = tf.Variable(tf.zeros([self.n_out]), name="bias")
        if self.spectral_norm:
            self.start = tf.Variable(tf.random.normal([1, shape[-1]]), trainable=False, name="start")

    def weights(self) -> tf.Tensor:
        """The kernel that is applied."""
        kernel = tf.convert_to_tensor(self.kernel)
        if not self.spectral_norm:
            return kernel
        matrix = tf.reshape(kernel, [-1, kernel.shape[-1]])
        right = tf.transpose(self.start)
        for _ in range(_POWER_ITERATIONS):
            left = tf.math.l2_normalize(tf.matmul(matrix, right))
            right = tf.math.l2_normalize(tf.matmul(matrix, left, transpose_a=True))
        left, right = tf.stop_gradient(left), tf.stop_gradient(right)
        return kernel / tf.matmul(left, tf.matmul(matrix, right), transpose_a=True)


class Conv1D(Convolution):
    """Convolution over time, zeros beyond both ends: x_BTC to [B, T / stride rounded up, n_out].

    Args:
      stride: Steps from one result to the next.
      dilation: Steps from one number of the kernel to the next.
    """

    def __init__(
        self,
        n_out: int,
        kernel_size: int,
        stride: int = 1,
        dilation: int = 1,
        ortho_init: bool = False,
        spectral_norm: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(n_out, (kernel_size, 1), ortho_init, spectral_norm, name)
        self.stride = stride
        self.dilation = dilation

    def __call__(self, x_BTC: tf.Tensor) -> tf.Tensor:
        self.size(x_BTC)
        n_taps, n_steps = self.kernel_size[0], x_BTC.shape[1]
        if n_steps is None:
            n_steps = tf.shape(x_BTC)[1]
        n_results = -(-n_steps // self.stride)
        span = (n_results - 1) * self.stride + 1
        n_zeros = (n_taps - 1) * self.dilation + span - n_steps
        n_zeros = tf.maximum(n_zeros, 0) if tf.is_tensor(n_zeros) else max(n_zeros, 0)
        padded = tf.pad(x_BTC, [[0, 0], [n_zeros // 2, n_zeros - n_zeros // 2], [0, 0]])
        shifted = [padded[:, tap * self.dilation : tap * self.dilation + span : self.stride] for tap in range(n_taps)]
        kernel = tf.reshape(self.weights(), [n_taps * x_BTC.shape[-1], self.n_out])
        return product(tf.concat(shifted, -1), kernel) + self.bias


class Conv1DTranspose(Convolution):
    """The transpose of a strided convolution over time: x_BTC to [B, T * stride, n_out].

    Args:
      stride: Steps of the result for each of the signal.
    """

    is_transposed = True

    def __init__(
        self,
        n_out: int,
        kernel_size: int,
        stride: int = 1,
        ortho_init: bool = False,
        spectral_norm: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(n_out, (kernel_size, 1), ortho_init, spectral_norm, name)
        self.stride = stride

    def __call__(self, x_BTC: tf.Tensor) -> tf.Tensor:
        self.size(x_BTC)
        n_taps, n_steps = self.kernel_size[0], x_BTC.shape[1]
        kernel = tf.transpose(self.weights()[:, 0], [2, 1, 0])
        pieces_BOTK = tf.einsum("btc,cok->botk", x_BTC, kernel)
        y_BON = tf.signal.overlap_and_add(pieces_BOTK, self.stride)
        start = (n_taps - self.stride) // 2
        length = (tf.shape(x_BTC)[1] if n_steps is None else n_steps) * self.stride
        return tf.transpose(y_BON[..., start : start + length], [0, 2, 1]) + self.bias


class Conv2D(Convolution):
    """Convolution over time and frequency, zeros beyond the edges: x_BTFC to [B, T, F / stride rounded up, n_out].

    Args:
      stride: Bins from one result to the next. In time it is always one step.
    """

    def __init__(self, n_out: int, kernel_size: tuple[int, int], stride: int = 1, name: str | None = None) -> None:
        super().__init__(n_out, kernel_size, name=name)
        self.stride = stride

    def __call__(self, x_BTFC: tf.Tensor) -> tf.Tensor:
        self.size(x_BTFC)
        height, width = self.kernel_size
        n_steps = tf.shape(x_BTFC)[1] if x_BTFC.shape[1] is None else x_BTFC.shape[1]
        padded, span = _padded_bins(x_BTFC, width, self.stride, 0.0)
        padded = tf.pad(padded, [[0, 0], [(height - 1) // 2, height // 2], [0, 0], [0, 0]])
        shifted = [padded[:, i : i + n_steps, j : j + span : self.stride] for i in range(height) for j in range(width)]
        kernel = tf.reshape(self.weights(), [height * width * x_BTFC.shape[-1], self.n_out])
        return product(tf.concat(shifted, -1), kernel) + self.bias


def max_pool(x_BTFC: tf.Tensor, size: int, stride: int) -> tf.Tensor:
    """The largest of `size` neighbouring bins, at every `stride`-th one: [B, T, F / stride rounded up, C]."""
    padded, span = _padded_bins(x_BTFC, size, stride, x_BTFC.dtype.min)
    largest = padded[:, :, :span:stride]
    for j in range(1, size):
        largest = tf.maximum(largest, padded[:, :, j : j + span : stride])
    return largest


def _padded_bins(x_BTFC: tf.Tensor, width: int, stride: int, value: float) -> tuple[tf.Tensor, int]:
    """With the bins that all windows need, the smaller half before; and how far the first bins of these reach."""
    n_bins = x_BTFC.shape[2]
    span = (-(-n_bins // stride) - 1) * stride + 1
    n_more = max(width - 1 + span - n_bins, 0)
    zeros = [[0, 0], [0, 0], [n_more // 2, n_more - n_more // 2], [0, 0]]
    return tf.pad(x_BTFC, zeros, constant_values=value), span


class PolyphaseResample(tf.Module):
    """Trades time steps against channels: neighbouring steps become channels of one, or the other way round.

    Args:
      stride: Number of steps that become one, or come from one; a larger number changes the rate more.
      resample_type: Direction: "down" turns [B, T, C] into [B, T / stride, C stride], "up" into [B, T stride, C /
        stride].
      trim_or_pad: What is done to steps (or channels) that are no multiple of `stride`: "trim" or "pad" with zeros.
    """

    def __init__(
        self, stride: int = 2, resample_type: str = "down", trim_or_pad: str = "pad", name: str | None = None
    ) -> None:
        super().__init__(name=name)
        for parameter, value, choices in (
            ("resample_type", resample_type, ("down", "up")),
            ("trim_or_pad", trim_or_pad, ("trim", "pad")),
        ):
            if value not in choices:
                raise ConfigError(
                    f"PolyphaseResample.{parameter}={value!r} is unknown", f"Use {choices[0]!r} or {choices[1]!r}."
                )
        self.stride = stride
        self.axis = 1 if resample_type == "down" else 2
        self.is_trimmed = trim_or_pad == "trim"

    def __call__(self, x_BTC: tf.Tensor) -> tf.Tensor:
        n_over = x_BTC.shape[self.axis] % self.stride
        if n_over and self.is_trimmed:
            x_BTC = x_BTC[:, :-n_over] if self.axis == 1 else x_BTC[..., :-n_over]
        elif n_over:
            zeros = [[0, 0], [0, 0], [0, 0]]
            zeros[self.axis][1] = self.stride - n_over
            x_BTC = tf.pad(x_BTC, zeros)
        _, n_steps, n_channels = x_BTC.shape
        if self.axis == 1:
            return tf.reshape(x_BTC, [-1, n_steps // self.stride, n_channels * self.stride])
        return tf.reshape(x_BTC, [-1, n_steps * self.stride, n_channels // self.stride])


def _glorot_uniform(shape: list[int]) -> tf.Tensor:
    """Uniform within sqrt(6 / (fan in + fan out)), both counted over the whole kernel, as Keras does."""
    area = shape[0] * shape[1]
    limit = (6.0 / (area * (shape[2] + shape[3]))) ** 0.5
    return tf.random.uniform(shape, -limit, limit)


def _orthogonal(shape: list[int]) -> tf.Tensor:
    """A kernel whose rows or columns, whichever are fewer, are orthonormal."""
    n_rows, n_columns = shape[0] * shape[1] * shape[2], shape[3]
    if n_rows <= n_columns:
        return tf.reshape(orthogonal(n_rows, n_columns), shape)
    return tf.reshape(tf.transpose(orthogonal(n_columns, n_rows)), shape)
