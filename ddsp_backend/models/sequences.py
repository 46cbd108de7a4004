"""Layers that run over whole sequences, put together of simpler ones. B = batch, T = time steps, C = channels."""

import tensorflow as tf

from ddsp_backend.models.layers import Dense, Fc, FcStack, LayerNorm
from ddsp_backend.models.recurrent import StatelessRnn


class Rnn(tf.Module):
    """A recurrent layer that starts from zeros: x_BTC to [B, T, dims].

    Args:
      dims: Number of hidden units; more units learn more detail but take longer to train.
      rnn_type: Type of the recurrent layer: "gru" is faster and smaller, "lstm" keeps a second memory.
      return_sequences: Whether to return every frame; if not, only the last one, [B, dims], a summary of all.
      bidir: A second layer runs backwards. Its steps stand beside those of the first, [B, T, 2 dims].
    """

    def __init__(
        self, dims: int, rnn_type: str, return_sequences: bool = True, bidir: bool = False, name: str | None = None
    ) -> None:
        super().__init__(name=name)
        self.return_sequences = return_sequences
        self.rnn = StatelessRnn(dims, rnn_type)
        self.backward_rnn = StatelessRnn(dims, rnn_type) if bidir else None

    def __call__(self, x_BTC: tf.Tensor) -> tf.Tensor:
        y_BTC, _ = self.rnn(x_BTC)
        y_BTC = y_BTC if self.return_sequences else y_BTC[:, -1]
        if self.backward_rnn is None:
            return y_BTC
        backward_BTC, _ = self.backward_rnn(tf.reverse(x_BTC, [1]))
        # What ran backwards has seen everything at the first step.
        backward_BTC = tf.reverse(backward_BTC, [1]) if self.return_sequences else backward_BTC[:, -1]
        return tf.concat([y_BTC, backward_BTC], -1)


class _InARow(tf.Module):
    layers: list[tf.Module]

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class FcStackOut(_InARow):
    """A stack of fully connected layers and an output layer: x [..., C] to [..., n_out].

    Args:
      ch: Number of units in each layer; more units learn more detail but take longer to train.
      layers: Number of layers; more layers learn more detail but take longer to train.
      n_out: Number of channels of the result; it must match what takes the result.
    """

    def __init__(self, ch: int, layers: int, n_out: int, name: str | None = None) -> None:
        super().__init__(name=name)
        self.layers = [FcStack(ch, layers), Dense(n_out)]


class RnnFc(_InARow):
    """Recurrent layers and a fully connected one: x_BTC to [B, T, out_feat].

    Args:
      rnn_feat: Number of hidden units of each recurrent layer; more units learn more detail but train slower.
      out_feat: Number of channels of the result; it must match what takes the result.
      rnn_type: Type of the recurrent layer: "gru" is faster and smaller, "lstm" keeps a second memory.
      nonlinearity: The activation function of the last layer; it decides which values the result can have.
      bidir: Whether the recurrent layers run both ways, so that they know the future, which cannot be played live.
      n_rnn: Number of recurrent layers; more layers learn more detail but take longer to train.
    """

    def __init__(
        self,
        rnn_feat: int,
        out_feat: int,
        rnn_type: str = "lstm",
        nonlinearity: str = "sigmoid",
        bidir: bool = False,
        n_rnn: int = 1,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.layers = [*(Rnn(rnn_feat, rnn_type, bidir=bidir) for _ in range(n_rnn)), Fc(out_feat, nonlinearity)]


class RnnSandwich(_InARow):
    """A recurrent layer between two stacks: x_BTC to [B, T, fc_stack_ch].

    Args:
      fc_stack_ch: Number of units of the fully connected layers; more units learn more detail but train slower.
      fc_stack_layers: Number of layers of each fully connected stack; more layers learn more detail but train slower.
      rnn_ch: Number of hidden units of the recurrent layer; more units learn more detail but train slower.
      rnn_type: Type of the recurrent layer: "gru" is faster and smaller, "lstm" keeps a second memory.
    """

    def __init__(
        self,
        fc_stack_ch: int = 256,
        fc_stack_layers: int = 2,
        rnn_ch: int = 512,
        rnn_type: str = "gru",
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.layers = [
            FcStack(fc_stack_ch, fc_stack_layers),
            Rnn(rnn_ch, rnn_type),
            FcStack(fc_stack_ch, fc_stack_layers),
        ]


class SingleGru(_InARow):
    """A GRU and layer normalization: x_BTC to [B, T, gru_dim].

    Args:
      gru_dim: Number of hidden units of the recurrent layer; more units learn more detail but train slower.
    """

    def __init__(self, gru_dim: int = 128, name: str | None = None) -> None:
        super().__init__(name=name)
        self.layers = [Rnn(gru_dim, "gru"), LayerNorm()]


class Identity(tf.Module):
    """Gives what it is given."""

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return x


def split_to_dict(tensor: tf.Tensor, tensor_splits: tuple[tuple[str, int], ...]) -> dict[str, tf.Tensor]:
    """The last axis cut into named parts: (("amps", 1), ...)."""
    names, sizes = zip(*tensor_splits, strict=True)
    return dict(zip(names, tf.split(tensor, sizes, axis=-1), strict=True))
