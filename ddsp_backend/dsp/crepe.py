"""CREPE as a differentiable layer, and pitch by it. B = batch, N = samples at 16 kHz, F = frames, C = channels.

`pitch.crepe` is the faster one where no gradient is asked for.
"""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.dsp.hidden_markov import most_likely_path
from ddsp_backend.dsp.spectral import pad
from ddsp_backend.dsp.tensors import tf_float32
from ddsp_backend.errors import ConfigError
from ddsp_backend.pitch.crepe import CrepeTracker
from ddsp_backend.pitch.crepe_network import read_weights, weights_path
from ddsp_backend.pitch.tracker import FRAME_SIZE, track

CREPE_SAMPLE_RATE = 16000
CREPE_FRAME_SIZE = 1024
N_BINS = 360
_N_CONVOLUTIONS = 6
_BATCH_NORM_EPSILON = 1e-3
_CENTS_FROM_10_HZ = 1997.3794084376191 + np.linspace(0, 7180, N_BINS)  # of each bin's pitch
_BINS_AVERAGED = range(-4, 6)
_LARGEST_STEP = 12  # bins from frame to frame
_LEAST_STEP_WEIGHT = 1e-5
_SURE_EMISSION = 0.1

LAYERS = (
    "input",
    "input-reshape",
    *(f"conv{n}{part}" for n in range(1, _N_CONVOLUTIONS + 1) for part in ("", "-BN", "-maxpool", "-dropout")),
    "transpose",
    "flatten",
    "classifier",
)


class CrepeLayers(tf.Module):
    """The network, with the output of any of its layers.

    Args:
      weights: A file of weights in the layout of the crepe package.
      trainable: Whether the weights are variables. Otherwise they are constants, which no checkpoint keeps.

    Source: Kim et al., "CREPE: A Convolutional Representation for Pitch Estimation", ICASSP 2018, arXiv:1802.06182.
    """

    def __init__(self, weights: Path, trainable: bool = False, name: str = "crepe") -> None:
        super().__init__(name)
        self._weights: dict[str, Any] = {
            f"{layer}/{part}": tf.Variable(values) if trainable else tf.constant(values)
            for (layer, part), values in read_weights(weights).items()
        }

    def __call__(self, frames_FN: tf.Tensor, layer: str = "classifier") -> tf.Tensor:
        """The output of one of LAYERS, [F, positions, C] or [F, outputs], of normalised frames of 1024 samples."""
        if layer in ("input", "input-reshape"):
            return frames_FN if layer == "input" else frames_FN[..., None]
        outputs = frames_FN[..., None]
        for n in range(1, _N_CONVOLUTIONS + 1):
            name, _, part = layer.partition("-")
            here = name == f"conv{n}"
            stride = 4 if n == 1 else 1
            outputs = tf.nn.conv1d(outputs, self._weights[f"conv{n}/kernel"], stride, "SAME")
            outputs = tf.nn.relu(outputs + self._weights[f"conv{n}/bias"])
            if here and not part:
                return outputs
            outputs = self._normalized(outputs, f"conv{n}-BN")
            if here and part == "BN":
                return outputs
            outputs = tf.nn.max_pool1d(outputs, 2, 2, "VALID")
            if here:
                return outputs  # dropout does nothing but in training
        if layer == "transpose":
            return outputs
        flat = tf.reshape(outputs, [-1, outputs.shape[1] * outputs.shape[2]])
        if layer == "flatten":
            return flat
        return tf.sigmoid(flat @ self._weights["classifier/kernel"] + self._weights["classifier/bias"])

    def _normalized(self, inputs: tf.Tensor, layer: str) -> tf.Tensor:
        scale_C = self._weights[f"{layer}/gamma"] * tf.math.rsqrt(
            self._weights[f"{layer}/moving_variance"] + _BATCH_NORM_EPSILON
        )
        return (inputs - self._weights[f"{layer}/moving_mean"]) * scale_C + self._weights[f"{layer}/beta"]


