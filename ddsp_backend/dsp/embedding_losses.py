"""How far one sound is from another for ears that were trained. B = batch, N = samples at 16 kHz, F = frames."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.dsp.crepe import CREPE_FRAME_SIZE, LAYERS, CrepeLayers
from ddsp_backend.dsp.losses import Loss, checked_loss_type, mean_difference
from ddsp_backend.dsp.tensors import require_same, tf_float32
from ddsp_backend.errors import ConfigError
from ddsp_backend.pitch.crepe_network import weights_path

_OVERALL_SCALE = 20.0
# The reference's factors, with which the losses of all layers are about as large.
_LAYER_SCALES = {
    "conv1-BN": 1.3,
    "conv1-maxpool": 1.0,
    "conv2-BN": 1.4,
    "conv2-maxpool": 1.1,
    "conv3-BN": 1.9,
    "conv3-maxpool": 1.6,
    "conv4-BN": 1.5,
    "conv4-maxpool": 1.4,
    "conv5-BN": 1.9,
    "conv5-maxpool": 1.7,
    "conv6-BN": 30.0,
    "conv6-maxpool": 25.0,
    "classifier": 130.0,
}


class EmbeddingLoss(Loss):
    """Distance of what a trained model makes of two sounds: of their structure more than of their samples.

    Args:
      weight: Weight of this loss; a higher value makes it count more against the other losses.
      loss_type: How to compare: "L1" forgives single large errors, "L2" punishes them, "COSINE" ignores the overall
        size.
      pretrained_model: The trained network that both sounds pass through, such as `PretrainedCREPE`; it decides what
        counts as similar.

    Raises:
      ConfigError: The loss type is unknown, or there is no model.
    """

    def __init__(
        self,
        weight: float = 1.0,
        loss_type: str = "L1",
        pretrained_model: Callable[[tf.Tensor], tf.Tensor] | None = None,
        name: str = "embedding_loss",
    ) -> None:
        super().__init__(name)
        if pretrained_model is None:
            raise ConfigError(
                "EmbeddingLoss.pretrained_model is None, so there is nothing to compare with",
                "Bind it, e.g. to @PretrainedCREPE(), or use PretrainedCREPEEmbeddingLoss.",
            )
        self.weight = weight
        self.loss_type = checked_loss_type(loss_type, type(self).__name__)
        self.pretrained_model = pretrained_model

    def __call__(self, target_audio: Any, audio: Any) -> tf.Tensor:
        """One number for the batch, of audio [B, N] each."""
        target_BN, audio_BN = tf_float32(target_audio), tf_float32(audio)
        sizes = {f"{self.name}: the length of the target": target_BN.shape[-1], "that of the audio": audio_BN.shape[-1]}
        require_same(sizes, "The data's example_secs, and n_samples and Crop.frame_size of the model, decide them.")
        embeddings = self.pretrained_model(target_BN), self.pretrained_model(audio_BN)
        return self.weight * mean_difference(*embeddings, self.loss_type)


class PretrainedCREPEEmbeddingLoss(EmbeddingLoss):
    """Distance of what CREPE, trained to hear pitch, makes of two sounds at 16 kHz.

    Args:
      weight: Weight of this loss; the losses of all layers are first scaled to about the same size.
      loss_type: How to compare: "L1" forgives single large errors, "L2" punishes them, "COSINE" ignores the overall
        size.
      model_capacity: Size of CREPE: "tiny", "small", "medium", "large" or "full"; a larger one is more exact but
        slower.
      activation_layer: The layer to compare: "conv1-BN" to "conv6-BN", "conv1-maxpool" to "conv6-maxpool", or
        "classifier"; later layers know more of pitch.

    Raises:
      ConfigError: The layer is none of these, or the package with the weights is not installed.
    """

    def __init__(
        self,
        weight: float = 1.0,
        loss_type: str = "L1",
        model_capacity: str = "tiny",
        activation_layer: str = "classifier",
        name: str = "pretrained_crepe_embedding_loss",
    ) -> None:
        if activation_layer not in _LAYER_SCALES:
            raise ConfigError(
                f"PretrainedCREPEEmbeddingLoss.activation_layer={activation_layer!r} cannot be compared",
                f"Use {', '.join(_LAYER_SCALES)}.",
            )
        factor = _OVERALL_SCALE * _LAYER_SCALES[activation_layer]
        super().__init__(factor * weight, loss_type, PretrainedCREPE(model_capacity, activation_layer), name)


class PretrainedCREPE(tf.Module):
    """What a layer of CREPE makes of audio, for losses that hear as it does.

    Args:
      model_capacity: Size of CREPE: "tiny", "small", "medium", "large" or "full"; a larger one is more exact but
        slower.
      activation_layer: The layer of CREPE whose output is compared, one of LAYERS; later layers know more of pitch.
      trainable: Whether training may change CREPE's own weights; if not, the loss keeps its meaning during training.

    Raises:
      ConfigError: The layer is unknown, or the package with the weights is not installed.
    """

    frame_length = CREPE_FRAME_SIZE

    def __init__(
        self,
        model_capacity: str = "tiny",
        activation_layer: str = "conv5-maxpool",
        name: str = "pretrained_crepe",
        trainable: bool = False,
    ) -> None:
        super().__init__(name)
        if activation_layer not in LAYERS:
            raise ConfigError(
                f"PretrainedCREPE.activation_layer={activation_layer!r} is no layer of CREPE",
                f"Use {', '.join(LAYERS)}.",
            )
        self._activation_layer = activation_layer
        self._model = CrepeLayers(weights_path(model_capacity), trainable)

    def __call__(self, audio: Any) -> tf.Tensor:
        """Activations of each frame, [B, F, outputs of the layer], of audio_BN at 16 kHz."""
        frames_BFN = self.frame_audio(tf_float32(audio))
        outputs = self._model(tf.reshape(frames_BFN, [-1, self.frame_length]), self._activation_layer)
        size = int(np.prod(outputs.shape[1:]))
        return tf.reshape(outputs, [-1, frames_BFN.shape[1], size])

    def frame_audio(self, audio: tf.Tensor, hop_length: int = 1024, center: bool = True) -> tf.Tensor:
        """Frames with zero mean and unit variance, [B, F, 1024]; with `center`, the first is centred on the start."""
        half = self.frame_length // 2
        audio_BN = tf.pad(audio, [[0, 0], [half, half]]) if center else audio
        frames_BFN = tf.signal.frame(audio_BN, self.frame_length, hop_length)
        mean, variance = tf.nn.moments(frames_BFN, [-1], keepdims=True)
        is_silent = variance <= 0.0  # the root has no gradient at zero
        deviation = tf.where(is_silent, 0.0, tf.sqrt(tf.where(is_silent, 1.0, variance)))
        return (frames_BFN - mean) / (deviation + 1e-5)
