"""The residual network that reads spectrograms. B = batch, T = time steps, F = frequency bins, C = channels.

Source: He et al., "Identity Mappings in Deep Residual Networks", arXiv:1603.05027. Only frequency is made coarser, so
that a result remains for every frame.
"""

from collections.abc import Sequence

import tensorflow as tf

from ddsp_backend.errors import ConfigError
from ddsp_backend.models.convolutions import Conv2D, max_pool
from ddsp_backend.models.layers import nonlinearity_named
from ddsp_backend.models.normalization import ConditionalNorm, Normalize, norm_for

# Channels of the first stack, and layers of the first three.
SIZES = {"small": (32, (2, 3, 4)), "medium": (32, (3, 4, 6)), "large": (64, (3, 4, 6))}


class NormReluConv(tf.Module):
    """Normalization, relu, convolution: x_BTFC to [B, T, F / s rounded up, ch].

    Args:
      ch: Number of channels of the result; more channels learn more detail but train slower.
      k: Number of frames and bins that the kernel sees; a larger one looks further but trains slower.
      s: Number of bins from one result to the next; a larger step gives fewer results.
      norm_type: Normalization: "layer" over all channels, "instance" over each one, "group" in between, or None
        without any.
    """

    def __init__(self, ch: int, k: int, s: int, norm_type: str | None, name: str | None = None) -> None:
        super().__init__(name=name)
        self.norm = Normalize(norm_type)
        self.conv = Conv2D(ch, (k, k), s)

    def __call__(self, x_BTFC: tf.Tensor) -> tf.Tensor:
        return self.conv(tf.nn.relu(self.norm(x_BTFC)))


class ResidualLayer(tf.Module):
    """A bottleneck and what goes around it: x_BTFC to [B, T, F / stride rounded up, 4 ch].

    Args:
      ch: Number of channels within the bottleneck; more channels learn more detail but train slower.
      stride: Number of bins from one result to the next; a larger step gives fewer results.
      shortcut: What goes around is projected; needed wherever the shape changes.
      norm_type: Normalization: "layer" over all channels, "instance" over each one, "group" in between, or None
        without any.
      conditional: Whether the first normalization depends on a condition z, so that z can change the sound.
      shift_only: Whether the condition only shifts the values; if not, it scales them too and can change more.
    """

    def __init__(
        self,
        ch: int,
        stride: int,
        shortcut: bool,
        norm_type: str | None,
        conditional: bool = False,
        shift_only: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.norm_input = norm_for(norm_type, conditional, shift_only)
        self.conv_proj = Conv2D(4 * ch, (1, 1), stride) if shortcut else None
        self.bottleneck: list[Conv2D | NormReluConv] = [
            Conv2D(ch, (1, 1)),
            NormReluConv(ch, 3, stride, norm_type),
            NormReluConv(4 * ch, 1, 1, norm_type),
        ]

    def __call__(self, x_BTFC: tf.Tensor, z: tf.Tensor | None = None) -> tf.Tensor:
        around = x_BTFC
        normalized = (
            self.norm_input(x_BTFC, z) if isinstance(self.norm_input, ConditionalNorm) else self.norm_input(x_BTFC)
        )
        x_BTFC = tf.nn.relu(normalized)
        if self.conv_proj is not None:
            around = self.conv_proj(x_BTFC)
        for layer in self.bottleneck:
            x_BTFC = layer(x_BTFC)
        return x_BTFC + around


class ResidualStack(tf.Module):
    """Blocks of residual layers, then normalization and nonlinearity.

    Args:
      filters: Number of channels within the bottlenecks of each block; more channels learn more detail but train
        slower.
      block_sizes: Number of layers of each block; more layers learn more detail but take longer to train.
      strides: Step of the first layer of each block, in bins; a larger step gives fewer results.
      norm_type: Normalization: "layer" over all channels, "instance" over each one, "group" in between, or None
        without any.
      conditional: Whether the layers' first normalization depends on a condition z, so that z can change the sound.
      shift_only: Whether the condition only shifts the values; if not, it scales them too and can change more.
      nonlinearity: The activation function that comes last, such as 'relu'; it decides which values the result can
        have.
    """

    def __init__(
        self,
        filters: Sequence[int],
        block_sizes: Sequence[int],
        strides: Sequence[int],
        norm_type: str | None,
        conditional: bool = False,
        shift_only: bool = False,
        nonlinearity: str = "relu",
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.layers = [
            ResidualLayer(ch, stride if i == 0 else 1, i == 0, norm_type, conditional, shift_only)
            for ch, n_layers, stride in zip(filters, block_sizes, strides, strict=True)
            for i in range(n_layers)
        ]
        self.norm_out = Normalize(norm_type)
        self.nonlinearity = nonlinearity_named(nonlinearity)

    def __call__(self, x_BTFC: tf.Tensor, z: tf.Tensor | None = None) -> tf.Tensor:
        for layer in self.layers:
            x_BTFC = layer(x_BTFC, z)
        return self.nonlinearity(self.norm_out(x_BTFC))


class ResNet(tf.Module):
    """x_BTFC to [B, T, F / 32 rounded up, C]: C is 1024, or 2048 for the large one.

    Args:
      size: Size of the network: "small", "medium" or "large"; a larger one learns more detail but trains slower.
      norm_type: Normalization: "layer" over all channels, "instance" over each one, "group" in between, or None
        without any.
      conditional: Each layer's first normalization is conditioned, by z [B, ..., Z].
      shift_only: Whether the condition only shifts the values; if not, it scales them too and can change more.
    """

    def __init__(
        self,
        size: str = "large",
        norm_type: str | None = "layer",
        conditional: bool = False,
        shift_only: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if size not in SIZES:
            raise ConfigError(f"ResNet.size={size!r} is unknown", f"Use {', '.join(SIZES)}.")
        ch, blocks = SIZES[size]
        self.conv_in = Conv2D(64, (7, 7), 2)
        self.stacks = [
            ResidualStack((ch, 2 * ch, 4 * ch), blocks, (1, 2, 2), norm_type, conditional, shift_only),
            ResidualStack((8 * ch,), (3,), (2,), norm_type, conditional, shift_only),
        ]

    def __call__(self, x_BTFC: tf.Tensor, z: tf.Tensor | None = None) -> tf.Tensor:
        x_BTFC = max_pool(self.conv_in(x_BTFC), 3, 2)
        while z is not None and z.shape.rank < 4:  # the same for all frequencies, and for all the time
            z = z[..., tf.newaxis, :]
        for stack in self.stacks:
            x_BTFC = stack(x_BTFC, z)
        return x_BTFC
