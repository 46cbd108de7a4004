"""Normalization over time and groups of channels, with a gain and offset that are learned or conditioned.

B = batch, C = channels, Z = channels of the condition; ... stands for time, or time and frequency, or nothing.
"""

import tensorflow as tf

from ddsp_backend.errors import ConfigError
from ddsp_backend.models.layers import Dense, Layer

NORM_TYPES = ("layer", "instance", "group")
_N_GROUPS = 32
_EPSILON = 1e-5


def check_norm_type(norm_type: str | None, who: str) -> None:
    """Raises ConfigError for a kind of normalization that does not exist."""
    if norm_type is not None and norm_type not in NORM_TYPES:
        raise ConfigError(f"{who}.norm_type={norm_type!r} is unknown", f"Use {', '.join(NORM_TYPES)} or None.")


def normalize_op(x: tf.Tensor, norm_type: str | None = "layer", eps: float = _EPSILON) -> tf.Tensor:
    """Centres and scales x [B, ..., C]: mean and variance are taken over `...` and the channels of a group.

    Args:
      norm_type: "layer": all channels are one group; "instance": each is its own; "group": there are 32; None leaves
        `x` as it is.

    Source: Wu and He, "Group Normalization", arXiv:1803.08494, equation 3.
    """
    if norm_type is None:
        return x
    n_channels = x.shape[-1]
    n_groups = {"instance": n_channels, "layer": 1, "group": _N_GROUPS}[norm_type]
    if n_channels % n_groups:
        raise ConfigError(
            f"norm_type='group' makes {n_groups} groups, which {n_channels} channels cannot be divided into",
            "Choose ch as a multiple of 32, or norm_type='layer'.",
        )
    shape = tf.shape(x)
    grouped = tf.reshape(x, [shape[0], -1, n_groups, n_channels // n_groups])
    mean, variance = tf.nn.moments(grouped, [1, 3], keepdims=True)
    normalized = (grouped - mean) * tf.math.rsqrt(variance + eps)
    return tf.ensure_shape(tf.reshape(normalized, shape), x.shape)


class Normalize(Layer):
    """`normalize_op`, then a learned gain and offset for each channel.

    Args:
      norm_type: Normalization: "layer" over all channels, "instance" over each one, "group" in between, or None
        without any.
    """

    def __init__(self, norm_type: str | None = "layer", name: str | None = None) -> None:
        super().__init__(name=name)
        check_norm_type(norm_type, "Normalize")
        self.norm_type = norm_type

    def create(self, n_in: int) -> None:
        # The shape in checkpoints of magenta/ddsp.
        self.scale = tf.Variable(tf.ones([1, 1, 1, n_in]), name="scale")
        self.shift = tf.Variable(tf.zeros([1, 1, 1, n_in]), name="shift")

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """[B, ..., C] to the same shape."""
        self.size(x)
        return normalize_op(x, self.norm_type) * tf.reshape(self.scale, [-1]) + tf.reshape(self.shift, [-1])


class ConditionalScaleAndShift(tf.Module):
    """A gain and offset for each channel that a condition decides (FiLM).

    Args:
      shift_only: Only an offset.

    Source: Perez et al., "FiLM", arXiv:1709.07871.
    """

    def __init__(self, shift_only: bool = False, name: str | None = None) -> None:
        super().__init__(name=name)
        self.shift_only = shift_only
        self.dense: Dense | None = None

    def __call__(self, x: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """x [B, ..., C] and z, [B, ..., Z] or with 1 in place of what is the same everywhere."""
        n_channels = x.shape[-1]
        if self.dense is None:  # only x says how many there are
            self.dense = Dense(n_channels if self.shift_only else 2 * n_channels)
        film = self.dense(z)
        return x + film if self.shift_only else x * film[..., :n_channels] + film[..., n_channels:]


class ConditionalNorm(tf.Module):
    """`normalize_op`, then a gain and offset that a condition decides.

    Args:
      norm_type: Normalization: "layer" over all channels, "instance" over each one, "group" in between, or None
        without any.
      shift_only: Whether the condition only shifts the values; if not, it scales them too and can change more.
    """

    def __init__(self, norm_type: str | None = "instance", shift_only: bool = False, name: str | None = None) -> None:
        super().__init__(name=name)
        check_norm_type(norm_type, "ConditionalNorm")
        self.norm_type = norm_type
        self.conditional_scale_and_shift = ConditionalScaleAndShift(shift_only)

    def __call__(self, x: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """x [B, ..., C] and z, [B, ..., Z] or with 1 in place of what is the same everywhere."""
        return self.conditional_scale_and_shift(normalize_op(x, self.norm_type), z)


def norm_for(norm_type: str | None, conditional: bool, shift_only: bool = False) -> Normalize | ConditionalNorm:
    """The one of the two that a stack wants."""
    return ConditionalNorm(norm_type, shift_only) if conditional else Normalize(norm_type)
