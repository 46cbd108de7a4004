"""Units, scalings and resampling of control signals. B = batch, F = frames, T = target steps, C = channels."""

import math
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.dsp.tensors import tf_float32
from ddsp_backend.errors import ConfigError

DB_RANGE = 80.0  # dB between the loudest and the quietest level that is told apart


def safe_log(x: Any, eps: float = 1e-5) -> tf.Tensor:
    """Natural logarithm, of `eps` where `x` is not positive."""
    x = tf_float32(x)
    return tf.math.log(tf.where(x <= 0.0, tf.constant(eps, tf.float32), x))


def safe_divide(numerator: tf.Tensor, denominator: tf.Tensor, eps: float = 1e-7) -> tf.Tensor:
    """Quotient, with `eps` for a denominator of zero."""
    numerator, denominator = tf_float32(numerator), tf_float32(denominator)
    return numerator / tf.where(tf.equal(denominator, 0.0), tf.constant(eps, tf.float32), denominator)


def midi_to_hz(notes: Any, midi_zero_silence: bool = False) -> tf.Tensor:
    """MIDI note numbers to Hz; 69 is 440 Hz. With `midi_zero_silence`, note 0 is a rest and gives 0 Hz."""
    notes = tf_float32(notes)
    hz = 440.0 * 2.0 ** ((notes - 69.0) / 12.0)
    return tf.where(notes == 0.0, 0.0, hz) if midi_zero_silence else hz


def hz_to_midi(frequencies: Any) -> tf.Tensor:
    """Hz to MIDI note numbers; 0 Hz and below are 0."""
    frequencies = tf_float32(frequencies)
    notes = (12.0 / math.log(2.0)) * (safe_log(frequencies) - math.log(440.0)) + 69.0
    return tf.where(frequencies <= 0.0, 0.0, notes)


def power_to_db(power: tf.Tensor, ref_db: float = 0.0, range_db: float = DB_RANGE) -> tf.Tensor:
    """Power to dB, never below `-range_db`."""
    power = tf.maximum(tf_float32(power), 10.0 ** (-range_db / 10.0))
    return tf.maximum((10.0 / math.log(10.0)) * tf.math.log(power) - ref_db, -range_db)


def amplitude_to_db(amplitude: tf.Tensor, ref_db: float = 0.0, range_db: float = DB_RANGE) -> tf.Tensor:
    """Amplitude to dB, never below `-range_db`."""
    return power_to_db(tf.square(tf_float32(amplitude)), ref_db, range_db)


def exp_sigmoid(x: tf.Tensor, exponent: float = 10.0, max_value: float = 2.0, threshold: float = 1e-7) -> tf.Tensor:
    """A sigmoid raised to a power: bounded by `max_value`, never below `threshold`, even in steps of dB in between.

    Args:
      x: Any shape.
      exponent: How steep the curve is; a higher value spreads the outputs over a larger range of loudness.
      max_value: The largest output, which limits how loud the result can be.
      threshold: The smallest output, which keeps logarithms of it finite.

    Source: Engel et al., "DDSP", ICLR 2020, arXiv:2001.04643, appendix B.
    """
    # sigmoid(x) ** p as exp(-p softplus(-x)): the same number, without the gradient of a power near zero
    return max_value * tf.exp(-math.log(exponent) * tf.nn.softplus(-tf_float32(x))) + threshold


