"""How far one sound is from another. B = batch, N = audio samples, F = frames, C = bins."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.core import safe_log
from ddsp_backend.dsp.dags import DAGLayer
from ddsp_backend.dsp.magnitudes import FRAMES_PER_SIZE, magnitude_distance
from ddsp_backend.dsp.spectral import compute_loudness, compute_mag
from ddsp_backend.dsp.tensors import require_same
from ddsp_backend.errors import ConfigError

LOSS_TYPES = ("L1", "L2", "COSINE")


def mean_difference(
    target: tf.Tensor, value: tf.Tensor, loss_type: str = "L1", weights: tf.Tensor | float | None = None
) -> tf.Tensor:
    """Mean distance of two tensors.

    Args:
      target: Any shape.
      value: Of the same shape.
      loss_type: "L1", "L2", or "COSINE": one less the product of vectors along the last axis, which have length 1.
      weights: Factor of each difference, any shape that spreads over the target's (without its last axis for COSINE).

    Raises:
      ConfigError: The loss type is unknown.
    """
    loss_type = checked_loss_type(loss_type, "mean_difference")
    weights = 1.0 if weights is None else weights
    if loss_type == "L1":
        return tf.reduce_mean(tf.abs((target - value) * weights))
    if loss_type == "L2":
        return tf.reduce_mean(tf.square(target - value) * weights)
    return tf.reduce_mean((1.0 - tf.reduce_sum(target * value, -1)) * weights)


def checked_loss_type(loss_type: str, owner: str) -> str:
    """In capitals. Raises ConfigError if it is none of LOSS_TYPES."""
    if loss_type.upper() not in LOSS_TYPES:
        raise ConfigError(f"{owner}.loss_type={loss_type!r} is unknown", f"Use {', '.join(LOSS_TYPES)}.")
    return loss_type.upper()


class Loss(tf.Module):
    """A number that says how wrong something is."""

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        raise NotImplementedError

    def get_losses_dict(self, *inputs: Any, **options: Any) -> dict[str, tf.Tensor]:
        """The loss by its name; a loss of several parts, by theirs."""
        loss = self(*inputs, **options)
        return loss if isinstance(loss, dict) else {self.name: loss}


class LossGroup(DAGLayer):
    """Losses on anything in a model's outputs.

    Args:
      dag: Nodes `(loss, [output key, ...])`, see `DAGLayer`; a key such as "harmonic/controls/f0_hz" looks into nested
        outputs.
      **losses: Further losses, which nodes may name by text.
    """

    part = "loss"

    @property
    def loss_names(self) -> list[str]:
        """One for each node."""
        return self.module_names

    @property
    def losses(self) -> list[Any]:
        """One for each node."""
        return self.modules

    def __call__(self, inputs: dict[str, Any], **options: Any) -> dict[str, tf.Tensor]:
        """Every loss by its name."""
        results = self.run_dag(inputs, **options)
        losses: dict[str, tf.Tensor] = {}
        for key in self.loss_names:
            losses.update(results[key])
        return losses

    def get_losses_dict(self, outputs: dict[str, Any], **options: Any) -> dict[str, tf.Tensor]:
        """Every loss by its name."""
        return self(outputs, **options)


class ParamLoss(Loss):
    """Distance of any two tensors of one shape.

    Args:
      weight: Weight of this loss; a higher value makes it count more against the other losses.
      loss_type: How differences count: "L1" all alike, "L2" large ones more, "COSINE" only the shape and not the level.
    """

    def __init__(self, weight: float = 1.0, loss_type: str = "L1", name: str = "param_loss") -> None:
        super().__init__(name)
        self.weight = weight
        self.loss_type = checked_loss_type(loss_type, "ParamLoss")

    def __call__(self, pred: tf.Tensor, target: tf.Tensor, weights: tf.Tensor | float | None = None) -> tf.Tensor:
        """One number for the batch."""
        for axis, (size, wanted) in enumerate(zip(pred.shape, target.shape, strict=False)):
            sizes = {f"{self.name}: axis {axis} of the prediction": size, "that of its target": wanted}
            require_same(sizes, "The dag of the LossGroup decides what is compared.")
        return self.weight * mean_difference(pred, target, self.loss_type, weights)


class SpectralLoss(Loss):
    """Distance of magnitude spectrograms in several resolutions.

    Args:
      fft_sizes: Frame lengths in samples, with an overlap of three quarters. Long frames resolve pitch better, short
        ones follow attacks better.
      loss_type: How differences count: "L1" all alike, "L2" large ones more, "COSINE" only the shape and not the level.
      mag_weight: Weight of the difference in linear magnitudes; it is most sensitive to loud partials.
      delta_time_weight: Weight of the difference in how magnitudes change over time, such as at attacks.
      delta_freq_weight: Weight of the difference in how magnitudes change from one frequency to the next.
      cumsum_freq_weight: Weight of the difference in magnitudes summed up from low to high frequencies.
      logmag_weight: Weight of the difference in logarithmic magnitudes; it is sensitive to quiet partials and noise.
      loudness_weight: Weight of the difference in A-weighted loudness; a higher value follows dynamics more closely.

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
        self.fft_sizes = tuple(fft_sizes)
        self.loss_type = checked_loss_type(loss_type, "SpectralLoss")
        self.mag_weight = mag_weight
        self.delta_time_weight = delta_time_weight
        self.delta_freq_weight = delta_freq_weight
        self.cumsum_freq_weight = cumsum_freq_weight
        self.logmag_weight = logmag_weight
        self.loudness_weight = loudness_weight

    def __call__(
        self, target_audio: tf.Tensor, audio: tf.Tensor, weights: tf.Tensor | float | None = None
    ) -> tf.Tensor:
        """One number for the batch.

        Args:
          target_audio: [B, N].
          audio: [B, N].
          weights: Factor of each difference, of a shape that spreads over all spectrograms [B, F, C] and the loudness
            [B, F], such as [B, 1, 1] without a loudness.

        Raises:
          ConfigError: The two have different lengths.
        """
        sizes = {f"{self.name}: the length of the target": target_audio.shape[-1], "that of the audio": audio.shape[-1]}
        require_same(sizes, "The data's example_secs, and n_samples and Crop.frame_size of the model, decide them.")
        loss = tf.zeros([])
        for size in self.fft_sizes:
            if weights is None and self._has_fast_form(size, audio):
                loss += magnitude_distance(target_audio, audio, size, self.mag_weight, self.logmag_weight)
            else:
                loss += self.of_magnitudes(compute_mag(target_audio, size), compute_mag(audio, size), weights)
        if self.loudness_weight > 0:
            target, value = compute_loudness(target_audio, n_fft=2048), compute_loudness(audio, n_fft=2048)
            loss += self.loudness_weight * mean_difference(target, value, self.loss_type, weights)
        return loss

    def _has_fast_form(self, size: int, audio_BN: tf.Tensor) -> bool:
        others = max(self.delta_time_weight, self.delta_freq_weight, self.cumsum_freq_weight)
        is_power_of_two = size >= FRAMES_PER_SIZE and size & (size - 1) == 0
        is_plain = len(audio_BN.shape) == 2 and audio_BN.shape[1] is not None
        return self.loss_type == "L1" and others <= 0 and is_power_of_two and is_plain

    def of_magnitudes(
        self, target_BFC: tf.Tensor, value_BFC: tf.Tensor, weights: tf.Tensor | float | None = None
    ) -> tf.Tensor:
        """Distance of two magnitude spectrograms: the plain formulation."""

        def difference(target: tf.Tensor, value: tf.Tensor) -> tf.Tensor:
            return mean_difference(target, value, self.loss_type, weights)

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
