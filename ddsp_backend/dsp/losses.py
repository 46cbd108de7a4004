"""How far one sound is from another. B = batch, N = audio samples, F = frames, C = bins."""

from collections.abc import Sequence

import tensorflow as tf

from ddsp_backend.dsp.core import safe_log
from ddsp_backend.dsp.spectral import compute_loudness, compute_mag
from ddsp_backend.errors import ConfigError

LOSS_TYPES = ("L1", "L2", "COSINE")


def mean_difference(target: tf.Tensor, value: tf.Tensor, loss_type: str = "L1") -> tf.Tensor:
    """Mean distance of two tensors of one shape."""
    if loss_type == "L1":
        return tf.reduce_mean(tf.abs(target - value))
    if loss_type == "L2":
        return tf.reduce_mean(tf.square(target - value))
    return tf.reduce_mean(1.0 - tf.reduce_sum(target * value, -1))


class SpectralLoss(tf.Module):
    """Distance of magnitude spectrograms in several resolutions.

    Args:
      fft_sizes: Frame lengths; three quarters of each frame overlap the next.
      loss_type: "L1", "L2" or "COSINE".
      mag_weight: Of the magnitudes.
      delta_time_weight: Of their differences from frame to frame.
      delta_freq_weight: Of their differences from bin to bin.
      cumsum_freq_weight: Of their cumulative sums over bins.
      logmag_weight: Of the magnitudes' logarithms.
      loudness_weight: Of the loudness.

    Source: Engel et al., "DDSP", ICLR 2020, arXiv:2001.04643, section 4.2.
    """

    def __init__(
        self,
        fft_sizes: Sequence[int] = (2048, 1024, 512, 256, 128, 64),
        loss_type: str = "L1",
        mag_weight: float = 1.0,
        delta_time_weight: float = 0.0,
        delta_freq_weight: float = 0.0,
        cumsum_freq_weight: float = 0.0,
        logmag_weight: float = 0.0,
        loudness_weight: float = 0.0,
        name: str = "spectral_loss",
    ) -> None:
        super().__init__(name)
        if loss_type.upper() not in LOSS_TYPES:
            raise ConfigError(f"SpectralLoss.loss_type={loss_type!r} is unknown", f"Use {', '.join(LOSS_TYPES)}.")
        self.fft_sizes = tuple(fft_sizes)
        self.loss_type = loss_type.upper()
        self.mag_weight = mag_weight
        self.delta_time_weight = delta_time_weight
        self.delta_freq_weight = delta_freq_weight
        self.cumsum_freq_weight = cumsum_freq_weight
        self.logmag_weight = logmag_weight
        self.loudness_weight = loudness_weight

    def __call__(self, target_BN: tf.Tensor, audio_BN: tf.Tensor) -> tf.Tensor:
        """One number for the batch."""
        loss = tf.zeros([])
        for size in self.fft_sizes:
            loss += self._of_magnitudes(compute_mag(target_BN, size), compute_mag(audio_BN, size))
        if self.loudness_weight > 0:
            target, value = compute_loudness(target_BN, n_fft=2048), compute_loudness(audio_BN, n_fft=2048)
            loss += self.loudness_weight * mean_difference(target, value, self.loss_type)
        return loss

    def get_losses_dict(self, target_audio: tf.Tensor, audio: tf.Tensor) -> dict[str, tf.Tensor]:
        """The loss by its name."""
        return {self.name: self(target_audio, audio)}

    def _of_magnitudes(self, target_BFC: tf.Tensor, value_BFC: tf.Tensor) -> tf.Tensor:
        def difference(target: tf.Tensor, value: tf.Tensor) -> tf.Tensor:
            return mean_difference(target, value, self.loss_type)

        loss = tf.zeros([])
        if self.mag_weight > 0:
            loss += self.mag_weight * difference(target_BFC, value_BFC)
        if self.delta_time_weight > 0:
            steps = (target_BFC[:, 1:] - target_BFC[:, :-1], value_BFC[:, 1:] - value_BFC[:, :-1])
            loss += self.delta_time_weight * difference(*steps)
        if self.delta_freq_weight > 0:
            steps = (target_BFC[..., 1:] - target_BFC[..., :-1], value_BFC[..., 1:] - value_BFC[..., :-1])
            loss += self.delta_freq_weight * difference(*steps)
        if self.cumsum_freq_weight > 0:
            loss += self.cumsum_freq_weight * difference(tf.cumsum(target_BFC, -1), tf.cumsum(value_BFC, -1))
        if self.logmag_weight > 0:
            loss += self.logmag_weight * difference(safe_log(target_BFC), safe_log(value_BFC))
        return loss
