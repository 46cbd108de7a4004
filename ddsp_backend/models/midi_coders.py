"""Between curves and notes: encoders to pitch and velocity, and decoders back. B = batch, F = control frames.

A pitch is a MIDI note number, not yet rounded to a whole one. Velocities are passed on, but nothing reads them.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from ddsp_backend.arrays import Features
from ddsp_backend.dsp.core import midi_to_hz
from ddsp_backend.errors import ConfigError
from ddsp_backend.models.features import needed
from ddsp_backend.models.layers import Dense
from ddsp_backend.models.normalization import Normalize
from ddsp_backend.models.sequences import split_to_dict

Network = Callable[..., Any]

_MIDDLE_DB, _SPREAD_DB = -70.0, 30.0  # loudness of 0 and 1 at the network's output, with center_loudness


class _Coder(tf.Module):
    """A network, a normalization and an output layer."""

    def __init__(self, net: Network | None, n_out: int, norm: bool, name: str | None) -> None:
        super().__init__(name=name)
        if net is None:
            raise ConfigError(f"{type(self).__name__}.net is None", "Bind it, such as to @nn.DilatedConvStack().")
        self.net = net
        self.norm = Normalize("layer") if norm else None
        self.dense_out = Dense(n_out)

    def outputs(self, x: tf.Tensor, z: tf.Tensor | None = None) -> tf.Tensor:
        """[B, F, any], and a condition for the network if there is one, to [B, F, n_out]."""
        if z is not None and not getattr(self.net, "conditional", False):
            raise ConfigError(
                f"{type(self).__name__}.net takes no condition, but there is one: z",
                "Set DilatedConvStack.conditional = True for this network, or leave out what encodes z.",
            )
        x = self.net(x) if z is None else self.net(x, z)
        return self.dense_out(x if self.norm is None else self.norm(x))


class MidiEncoder(_Coder):
    """Pitch and velocity from the curves of pitch and loudness.

    Args:
      net: The network, from [B, F, any] to [B, F, any]; a larger one learns more detail but trains slower.
      f0_residual: What it gives is added to the pitch of the curve.
    """

    input_keys: tuple[str, ...] = ("f0_midi", "loudness")

    def __init__(self, net: Network | None = None, f0_residual: bool = True, name: str | None = None) -> None:
        super().__init__(net, 2, True, name)
        self.f0_residual = f0_residual

    def __call__(self, features: Features) -> Features:
        """`f0_midi` [B, F, 1] and the other inputs, [B, F, any], to `z_pitch` and `z_vel`, [B, F, 1]."""
        inputs = [needed(features, key, self) for key in self.input_keys]
        outputs = split_to_dict(self.outputs(tf.concat(inputs, -1)), (("z_pitch", 1), ("z_vel", 1)))
        if self.f0_residual:
            outputs["z_pitch"] += features["f0_midi"]
        return outputs


class HarmonicToMidiEncoder(MidiEncoder):
    """Pitch and velocity from the synthesizers' controls: `f0_midi`, `amps` and `noise` in dB, and `hd`.

    Args:
      net: The network, from [B, F, any] to [B, F, any]; a larger one learns more detail but trains slower.
      f0_residual: What it gives is added to the pitch of the curve.
    """

    input_keys = ("f0_midi", "amps", "hd", "noise")


class MidiDecoder(_Coder):
    """The curves of pitch and loudness from pitch.

    Args:
      net: The network, [B, F, any] to [B, F, any]. A conditional one is given `z` as well.
      f0_residual: Whether the network's output is added to the note's pitch, so that it can learn vibrato and glides.
      center_loudness: Loudness in dB is 30 times what it gives, less 70.
      norm: Whether to normalize before the output layer, which usually makes training more stable.
    """

    def __init__(
        self,
        net: Network | None = None,
        f0_residual: bool = True,
        center_loudness: bool = True,
        norm: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(net, 2, norm, name)
        self.f0_residual = f0_residual
        self.center_loudness = center_loudness

    def __call__(self, features: Features) -> Features:
        """`z_pitch` [B, F, 1] and perhaps `z` [B, F, any] to `f0_midi` and `loudness`, [B, F, 1]."""
        z_pitch = needed(features, "z_pitch", self)
        outputs = split_to_dict(self.outputs(z_pitch, features.get("z")), (("f0_midi", 1), ("loudness", 1)))
        if self.f0_residual:
            outputs["f0_midi"] += z_pitch
        if self.center_loudness:
            outputs["loudness"] = outputs["loudness"] * _SPREAD_DB + _MIDDLE_DB
        return outputs


class MidiToHarmonicDecoder(_Coder):
    """The synthesizers' raw parameters from pitch.

    Args:
      net: The network, [B, F, any] to [B, F, any]. A conditional one is given `z` as well.
      f0_residual: Whether the network's output is added to the note's pitch, so that it can learn vibrato and glides.
      norm: Whether to normalize before the output layer, which usually makes training more stable.
      output_splits: Name and number of channels of each output; `f0_midi` must be among them, and the numbers must fit
        the synthesizer.
      midi_zero_silence: Whether note 0 is a rest with 0 Hz; if not, it is the lowest note, 8.2 Hz.
    """

    def __init__(
        self,
        net: Network | None = None,
        f0_residual: bool = True,
        norm: bool = True,
        output_splits: Sequence[tuple[str, int]] = (
            ("f0_midi", 1),
            ("amplitudes", 1),
            ("harmonic_distribution", 60),
            ("magnitudes", 65),
        ),
        midi_zero_silence: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(net, sum(size for _, size in output_splits), norm, name)
        self.output_splits = tuple((key, size) for key, size in output_splits)
        if ("f0_midi", 1) not in self.output_splits:
            raise ConfigError("MidiToHarmonicDecoder.output_splits lacks ('f0_midi', 1)", "Add it: it is the pitch.")
        self.f0_residual = f0_residual
        self.midi_zero_silence = midi_zero_silence

    def __call__(self, features: Features) -> Features:
        """`z_pitch` [B, F, 1] and perhaps `z` [B, F, any] to the outputs, [B, F, size], and `f0_hz` [B, F, 1]."""
        z_pitch = needed(features, "z_pitch", self)
        outputs = split_to_dict(self.outputs(z_pitch, features.get("z")), self.output_splits)
        if self.f0_residual:
            outputs["f0_midi"] += z_pitch
        return {**outputs, "f0_hz": midi_to_hz(outputs["f0_midi"], self.midi_zero_silence)}
