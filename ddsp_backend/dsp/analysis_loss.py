"""How far what a decoder asks of its synthesizers is from what an analysis of the recording says.

B = batch, N = samples, F = control frames, K = harmonics, M = noise bands.
"""

from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.analysis_targets import Targets, analysis_targets
from ddsp_backend.dsp.core import resample
from ddsp_backend.dsp.losses import Loss
from ddsp_backend.dsp.nested import nested_lookup

_SURE = 0.5  # confidence in a pitch from which on a frame counts as a note
_QUIETEST = 1e-5  # -100 dB: what is quieter is silence
_LEAST_WEIGHT = 0.05  # of a harmonic that cannot be heard beside the loudest of its frame


class AnalysisLoss(Loss):
    """Distance of the controls of a harmonic and a noise synthesizer from an analysis of the recording, in nepers.

    Unlike a loss of audio it says of each control alone whether it is too loud or too quiet, wherever it is: harmonics
    that have fallen silent are called back. It needs no synthesis.

    Args:
      weight: Weight of this loss; a higher value makes it count more against the other losses.
      noise_weight: Of the noise, beside that of the harmonics and of their sum, which have 1 each.
      frames_per_second: Frames that are looked at; each step looks at others.
      harmonic_name: The name of the harmonic synthesizer in the outputs of the model.
      noise_name: The name of the noise synthesizer in the outputs of the model.
      sample_rate: Sample rate of the audio in Hz; it must match the data set.
    """

    def __init__(
        self,
        weight: float = 1.0,
        noise_weight: float = 0.3,
        frames_per_second: float = 12.5,
        harmonic_name: str = "harmonic",
        noise_name: str = "filtered_noise",
        sample_rate: int = 16000,
        name: str = "analysis_loss",
    ) -> None:
        super().__init__(name)
        self.weight = weight
        self.noise_weight = noise_weight
        self.frames_per_second = frames_per_second
        self.harmonic_name = harmonic_name
        self.noise_name = noise_name
        self.sample_rate = sample_rate

    def __call__(self, features: dict[str, Any], outputs: dict[str, Any]) -> tf.Tensor:
        """One number for the batch.

        Args:
          features: `audio` [B, N]; `f0_confidence` [B, any] or [B, any, 1]: without it, a pitch above 0 Hz is sure;
            `noise_seed` chooses which frames are looked at.
          outputs: The model's, with the controls of both synthesizers.
        """
        controls = nested_lookup(f"{self.harmonic_name}/controls", outputs)
        noise_BFM = nested_lookup(f"{self.noise_name}/controls/magnitudes", outputs)
        f0_hz_BF1, amplitudes_BF1 = controls["f0_hz"], controls["amplitudes"]
        n_frames = f0_hz_BF1.shape[1]
        # Where frames are centred there is one more than the audio is long.
        hop = round(features["audio"].shape[1] / n_frames)
        stride = max(1, round(self.sample_rate / hop / self.frames_per_second))
        offset = tf.cast(features.get("noise_seed", (0, 0)), tf.int32)[1] % stride  # the second one is the step's
        looked_at_F = offset + stride * tf.range(n_frames // stride)

        def few(signal_BFX: tf.Tensor) -> tf.Tensor:
            return tf.gather(signal_BFX, looked_at_F, axis=1)

        f0_hz_BF, confidence_BF = few(f0_hz_BF1)[..., 0], few(_confidence(features, f0_hz_BF1))
        targets = analysis_targets(
            features["audio"],
            tf.stop_gradient(f0_hz_BF),
            confidence_BF >= _SURE,
            hop * stride,
            self.sample_rate,
            controls["harmonic_distribution"].shape[-1],
            noise_BFM.shape[-1],
            first=offset * hop,
        )
        return self.weight * self.distance(
            targets, few(amplitudes_BF1), few(controls["harmonic_distribution"]), few(noise_BFM), confidence_BF
        )

    def distance(
        self,
        targets: Targets,
        amplitudes_BF1: tf.Tensor,
        distribution_BFK: tf.Tensor,
        noise_BFM: tf.Tensor,
        confidence_BF: tf.Tensor,
    ) -> tf.Tensor:
        """Of controls from targets, in nepers.

        The loudest harmonics of a frame count most. Frames whose pitch is neither sure nor certainly missing count
        little for the harmonics.
        """
        sure_BF1 = tf.abs(2.0 * confidence_BF - 1.0)[..., None]
        loudest_BF1 = tf.reduce_max(targets.harmonics, -1, keepdims=True)
        weight_BFK = sure_BF1 * tf.where(
            targets.harmonics > 0.0, _LEAST_WEIGHT + targets.harmonics / (loudest_BF1 + _QUIETEST), 0.0
        )
        weight_BFK *= tf.cast(loudest_BF1 > 1e-4, tf.float32)
        harmonics = _mean(_nepers(amplitudes_BF1 * distribution_BFK, targets.harmonics), weight_BFK)
        level_BF1 = tf.reduce_sum(targets.harmonics, -1, keepdims=True)
        level = _mean(_nepers(amplitudes_BF1, level_BF1), sure_BF1)
        return harmonics + level + self.noise_weight * tf.reduce_mean(_nepers(noise_BFM, targets.noise))


def _nepers(value: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    return tf.abs(tf.math.log(value + _QUIETEST) - tf.math.log(target + _QUIETEST))


def _mean(x: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(x * weight) / (tf.reduce_sum(weight) + 1.0)


def _confidence(features: dict[str, Any], f0_hz_BF1: tf.Tensor) -> tf.Tensor:
    """In the pitch of each control frame, 0 to 1, [B, F]."""
    confidence = features.get("f0_confidence")
    if confidence is None:
        return tf.cast(f0_hz_BF1[..., 0] > 0.0, tf.float32)
    confidence_BF = tf.reshape(confidence, [tf.shape(f0_hz_BF1)[0], -1])
    n_frames = f0_hz_BF1.shape[1]
    return confidence_BF if confidence.shape[1] == n_frames else resample(confidence_BF, n_frames)
