"""Rooms (convolution with an impulse response), filters and modulated delays. B = batch, F = control frames, N = audio
samples, R = samples of the response.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.core import exp_sigmoid
from ddsp_backend.dsp.filters import fft_convolve, frequency_filter
from ddsp_backend.dsp.nested import Tensors
from ddsp_backend.dsp.processors import Processor
from ddsp_backend.dsp.synths import FilteredNoise
from ddsp_backend.dsp.tensors import tf_float32
from ddsp_backend.dsp.wavetables import variable_length_delay
from ddsp_backend.errors import ConfigError


class Reverb(Processor):
    """Convolution with an impulse response that is learned, or that a network gives.

    Args:
      trainable: Learn one response for the whole data set; otherwise it is an input.
      reverb_length: Length R of the learned room response in samples; a longer one holds larger rooms.
      add_dry: Whether the output also contains the dry signal without reverb.
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
        """From audio_BN and, if not trainable, the response [B, R], [B, R, 1] or [R]."""
        return {"audio": inputs[0], "ir": self.impulse_response(*inputs[1:])}

    def impulse_response(self, ir: tf.Tensor | None = None) -> tf.Tensor:
        """The response without the direct sound, [B or 1, R]."""
        if self.trainable:
            ir = tf.convert_to_tensor(self._ir)[None]
        elif ir is None:
            raise ConfigError(f"{self.name} has no impulse response", "Set trainable=True, or give it one in the dag.")
        ir = tf_float32(ir)
        if ir.shape.rank == 1:
            ir = ir[None]
        return _without_direct_sound(ir[..., 0] if ir.shape.rank == 3 else ir)

    def get_signal(self, **controls: Any) -> tf.Tensor:
        audio_BN, ir = controls["audio"], controls["ir"]
        wet_BN = fft_convolve(audio_BN, ir, delay_compensation=0)
        return wet_BN + audio_BN if self.add_dry else wet_BN


def _without_direct_sound(ir: tf.Tensor) -> tf.Tensor:
    """The direct sound is add_dry's."""
    return tf.concat([tf.zeros_like(ir[:, :1]), ir[:, 1:]], 1)


class _NoiseRoom(Reverb):
    """A room whose response is made of noise, which the seed chooses."""

    is_stochastic = True

    def process(self, *inputs: tf.Tensor, **options: Any) -> Tensors:
        audio_BN, *rest = map(tf_float32, inputs)
        controls = {"audio": audio_BN, "ir": self.impulse_response(*rest, **options)}
        return {"signal": self.get_signal(**controls), "controls": controls}


class ExpDecayReverb(_NoiseRoom):
    """A room whose response is noise that dies away exponentially: only its loudness and its decay are learned.

    Args:
      trainable: Learn one gain and decay for the whole data set; otherwise they are inputs, [B, 1] each.
      reverb_length: Length R of the room response in samples; a longer one holds larger rooms.
      scale_fn: Function that makes the gain positive; None uses the network's output as it is.
      add_dry: Whether the output also contains the dry signal without reverb.
    """

    def __init__(
        self,
        trainable: bool = False,
        reverb_length: int = 48000,
        scale_fn: Callable[..., Any] | None = exp_sigmoid,
        add_dry: bool = True,
        name: str = "exp_decay_reverb",
    ) -> None:
        super().__init__(trainable=False, reverb_length=reverb_length, add_dry=add_dry, name=name)
        self.trainable = trainable
        self.scale_fn = scale_fn
        if trainable:
            self._gain = tf.Variable([2.0], name="gain")
            self._decay = tf.Variable([4.0], name="decay")

    def impulse_response(
        self, gain: tf.Tensor | None = None, decay: tf.Tensor | None = None, noise_seed: Any = (0, 0)
    ) -> tf.Tensor:
        """The response without the direct sound, [B or 1, R]: over it the noise decays by exp(-(2 + exp(decay)))."""
        if self.trainable:
            gain, decay = tf.convert_to_tensor(self._gain)[None], tf.convert_to_tensor(self._decay)[None]
        elif gain is None or decay is None:
            raise ConfigError(f"{self.name} has no gain and decay", "Set trainable=True, or give it both in the dag.")
        if self.scale_fn is not None:
            gain = self.scale_fn(gain)
        # The first two: which rows of the batch are played in it makes no difference to a room.
        noise_R = tf.random.stateless_uniform([self.reverb_length], tf.cast(noise_seed, tf.int32)[:2], -1.0, 1.0)
        time_R = tf.linspace(0.0, 1.0, self.reverb_length)
        return _without_direct_sound(gain * tf.exp(-(2.0 + tf.exp(decay)) * time_R) * noise_R)