class PretrainedCREPE(tf.Module):
    """Pitch of a batch of recordings, with gradients.

    Args:
      model_size_or_path: "tiny", "small", "medium", "large", "full", or a file of weights.
      hop_size: Samples between two frames.
    """

    frame_size = CREPE_FRAME_SIZE
    sample_rate = CREPE_SAMPLE_RATE

    def __init__(self, model_size_or_path: str, hop_size: int = 160, name: str = "pretrained_crepe") -> None:
        super().__init__(name)
        self.model_size_or_path = model_size_or_path
        self.hop_size = hop_size
        path = Path(model_size_or_path)
        self.core_model = CrepeLayers(path if path.is_file() else weights_path(model_size_or_path))

    def predict_f0_and_confidence(
        self, audio: Any, viterbi: bool = False, padding: str = "center"
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Pitch in Hz and confidence, both [B, F].

        Args:
          audio: At 16 kHz, [B, N] or [N].
          viterbi: Take the most likely path, and not each frame's strongest bin.
          padding: "center", "same" or "valid", see `spectral.pad`.
        """
        audio = tf_float32(audio)
        audio_BN = audio[None] if audio.shape.rank == 1 else audio
        audio_BN = pad(audio_BN, self.frame_size, self.hop_size, padding)
        activations = self.core_model(self.normalize_frames(self.batch_frames(audio_BN)))
        centers = None
        if viterbi:
            by_recording = tf.reshape(activations, [audio_BN.shape[0], -1, N_BINS])
            centers = tf.reshape(self.viterbi_decode(by_recording), [-1])
        f0_hz, confidence = self.activations_to_f0_and_confidence(activations, centers)
        shape = [audio_BN.shape[0], -1]
        return tf.reshape(f0_hz, shape), tf.reshape(confidence, shape)

    def batch_frames(self, audio: tf.Tensor) -> tf.Tensor:
        """Frames of audio [B, N] one after the other, [B F, 1024]. Audio of one frame is one already."""
        if audio.shape[-1] == self.frame_size:
            return audio
        return tf.reshape(tf.signal.frame(audio, self.frame_size, self.hop_size), [-1, self.frame_size])

    def normalize_frames(self, frames: tf.Tensor) -> tf.Tensor:
        """Frames with zero mean and unit variance; silence stays silent."""
        mean, variance = tf.nn.moments(frames, [-1], keepdims=True)
        is_silent = variance <= 0.0
        return (frames - mean) / tf.where(is_silent, 1e-8, tf.sqrt(tf.where(is_silent, 1.0, variance)))

    @classmethod
    def activations_to_f0_and_confidence(
        cls, activations: tf.Tensor, centers: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Pitch in Hz [F], and the largest activation [F, 1]. The pitch is the mean around bins: `centers` [F], or each
        frame's strongest.
        """
        if centers is None:
            centers = tf.argmax(activations, -1)
        bins = tf.cast(centers, tf.int32)[:, None] + tf.constant(list(_BINS_AVERAGED))
        bins = tf.clip_by_value(bins, 0, N_BINS - 1)
        weights = tf.gather(activations, bins, batch_dims=1)
        cents = tf.gather(tf.constant(_CENTS_FROM_10_HZ, tf.float32), bins)
        mean_cents = tf.reduce_sum(weights * cents, -1) / tf.reduce_sum(weights, -1)
        return 10.0 * 2.0 ** (mean_cents / 1200.0), tf.reduce_max(activations, -1, keepdims=True)

    def viterbi_decode(self, acts: tf.Tensor) -> tf.Tensor:
        """The most likely path of bins, int32 [B, F], through activations [B, F, 360]: small steps are likelier."""
        bins = np.arange(N_BINS)
        steps = np.maximum(_LARGEST_STEP - np.abs(bins[:, None] - bins), _LEAST_STEP_WEIGHT)
        log_steps = np.log(steps / steps.sum(1, keepdims=True)).astype(np.float32)
        miss = (1.0 - _SURE_EMISSION) / N_BINS
        log_emissions = acts * np.log((miss + _SURE_EMISSION) / miss)  # but for what all bins have in common
        return most_likely_path(tf.cast(log_emissions, tf.float32), tf.constant(log_steps))


def compute_f0(audio: Any, frame_rate: int, viterbi: bool = True, padding: str = "center") -> tuple[Any, Any]:
    """Pitch in Hz and confidence of audio [N] at 16 kHz by CREPE's full model, float32 arrays [F]; no gradients.

    Where there is silence, the pitch goes on from neighbour to neighbour and the confidence is 0. `padding` is
    "center", "same" or "valid", see `spectral.pad`.

    Raises ConfigError where the audio is shorter than a frame and the padding is "valid".
    """
    audio_N = np.asarray(audio, np.float32)
    if padding == "valid" and len(audio_N) < FRAME_SIZE:
        raise ConfigError(
            f"compute_f0: {len(audio_N)} samples of audio are less than one frame of {FRAME_SIZE}",
            "Use padding='same' or 'center', or longer audio.",
        )
    return track(CrepeTracker("full", viterbi), audio_N, frame_rate, padding)
