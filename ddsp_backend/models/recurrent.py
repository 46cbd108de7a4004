"""Recurrent layers that take a state in and give it out, so that audio of any length can be rendered in pieces.

B = batch, T = time steps, C = input channels, H = hidden units, S = numbers of state (H, or 2 H for the LSTM).
"""

from functools import cache
from typing import Any, Protocol

import tensorflow as tf

from ddsp_backend.dsp.target import current_target
from ddsp_backend.errors import ConfigError
from ddsp_backend.models.cudnn_gru import cudnn_gru
from ddsp_backend.models.gru import gru_scan, gru_step
from ddsp_backend.models.layers import Layer, glorot_uniform, orthogonal, product


class RecurrentLayer(Protocol):
    n_state: int

    def __call__(self, x_BTC: tf.Tensor, state_BS: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]: ...


def _projected(x_BTC: tf.Tensor, kernel: tf.Variable) -> tf.Tensor:
    """Time first, and the input's part of all gates in one product: [T, B, gates]."""
    return product(tf.transpose(x_BTC, [1, 0, 2]), kernel)


@cache
def _compiled(scan: Any, n_hidden: int, n_gates: int) -> Any:
    """`scan` as a graph: called outside of one, TensorFlow would run its loop in Python, forty times slower."""
    widths = {
        gru_scan: ([None, n_hidden], [n_hidden, n_gates * n_hidden], [2, n_gates * n_hidden]),
        lstm_scan: ([None, 2 * n_hidden], [n_hidden, n_gates * n_hidden]),
    }
    signature = [tf.TensorSpec(shape) for shape in ([None, None, n_gates * n_hidden], *widths[scan])]
    return tf.function(scan, input_signature=signature, autograph=False)