class FilteredNoiseReverb(_NoiseRoom):
    """A room whose response is noise shaped in time and frequency: fewer parameters, and no tone can hide in it.

    Args:
      trainable: Learn the magnitudes; otherwise they are an input [B, n_frames, n_filter_banks].
      reverb_length: Length R of the room response in samples; a longer one holds larger rooms.
      window_size: Length of the noise filter's window in samples; a longer one shapes the noise more sharply.
      n_frames: Number of frames of the room response; more frames follow its decay in more detail.
      n_filter_banks: Number of frequency bands of the room response; more bands shape its colour more finely.
      scale_fn: Function that makes the magnitudes positive; None uses the network's output as it is.
      initial_bias: Added before `scale_fn`; a lower value makes an untrained room quieter.
      add_dry: Whether the output also contains the dry signal without reverb.
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

    def impulse_response(self, ir: tf.Tensor | None = None, noise_seed: Any = (0, 0)) -> tf.Tensor:
        """The response without the direct sound, [B or 1, R]; `ir` are magnitudes here."""
        if self.trainable:
            ir = tf.convert_to_tensor(self._magnitudes)[None]
        elif ir is None:
            raise ConfigError(f"{self.name} has no magnitudes", "Set trainable=True, or give it some in the dag.")
        noise = self._synth.process(ir, noise_seed=tf.cast(noise_seed, tf.int32)[:2])["signal"]
        return _without_direct_sound(noise)


class FIRFilter(Processor):
    """A filter whose frequency response a network gives, frame by frame.

    Args:
      window_size: Samples of the filter's window; 0 for as many as the magnitudes define.
      scale_fn: Makes network outputs positive; None takes them as they are.
    """

    def __init__(
        self,
        window_size: int = 257,
        scale_fn: Callable[..., Any] | None = exp_sigmoid,
        name: str = "fir_filter",
    ) -> None:
        super().__init__(name)
        self.window_size = window_size
        self.scale_fn = scale_fn

    def get_controls(self, *inputs: tf.Tensor) -> Tensors:
        """From audio_BN and magnitudes [B, F, n_frequencies]."""
        audio_BN, magnitudes = inputs
        return {"audio": audio_BN, "magnitudes": magnitudes if self.scale_fn is None else self.scale_fn(magnitudes)}

    def get_signal(self, **controls: Any) -> tf.Tensor:
        """Audio_BN."""
        return frequency_filter(controls["audio"], controls["magnitudes"], self.window_size)


class ModDelay(Processor):
    """A delay that moves, for chorus, flanger and vibrato.

    Args:
      center_ms: Shortest delay in milliseconds; a few give a flanger, ten or more a chorus.
      depth_ms: How many milliseconds the delay grows at most; more makes the effect stronger.
      sample_rate: Sample rate of the audio in Hz; it must match the data set.
      gain_scale_fn: Makes the gain positive; None takes it as it is.
      phase_scale_fn: Makes the phase 0 to 1; None takes it as it is.
      add_dry: Whether the output also contains the dry signal without reverb.
    """

    def __init__(
        self,
        center_ms: float = 15.0,
        depth_ms: float = 10.0,
        sample_rate: int = 16000,
        gain_scale_fn: Callable[..., Any] | None = exp_sigmoid,
        phase_scale_fn: Callable[..., Any] | None = tf.nn.sigmoid,
        add_dry: bool = True,
        name: str = "mod_delay",
    ) -> None:
        super().__init__(name)
        self.center_ms = center_ms
        self.depth_ms = depth_ms
        self.sample_rate = sample_rate
        self.gain_scale_fn = gain_scale_fn
        self.phase_scale_fn = phase_scale_fn
        self.add_dry = add_dry

    def get_controls(self, *inputs: tf.Tensor) -> Tensors:
        """From audio_BN, gain and phase, both [B, N, 1]: a phase of 0 delays by `center_ms`, 1 by `depth_ms` more."""
        audio_BN, gain, phase = inputs
        gain = gain if self.gain_scale_fn is None else self.gain_scale_fn(gain)
        phase = phase if self.phase_scale_fn is None else self.phase_scale_fn(phase)
        return {"audio": audio_BN, "gain": gain, "phase": phase}

    def get_signal(self, **controls: Any) -> tf.Tensor:
        """Audio_BN."""
        audio_BN, gain, phase = controls["audio"], controls["gain"], controls["phase"]
        longest_ms = self.center_ms + self.depth_ms
        delay = (self.center_ms + self.depth_ms * phase) / longest_ms
        wet_BN = variable_length_delay(delay, audio_BN, int(self.sample_rate * longest_ms / 1000))
        wet_BN *= gain[..., 0] if gain.shape.rank == 3 else gain
        return wet_BN + audio_BN if self.add_dry else wet_BN
