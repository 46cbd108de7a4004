"""Dense, layer normalization, and the stacks of them. Plain `tf.Module`s, sized by the first eager call.

B = batch, T = time steps, C = channels.
"""

import math
from collections.abc import Callable

import tensorflow as tf

from ddsp_backend.dsp.target import current_target
from ddsp_backend.errors import ConfigError
from ddsp_backend.models.fused_norm import NORM_EPSILON, fused_norm

FUSED_FROM = 1000  # vectors
LEAK = 0.2  # tf.nn.leaky_relu's default


class UnbuiltLayerError(RuntimeError):
    """A layer was traced before it had variables: a fault of the caller, which must build the model first."""


def glorot_uniform(n_in: int, n_out: int) -> tf.Tensor:
    """A kernel [n_in, n_out], uniform within sqrt(6 / (n_in + n_out)). Source: Glorot and Bengio, AISTATS 2010."""
    limit = (6.0 / (n_in + n_out)) ** 0.5
    return tf.random.uniform([n_in, n_out], -limit, limit)


def spread_uniform(n_in: int, n_out: int) -> tuple[tf.Tensor, tf.Tensor]:
    """A kernel [n_in, n_out] and a bias [n_out] that put the zero of each output somewhere among inputs of 0 to 1.

    Without a bias, the normalization behind a layer of one input takes that input away: all vectors point the same way,
    whatever the pitch or the loudness.
    """
    kernel = tf.random.uniform([n_in, n_out], -1.0, 1.0)
    return kernel, -tf.reduce_sum(kernel * tf.random.uniform([n_in, n_out]), 0)


def orthogonal(n_in: int, n_out: int) -> tf.Tensor:
    """A kernel [n_in, n_out], n_in <= n_out, whose rows are orthonormal. Source: Saxe et al., arXiv:1312.6120."""
    q, r = tf.linalg.qr(tf.random.normal([n_out, n_in]))
    # QR alone is not uniform over the orthogonal matrices: its signs depend on the algorithm.
    return tf.transpose(q * tf.sign(tf.linalg.diag_part(r)))


def product(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """x [..., C] times kernel [C, n_out], float32; the factors in the precision that the graph is traced for."""
    precision = tf.as_dtype(current_target().precision)
    return tf.cast(tf.tensordot(tf.cast(x, precision), tf.cast(kernel, precision), 1), tf.float32)


class Layer(tf.Module):
    """Base of what has weights: `create(n_in)` runs once, at the first call, which must not be traced.

    It may be one in a `tf.Graph`, which gives variables a size and no memory. Those created inside a `tf.function`
    would belong to one trace, and inside `strategy.run` to one replica.
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name)
        self._n_in: int | None = None

    def create(self, n_in: int) -> None:
        raise NotImplementedError

    def size(self, x: tf.Tensor) -> None:
        """Creates the variables if they do not exist yet, for inputs [..., C] like `x`."""
        if self._n_in is not None:
            return
        if tf.inside_function():
            raise UnbuiltLayerError(f"{type(self).__name__} is traced before it was built: call model.build first")
        n_in = int(x.shape[-1])
        self.create(n_in)
        self._n_in = n_in


class Dense(Layer):
    """x_...C -> [..., n_out]: one matrix product and a bias."""

    def __init__(self, n_out: int, is_spread: bool = False, name: str | None = None) -> None:
        super().__init__(name=name)
        self.n_out = n_out
        self._is_spread = is_spread

    def create(self, n_in: int) -> None:
        kernel, bias = glorot_uniform(n_in, self.n_out), tf.zeros([self.n_out])
        if self._is_spread:
            kernel, bias = spread_uniform(n_in, self.n_out)
        self.kernel = tf.Variable(kernel, name="kernel")
        self.bias = tf.Variable(bias, name="bias")

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        self.size(x)
        return product(x, self.kernel) + self.bias


class LayerNorm(Layer):
    """Centres and scales each vector along the last axis, then applies a learned gain and offset."""

    def create(self, n_in: int) -> None:
        self.gamma = tf.Variable(tf.ones([n_in]), name="gamma")
        self.beta = tf.Variable(tf.zeros([n_in]), name="beta")

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        self.size(x)
        mean, variance = tf.nn.moments(x, axes=[-1], keepdims=True)
        return (x - mean) * (tf.math.rsqrt(variance + NORM_EPSILON) * self.gamma) + self.beta


def leaky_relu(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.leaky_relu(x, LEAK)


NONLINEARITIES: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "leaky_relu": leaky_relu,
    "relu": tf.nn.relu,
    "elu": tf.nn.elu,
    "tanh": tf.tanh,
    "sigmoid": tf.sigmoid,
    "linear": tf.identity,
}


def nonlinearity_named(name: str) -> Callable[[tf.Tensor], tf.Tensor]:
    """Raises ConfigError where there is none of this name."""
    if name not in NONLINEARITIES:
        raise ConfigError(f"nonlinearity={name!r} is unknown", f"It must be one of {', '.join(NONLINEARITIES)}.")
    return NONLINEARITIES[name]


class Fc(tf.Module):
    """Dense, layer normalization, nonlinearity."""

    def __init__(
        self, ch: int = 128, nonlinearity: str = "leaky_relu", is_spread: bool = False, name: str | None = None
    ) -> None:
        super().__init__(name=name)
        self.dense = Dense(ch, is_spread)
        self.norm = LayerNorm()
        self.nonlinearity = nonlinearity_named(nonlinearity)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        shape = x.shape.as_list()
        # Worth a compilation in training only: what is rendered, or exported, is a few vectors or a number unknown yet.
        if tf.executing_eagerly() or None in shape or math.prod(shape[:-1]) < FUSED_FROM:
            return self.nonlinearity(self.norm(self.dense(x)))
        self.dense.size(x)
        y = product(tf.reshape(x, [-1, shape[-1]]), self.dense.kernel)
        y = fused_norm(y, self.dense.bias, self.norm.gamma, self.norm.beta, self.nonlinearity)
        return tf.reshape(y, [*shape[:-1], y.shape[-1]])


class FcStack(tf.Module):
    """`layers` times Fc; none of them makes it the identity. `is_spread`: the first begins with `spread_uniform`."""

    def __init__(
        self,
        ch: int = 256,
        layers: int = 2,
        nonlinearity: str = "leaky_relu",
        is_spread: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.layers = [Fc(ch, nonlinearity, is_spread and number == 0) for number in range(layers)]

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x