class Gru(Layer):
    """Gated recurrent unit. Variables as Keras 2 names and shapes them: bias [2, 3 H], the input's and the state's."""

    def __init__(self, dims: int, name: str | None = None) -> None:
        super().__init__(name=name)
        self.dims = dims
        self.n_state = dims

    def create(self, n_in: int) -> None:
        self.kernel = tf.Variable(glorot_uniform(n_in, 3 * self.dims), name="kernel")
        self.recurrent_kernel = tf.Variable(orthogonal(self.dims, 3 * self.dims), name="recurrent_kernel")
        self.bias = tf.Variable(tf.zeros([2, 3 * self.dims]), name="bias")

    def __call__(self, x_BTC: tf.Tensor, state_BS: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        self.size(x_BTC)
        recurrent_kernel = tf.convert_to_tensor(self.recurrent_kernel)
        bias = tf.convert_to_tensor(self.bias)
        if current_target().has_cudnn:
            x_TBC = tf.transpose(x_BTC, [1, 0, 2])
            states_TBH = cudnn_gru(x_TBC, state_BS, tf.convert_to_tensor(self.kernel), recurrent_kernel, bias)
            return tf.transpose(states_TBH, [1, 0, 2]), states_TBH[-1]
        projected_TBG = _projected(x_BTC, self.kernel)
        if projected_TBG.shape[0] == 1:  # a single step needs no loop: what the plugin's model file is made of
            state_BH, _ = gru_step(projected_TBG[0], state_BS, recurrent_kernel, bias)
            return state_BH[:, None], state_BH
        scan = _compiled(gru_scan, self.dims, 3) if tf.executing_eagerly() else gru_scan
        states_TBH = scan(projected_TBG, state_BS, recurrent_kernel, bias)
        return tf.transpose(states_TBH, [1, 0, 2]), states_TBH[-1]


def lstm_step(projected_BG: tf.Tensor, state_BS: tf.Tensor, recurrent_kernel: tf.Tensor) -> tf.Tensor:
    """The next state_BS: hidden and cell side by side. Source: Hochreiter and Schmidhuber, 1997."""
    hidden, cell = tf.split(state_BS, 2, axis=1)
    i, f, c, o = tf.split(projected_BG + tf.matmul(hidden, recurrent_kernel), 4, axis=1)
    cell = tf.sigmoid(f) * cell + tf.sigmoid(i) * tf.tanh(c)
    return tf.concat([tf.sigmoid(o) * tf.tanh(cell), cell], 1)


def lstm_scan(
    projected_TBG: tf.Tensor, state_BS: tf.Tensor, recurrent_kernel: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """All steps: hidden_TBH, and the last state_BS."""
    n_steps, n_hidden = tf.shape(projected_TBG)[0], recurrent_kernel.shape[0]
    array = tf.TensorArray(tf.float32, size=n_steps, element_shape=[projected_TBG.shape[1], n_hidden])

    def body(t: tf.Tensor, state: tf.Tensor, states: Any) -> tuple[Any, ...]:
        state = lstm_step(projected_TBG[t], state, recurrent_kernel)
        return t + 1, state, states.write(t, state[:, :n_hidden])

    _, state_BS, states = tf.while_loop(lambda t, *_: t < n_steps, body, [0, state_BS, array])
    return states.stack(), state_BS


class Lstm(Layer):
    """Long short-term memory, gates in Keras' order i, f, c, o. State: hidden and cell side by side."""

    def __init__(self, dims: int, name: str | None = None) -> None:
        super().__init__(name=name)
        self.dims = dims
        self.n_state = 2 * dims

    def create(self, n_in: int) -> None:
        n = self.dims
        self.kernel = tf.Variable(glorot_uniform(n_in, 4 * n), name="kernel")
        self.recurrent_kernel = tf.Variable(orthogonal(n, 4 * n), name="recurrent_kernel")
        # A forget gate that starts open. Source: Jozefowicz et al., ICML 2015.
        self.bias = tf.Variable(tf.concat([tf.zeros([n]), tf.ones([n]), tf.zeros([2 * n])], 0), name="bias")

    def __call__(self, x_BTC: tf.Tensor, state_BS: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        self.size(x_BTC)
        recurrent_kernel = tf.convert_to_tensor(self.recurrent_kernel)
        projected_TBG = _projected(x_BTC, self.kernel) + self.bias
        if projected_TBG.shape[0] == 1:
            state_BS = lstm_step(projected_TBG[0], state_BS, recurrent_kernel)
            return state_BS[:, None, : self.dims], state_BS
        scan = _compiled(lstm_scan, self.dims, 4) if tf.executing_eagerly() else lstm_scan
        outputs_TBH, state_BS = scan(projected_TBG, state_BS, recurrent_kernel)
        outputs_TBH = tf.ensure_shape(outputs_TBH, [projected_TBG.shape[0], None, self.dims])
        return tf.transpose(outputs_TBH, [1, 0, 2]), state_BS


def _has_halves(x_BTC: tf.Tensor) -> bool:
    """Whether the halves of a batch are run through two loops at once.

    The products of one loop are too small for two cores, and between them all cores but one wait. On a processor two
    loops side by side take half to three quarters of the time; a GPU or TPU would run them one after the other.
    """
    n_batch, n_steps, _ = x_BTC.shape
    if tf.executing_eagerly() or None in (n_batch, n_steps):
        return False
    is_processor = not (current_target().is_tpu or tf.config.list_logical_devices("GPU"))
    return is_processor and n_steps > 1 and n_batch >= 4 and n_batch % 2 == 0


RNN_TYPES = {"gru": Gru, "lstm": Lstm}


class StatelessRnn(tf.Module):
    """A recurrent layer by name: (x_BTC, state_BS) -> (y_BTH, state_BS). Without a state it starts from zeros."""

    def __init__(self, dims: int, rnn_type: str, name: str | None = None) -> None:
        super().__init__(name=name)
        if rnn_type not in RNN_TYPES:
            raise ConfigError(f"rnn_type={rnn_type!r} is unknown", f"It must be one of {', '.join(RNN_TYPES)}.")
        self.rnn: RecurrentLayer = RNN_TYPES[rnn_type](dims)
        self.n_state = self.rnn.n_state

    def __call__(self, x_BTC: tf.Tensor, state_BS: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        if state_BS is None:
            n_batch = tf.shape(x_BTC)[0] if x_BTC.shape[0] is None else x_BTC.shape[0]
            state_BS = self.initial_state(n_batch)
        if not _has_halves(x_BTC):
            return self.rnn(x_BTC, state_BS)
        halves = [self.rnn(*half) for half in zip(tf.split(x_BTC, 2), tf.split(state_BS, 2), strict=True)]
        y_BTH, state_BS = (tf.concat(parts, 0) for parts in zip(*halves, strict=True))
        return y_BTH, state_BS

    def initial_state(self, n_batch: int | tf.Tensor) -> tf.Tensor:
        return tf.zeros([n_batch, self.n_state])
