"""From control signals to the synthesizer's raw parameters. B = batch, T = time steps, S = numbers of state."""

from collections.abc import Sequence

import tensorflow as tf

from ddsp_backend.arrays import Features
from ddsp_backend.dsp.tensors import tf_float32
from ddsp_backend.errors import ConfigError
from ddsp_backend.models.layers import Dense, FcStack
from ddsp_backend.models.recurrent import StatelessRnn


class RnnFcDecoder(tf.Module):
    """A stack per input, a recurrent layer over all of them, a stack after it, and one output layer that is split.

    Args:
      rnn_channels: Number of hidden units of the recurrent layer; more learn more detail but train slower.
      rnn_type: Type of the recurrent layer: "gru" is faster and smaller, "lstm" keeps a second memory.
      ch: Number of units of the fully connected layers; more learn more detail but train slower.
      layers_per_stack: Fully connected layers in each stack; 0 leaves the stacks out.
      stateless: The caller carries the state: features hold `state`, and so do the outputs.
      input_keys: Features to decode from, [B, T, any]; each gets its own stack.
      output_splits: Name and number of channels of each output; the numbers must match what the synthesizer takes.
      spread_inputs: Begin with first layers that tell pitches and levels between 0 and 1 apart. The reference's do not,
        and learn to in their first hundred steps.

    Source: Engel et al., "DDSP", ICLR 2020, arXiv:2001.04643, appendix B.2.
    """

    def __init__(
        self,
        rnn_channels: int = 512,
        rnn_type: str = "gru",
        ch: int = 512,
        layers_per_stack: int = 3,
        stateless: bool = False,
        input_keys: Sequence[str] = ("ld_scaled", "f0_scaled", "z"),
        output_splits: Sequence[tuple[str, int]] = (("amps", 1), ("harmonic_distribution", 40)),
        spread_inputs: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.stateless = stateless
        self.input_keys = tuple(input_keys)
        self.output_splits = tuple((key, size) for key, size in output_splits)
        self.input_stacks = [FcStack(ch, layers_per_stack, is_spread=spread_inputs) for _ in self.input_keys]
        self.rnn = StatelessRnn(rnn_channels, rnn_type)
        self.out_stack = FcStack(ch, layers_per_stack)
        self.dense_out = Dense(sum(size for _, size in self.output_splits))

    def __call__(self, features: Features) -> Features:
        """Decodes whole examples: `features` [B, T, any] under each of `input_keys` -> the outputs, [B, T, size]."""
        outputs, state_BS = self.step(features, features.get("state") if self.stateless else None)
        return {**outputs, "state": state_BS} if self.stateless else outputs

    def step(self, features: Features, state_BS: tf.Tensor | None) -> tuple[Features, tf.Tensor]:
        """Decodes the next T frames (1 or more) of a longer signal. A state of None starts it."""
        inputs = [stack(x) for stack, x in zip(self.input_stacks, self._inputs(features), strict=True)]
        y, state_BS = self.rnn(tf.concat(inputs, -1), state_BS)
        y = self.dense_out(self.out_stack(tf.concat([*inputs, y], -1)))
        names, sizes = zip(*self.output_splits, strict=True)
        return dict(zip(names, tf.split(y, sizes, axis=-1), strict=True)), state_BS

    def initial_state(self, n_batch: int | tf.Tensor) -> tf.Tensor:
        """The state before the first frame, [B, S]."""
        return self.rnn.initial_state(n_batch)

    def _inputs(self, features: Features) -> list[tf.Tensor]:
        missing = [key for key in self.input_keys if features.get(key) is None]
        if missing:
            raise ConfigError(
                f"RnnFcDecoder.input_keys names {', '.join(missing)}, but the preprocessor and encoder give only "
                f"{', '.join(sorted(features))}",
                "Choose input_keys among those, or the preprocessor or encoder that gives the missing ones.",
            )
        inputs = [tf_float32(features[key]) for key in self.input_keys]
        for key, x in zip(self.input_keys, inputs, strict=True):
            if x.shape[1] != inputs[0].shape[1]:
                raise ConfigError(
                    f"RnnFcDecoder.input_keys: {self.input_keys[0]} has {inputs[0].shape[1]} frames and {key} has "
                    f"{x.shape[1]}",
                    "Give both the same number: the preprocessor's time_steps or frame_rate, the encoder's "
                    "z_time_steps, and the data set's frame rate decide it.",
                )
        return inputs
