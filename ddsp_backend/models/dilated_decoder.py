"""The decoder without memory. B = batch, F = control frames."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from ddsp_backend.arrays import Features
from ddsp_backend.errors import ConfigError
from ddsp_backend.models.dilated import DilatedConvStack
from ddsp_backend.models.features import needed
from ddsp_backend.models.layers import Dense
from ddsp_backend.models.sequences import split_to_dict


class DilatedConvDecoder(tf.Module):
    """A stack of dilated convolutions over the inputs, with an optional condition, and one output layer that is split.

    Args:
      ch: Number of channels of the convolutions; more channels learn more detail but train slower.
      kernel_size: Number of frames that each kernel sees; a larger one looks further but trains slower.
      layers_per_stack: Layers of one stack; the dilation starts again with each.
      stacks: Number of stacks of layers; more stacks learn more detail but take longer to train.
      dilation: Base of the dilation, which is dilation ** i at layer i; a larger one looks further into past and
        future.
      norm_type: Normalization: "layer" over all channels, "instance" over each one, "group" in between, or None
        without any.
      resample_stride: More than 1 makes that many frames of each, at each resampling.
      stacks_per_resample: Number of stacks between two changes of the frame rate; more stacks resample less often.
      resample_after_convolve: Whether to resample after those stacks; if not, before them, which costs more when
        frames become more.
      input_keys: The features to decode from, each of shape [B, F, any]; more features tell the decoder more.
      output_splits: Name and number of channels of each output; the numbers must match what the synthesizer takes.
      conditioning_keys: Features that decide gains and offsets of the normalizations; None for none.
      precondition_stack: Network that the condition passes through before it is used; None uses it as it is.
      spectral_norm: Whether to divide each kernel by its largest singular value, which trains more steadily but
        slower.
      ortho_init: Whether to start with orthonormal kernels, which keep signals equally strong through many layers.
    """

    def __init__(
        self,
        ch: int = 256,
        kernel_size: int = 3,
        layers_per_stack: int = 5,
        stacks: int = 2,
        dilation: int = 2,
        norm_type: str | None = "layer",
        resample_stride: int = 1,
        stacks_per_resample: int = 1,
        resample_after_convolve: bool = True,
        input_keys: Sequence[str] = ("ld_scaled", "f0_scaled"),
        output_splits: Sequence[tuple[str, int]] = (("amps", 1), ("harmonic_distribution", 60)),
        conditioning_keys: Sequence[str] | str | None = ("z",),
        precondition_stack: Callable[[tf.Tensor], tf.Tensor] | None = None,
        spectral_norm: bool = False,
        ortho_init: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        # ('z') in a gin file is a text, not a list of one.
        keys = [conditioning_keys] if isinstance(conditioning_keys, str) else list(conditioning_keys or ())
        if precondition_stack is not None and not keys:
            raise ConfigError(
                "DilatedConvDecoder.precondition_stack is bound, but conditioning_keys names nothing",
                "Name the condition, such as ('z',), or set precondition_stack = None.",
            )
        self.input_keys = tuple(input_keys)
        self.conditioning_keys = tuple(keys)
        self.output_splits = tuple((key, size) for key, size in output_splits)
        self.precondition_stack = precondition_stack
        self.dilated_conv_stack = DilatedConvStack(
            ch=ch,
            layers_per_stack=layers_per_stack,
            stacks=stacks,
            kernel_size=kernel_size,
            dilation=dilation,
            norm_type=norm_type,
            resample_type="upsample" if resample_stride > 1 else None,
            resample_stride=resample_stride,
            stacks_per_resample=stacks_per_resample,
            resample_after_convolve=resample_after_convolve,
            spectral_norm=spectral_norm,
            ortho_init=ortho_init,
            conditional=bool(keys),
        )
        self.dense_out = Dense(sum(size for _, size in self.output_splits))

    def __call__(self, features: Features) -> Features:
        """`features` [B, F, any] under each of the keys -> the outputs, [B, F, size]."""
        x = tf.concat([needed(features, key, self) for key in self.input_keys], -1)
        z = None
        if self.conditioning_keys:
            z = tf.concat([needed(features, key, self) for key in self.conditioning_keys], -1)
            z = z if self.precondition_stack is None else self.precondition_stack(z)
        return split_to_dict(self.dense_out(self.dilated_conv_stack(x, z)), self.output_splits)