def resample(inputs: Any, n_timesteps: int, method: str = "linear", add_endpoint: bool = True) -> tf.Tensor:
    """Interpolates frames to `n_timesteps` steps.

    Args:
      inputs: [F], [B, F], [B, F, C] or [B, F, X, C].
      n_timesteps: Steps of the result.
      method: "nearest", "linear", "cubic", or "window": overlapping Hann windows, smooth and only for upsampling.
      add_endpoint: The last frame is held for a step of its own, so that F frames make F segments; otherwise F - 1.

    Returns:
      The same rank, with `n_timesteps` in place of F.

    Raises:
      ConfigError: The method is unknown, or cannot make this length.
    """
    inputs = tf_float32(inputs)
    rank = inputs.shape.rank
    if rank == 4 and method == "window":
        raise ConfigError("resample: method='window' takes at most 3 dimensions, not 4", "Use 'linear'.")
    if rank == 1:
        inputs_BFXC = inputs[None, :, None, None]
    elif rank == 2:
        inputs_BFXC = inputs[:, :, None, None]
    elif rank == 3:
        inputs_BFXC = inputs[:, :, None, :]
    else:
        inputs_BFXC = inputs
    if method == "window":
        outputs_BTXC = upsample_with_windows(inputs_BFXC[:, :, 0, :], n_timesteps, add_endpoint)[:, :, None, :]
    elif method in _RESIZERS:
        size = tf.stack([n_timesteps, tf.shape(inputs_BFXC)[2]])
        outputs_BTXC = _RESIZERS[method](images=inputs_BFXC, size=size, align_corners=not add_endpoint)
        shape = inputs_BFXC.shape
        outputs_BTXC = tf.ensure_shape(outputs_BTXC, [shape[0], n_timesteps, shape[2], shape[3]])
    else:
        raise ConfigError(f"resample: method={method!r} is unknown", "Use nearest, linear, cubic or window.")
    if rank == 1:
        return outputs_BTXC[0, :, 0, 0]
    if rank == 2:
        return outputs_BTXC[:, :, 0, 0]
    return outputs_BTXC[:, :, 0, :] if rank == 3 else outputs_BTXC


_RESIZERS = {
    "nearest": tf.raw_ops.ResizeNearestNeighbor,
    "linear": tf.raw_ops.ResizeBilinear,
    "cubic": tf.raw_ops.ResizeBicubic,
}


def upsample_with_windows(inputs: tf.Tensor, n_timesteps: int, add_endpoint: bool = True) -> tf.Tensor:
    """[B, F, C] to [B, n_timesteps, C]: between two frames, each fades into the next with half a Hann window.

    Raises ConfigError where the inputs have other axes, or the segments between frames are not equally long.
    """
    inputs = tf_float32(inputs)
    if len(inputs.shape) != 3:
        raise ConfigError(
            f"upsample_with_windows: the inputs have the shape {list(inputs.shape)}, not [batch, frames, channels]",
            "resample(method='window') takes fewer and more axes.",
        )
    inputs_BFC = tf.concat([inputs, inputs[:, -1:]], 1) if add_endpoint else inputs
    n_batch, n_frames, n_channels = inputs_BFC.shape
    hop = hop_size(n_timesteps, n_frames - 1, "window")
    fade_H1 = tf.constant(fade_in(hop, "window")[:, None])
    start, end = inputs_BFC[:, :-1, None], inputs_BFC[:, 1:, None]
    return tf.reshape(start + (end - start) * fade_H1, [-1 if n_batch is None else n_batch, n_timesteps, n_channels])


def hop_size(n_timesteps: int, n_segments: int, method: str) -> int:
    """Steps of each of `n_segments` equal segments. Raises ConfigError if they are not equal or not longer than one."""
    if n_timesteps % n_segments or n_timesteps <= n_segments:
        raise ConfigError(
            f"Resampling with method={method!r} needs a multiple of {n_segments} steps, but got {n_timesteps}",
            "Choose n_samples as a multiple of the number of control frames, or amp_resample_method='linear'.",
        )
    return n_timesteps // n_segments


def fade_in(hop: int, method: str) -> Any:
    """Weight of the next frame at each step between two frames, float32 [hop]; the frame before has the rest."""
    ramp = np.arange(hop) / hop
    return (ramp if method == "linear" else 0.5 - 0.5 * np.cos(np.pi * ramp)).astype(np.float32)
