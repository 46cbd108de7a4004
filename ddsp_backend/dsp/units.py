"""Units of pitch, frequency and level beyond those that every model needs (core.py): unit interval, bark, mel, ERB."""

from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.core import hz_to_midi, midi_to_hz, safe_divide, safe_log
from ddsp_backend.dsp.tensors import tf_float32


def logb(x: Any, base: Any = 2.0, eps: float = 1e-5) -> tf.Tensor:
    """Logarithm to any base; of `eps` where `x` is not positive."""
    return safe_divide(safe_log(x, eps), safe_log(base, eps), eps)


def log10(x: Any, eps: float = 1e-5) -> tf.Tensor:
    """Logarithm to base 10; of `eps` where `x` is not positive."""
    return logb(x, 10.0, eps)


def db_to_power(db: Any) -> tf.Tensor:
    """dB to linear power; 0 dB is 1."""
    return 10.0 ** (tf_float32(db) / 10.0)


def unit_to_midi(unit: Any, midi_min: Any = 20.0, midi_max: Any = 90.0, clip: bool = False) -> tf.Tensor:
    """0 to 1, to `midi_min` to `midi_max`; `clip` keeps values from outside at the ends."""
    unit = tf_float32(unit)
    unit = tf.clip_by_value(unit, 0.0, 1.0) if clip else unit
    return midi_min + (midi_max - midi_min) * unit


def midi_to_unit(midi: Any, midi_min: Any = 20.0, midi_max: Any = 90.0, clip: bool = False) -> tf.Tensor:
    """`midi_min` to `midi_max`, to 0 to 1; `clip` keeps values from outside at the ends."""
    unit = (tf_float32(midi) - midi_min) / (midi_max - midi_min)
    return tf.clip_by_value(unit, 0.0, 1.0) if clip else unit


def unit_to_hz(unit: Any, hz_min: Any, hz_max: Any, clip: bool = False) -> tf.Tensor:
    """0 to 1, to `hz_min` to `hz_max` in equal musical intervals. A `hz_min` of 0 counts as 8.18 Hz, MIDI note 0."""
    return midi_to_hz(unit_to_midi(unit, hz_to_midi(hz_min), hz_to_midi(hz_max), clip))


def hz_to_unit(hz: Any, hz_min: Any, hz_max: Any, clip: bool = False) -> tf.Tensor:
    """The inverse of `unit_to_hz`."""
    return midi_to_unit(hz_to_midi(hz), hz_to_midi(hz_min), hz_to_midi(hz_max), clip)


def hz_to_bark(hz: Any) -> Any:
    """Hz to critical-band rate in bark. Source: Traunmüller, JASA 88 (1990), p. 97, doi:10.1121/1.399849."""
    return 26.81 / (1.0 + 1960.0 / hz) - 0.53


def bark_to_hz(bark: Any) -> Any:
    """The inverse of `hz_to_bark`."""
    return 1960.0 / (26.81 / (bark + 0.53) - 1.0)


def hz_to_mel(hz: Any) -> tf.Tensor:
    """Hz to mel. Source: Young et al., "The HTK Book", chapter 5.4."""
    return 2595.0 * logb(1.0 + tf_float32(hz) / 700.0, 10.0)


def mel_to_hz(mel: Any) -> tf.Tensor:
    """The inverse of `hz_to_mel`."""
    return 700.0 * (10.0 ** (tf_float32(mel) / 2595.0) - 1.0)


def hz_to_erb(hz: Any) -> Any:
    """Equivalent rectangular bandwidth in Hz at these frequencies. Source: Moore & Glasberg, Acustica 82 (1996)."""
    return 0.108 * hz + 24.7
