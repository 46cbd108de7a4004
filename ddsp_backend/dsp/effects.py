"""Rooms: convolution with an impulse response. B = batch, N = audio samples, R = samples of the response."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.core import exp_sigmoid
from ddsp_backend.dsp.filters import fft_convolve
from ddsp_backend.dsp.processors import Processor, Tensors
from ddsp_backend.dsp.synths import FilteredNoise
from ddsp_backend.errors import ConfigError


class Reverb(Processor):
    """Convolution with an impulse response that is learned, or that a network gives.

    Args:
      trainable: Learn one response for the whole data set; otherwise it is an input.
      reverb_length: R of the learned response.
      add_dry: Add the dry signal.
    """

    def __init__(
        self, trainable: bool = False, reverb_length: int = 48000, add_dry: bool = True, name: str = "reverb"
    ) -> None:
        super().__init__(name)
        self.trainable = trainable
        self.reverb_length = reverb_length
        self.add_dry = add_dry
        if trainable:
            self._ir = tf.Variable(tf.random.normal([reverb_length], stddev=1e-6), name="ir")

    def get_controls(self, *inputs: tf.Tensor) -> Tensors:
        """From audio_BN and, if not trainable, the response [B, R] or [B, R, 1]."""
        return {"audio": inputs[0], "ir": self.impulse_response(*inputs[1:])}

    def impulse_response(self, ir: tf.Tensor | None = None) -> tf.Tensor:
        """The response without the direct sound, [B or 1, R]."""
        if self.trainable:
            ir = tf.convert_to_tensor(self._ir)[None]
        elif ir is None:
            raise ConfigError(f"{self.name} has no impulse response", "Set trainable=True, or give it one in the dag.")
        ir = tf.convert_to_tensor(ir)
        if ir.shape.rank == 3:
            ir = ir[..., 0]
        return tf.concat([tf.zeros_like(ir[:, :1]), ir[:, 1:]], 1)  # the direct sound comes from add_dry

    def get_signal(self, **controls: Any) -> tf.Tensor:
        audio_BN, ir = controls["audio"], controls["ir"]
        wet_BN = fft_convolve(audio_BN, ir, delay_compensation=0)
        return wet_BN + audio_BN if self.add_dry else wet_BN


class FilteredNoiseReverb(Reverb):
    """A room whose response is noise shaped in time and frequency: fewer parameters, and no tone can hide in it.

    Args:
      trainable: Learn the magnitudes; otherwise they are an input [B, n_frames, n_filter_banks].
      reverb_length: R.
      window_size: Samples of the noise filter's window.
      n_frames: Frames of the response's magnitudes.
      n_filter_banks: Frequencies of the response's magnitudes.
      scale_fn: Makes the magnitudes positive.
      initial_bias: Added before `scale_fn`.
      add_dry: Add the dry signal.
    """

    def __init__(
        self,
        trainable: bool = False,
        reverb_length: int = 48000,
        window_size: int = 257,
        n_frames: int = 1000,
        n_filter_banks: int = 16,
        scale_fn: Callable[..., Any] | None = exp_sigmoid,
        initial_bias: float = -3.0,
        add_dry: bool = True,
        name: str = "filtered_noise_reverb",
    ) -> None:
        super().__init__(trainable=False, reverb_length=reverb_length, add_dry=add_dry, name=name)
        self.trainable = trainable
        self._synth = FilteredNoise(reverb_length, window_size, scale_fn, initial_bias)
        if trainable:
            self._magnitudes = tf.Variable(tf.random.normal([n_frames, n_filter_banks], stddev=1e-2), name="magnitudes")

    is_stochastic = True

    def process(self, *inputs: tf.Tensor, **options: Any) -> Tensors:
        controls = {"audio": inputs[0], "ir": self.impulse_response(*inputs[1:], **options)}
        return {"signal": self.get_signal(**controls), "controls": controls}

    def impulse_response(self, ir: tf.Tensor | None = None, noise_seed: Any = (0, 0)) -> tf.Tensor:
        """The response without the direct sound, [B or 1, R]; `ir` are magnitudes here."""
        if self.trainable:
            ir = tf.convert_to_tensor(self._magnitudes)[None]
        elif ir is None:
            raise ConfigError(f"{self.name} has no magnitudes", "Set trainable=True, or give it some in the dag.")
        noise = self._synth.process(ir, noise_seed=noise_seed)["signal"]
        return tf.concat([tf.zeros_like(noise[:, :1]), noise[:, 1:]], 1)
