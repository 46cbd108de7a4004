"""Stacks of dilated convolutions. B = batch, T = time steps, C = channels, Z = channels of the condition."""

import tensorflow as tf

from ddsp_backend.errors import ConfigError
from ddsp_backend.models.convolutions import Conv1D, Conv1DTranspose
from ddsp_backend.models.normalization import ConditionalNorm, check_norm_type, norm_for


class DilatedConvStack(tf.Module):
    """Residual layers whose convolutions reach twice as far at each layer, with optional resampling and condition.

    Args:
      ch: Number of channels of every layer; more channels learn more detail but train slower.
      layers_per_stack: Layers of one stack; the dilation starts again with each.
      stacks: Number of stacks of layers; more stacks learn more detail but take longer to train.
      kernel_size: Number of frames that each kernel sees; a larger one looks further but trains slower.
      dilation: The dilation of layer i is dilation ** i; a negative number counts down instead.
      norm_type: What follows each convolution: "layer" normalizes over all channels, "instance" over each one, "group"
        in between, None not at all.
      resample_type: Whether frames become more ("upsample"), fewer ("downsample"), or stay as many (None).
      resample_stride: Factor by which each resampling changes the number of frames; a larger one needs fewer
        resamplings.
      stacks_per_resample: Number of stacks between two changes of the frame rate; more stacks resample less often.
      resample_after_convolve: Whether to resample after those stacks; if not, before them, which costs more when
        frames become more.
      spectral_norm: Whether to divide each kernel by its largest singular value, which trains more steadily but
        slower.
      ortho_init: Whether to start with orthonormal kernels, which keep signals equally strong through many layers.
      shift_only: Whether the condition only shifts the values; if not, it scales them too and can change more.
      conditional: Gains and offsets are decided by a condition (FiLM) instead of learned.

    Source: van den Oord et al., "WaveNet", arXiv:1609.03499, section 2.1; Perez et al., "FiLM", arXiv:1709.07871.
    """

    def __init__(
        self,
        ch: int = 256,
        layers_per_stack: int = 5,
        stacks: int = 2,
        kernel_size: int = 3,
        dilation: int = 2,
        norm_type: str | None = None,
        resample_type: str | None = None,
        resample_stride: int = 1,
        stacks_per_resample: int = 1,
        resample_after_convolve: bool = True,
        spectral_norm: bool = False,
        ortho_init: bool = False,
        shift_only: bool = False,
        conditional: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if resample_type not in ("upsample", "downsample", None):
            raise ConfigError(
                f"DilatedConvStack.resample_type={resample_type!r} is unknown",
                "Use 'upsample', 'downsample' or None.",
            )
        if dilation == 0:
            raise ConfigError("DilatedConvStack.dilation=0 cannot be used", "It must be 1 or more, or negative.")
        check_norm_type(norm_type, "DilatedConvStack")
        self.conditional = conditional
        self.conv_in = Conv1D(ch, kernel_size, ortho_init=ortho_init, spectral_norm=spectral_norm)
        depths = range(layers_per_stack)
        rates = [dilation**i if dilation > 0 else (-dilation) ** (layers_per_stack - i - 1) for i in depths] * stacks
        self.layers = [
            Conv1D(ch, kernel_size, dilation=rate, ortho_init=ortho_init, spectral_norm=spectral_norm) for rate in rates
        ]
        self.norms = [norm_for(norm_type, conditional, shift_only) for _ in rates]
        n_resamples = 0 if resample_type is None else stacks // stacks_per_resample
        if resample_type and not resample_after_convolve:
            n_resamples = -(-stacks // stacks_per_resample)
        if resample_type == "downsample":
            self.resample_layers: list[Conv1D | Conv1DTranspose] = [
                Conv1D(ch, resample_stride, resample_stride, 1, ortho_init, spectral_norm) for _ in range(n_resamples)
            ]
        else:
            self.resample_layers = [
                Conv1DTranspose(ch, 2 * resample_stride, resample_stride, ortho_init, spectral_norm)
                for _ in range(n_resamples)
            ]
        self._resample_at = {
            (i if not resample_after_convolve else i + 1) * stacks_per_resample * layers_per_stack: i
            for i in range(n_resamples)
        }

    def __call__(self, x_BTC: tf.Tensor, z_BTZ: tf.Tensor | None = None) -> tf.Tensor:
        """x_BTC and, if conditional, z [B, T, Z] (or [B, 1, Z], [B, Z] for one that holds all the time) to [B, T, ch].

        With resampling, T of the result is that much larger or smaller, and z must fit each layer: [B, 1, Z] does.
        """
        if self.conditional != (z_BTZ is not None):
            raise ConfigError(
                f"DilatedConvStack.conditional={self.conditional}, but it is given "
                f"{'no condition' if self.conditional else 'a condition'}",
                f"Set DilatedConvStack.conditional = {not self.conditional}, or change what encodes the condition.",
            )
        if z_BTZ is not None and z_BTZ.shape.rank == 2:
            z_BTZ = z_BTZ[:, tf.newaxis]
        x_BTC = self.conv_in(x_BTC)
        for i, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            x_BTC = self._resampled(x_BTC, i)
            y_BTC = layer(tf.nn.relu(x_BTC))
            x_BTC += norm(y_BTC, z_BTZ) if isinstance(norm, ConditionalNorm) else norm(y_BTC)
        return self._resampled(x_BTC, len(self.layers))

    def _resampled(self, x_BTC: tf.Tensor, n_layers_before: int) -> tf.Tensor:
        i = self._resample_at.get(n_layers_before)
        return x_BTC if i is None else self.resample_layers[i](x_BTC)
