import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.errors import ConfigError
from ddsp_backend.models import recurrent
from ddsp_backend.models.recurrent import StatelessRnn

X_BTC = tf.constant(np.random.default_rng(0).normal(size=(2, 12, 5)), tf.float32)


@pytest.mark.parametrize("rnn_type", ["gru", "lstm"])
def test_that_a_signal_in_pieces_gives_what_it_gives_in_one(rnn_type):
    rnn = StatelessRnn(6, rnn_type)
    whole_BTH, last = rnn(X_BTC)
    state, pieces = rnn.initial_state(2), []
    for begin, end in ((0, 5), (5, 6), (6, 12)):  # one of them a single step, which takes the path without a loop
        piece, state = rnn(X_BTC[:, begin:end], state)
        pieces.append(piece)
    np.testing.assert_allclose(tf.concat(pieces, 1), whole_BTH, atol=1e-6)
    np.testing.assert_allclose(state, last, atol=1e-6)


@pytest.mark.parametrize("rnn_type", ["gru", "lstm"])
def test_that_a_batch_in_halves_gives_the_outputs_and_gradients_of_the_whole(rnn_type, monkeypatch):
    x_BTC = tf.constant(np.random.default_rng(1).normal(size=(4, 7, 5)), tf.float32)
    tf.random.set_seed(1)
    rnn = StatelessRnn(6, rnn_type)
    rnn(x_BTC)

    def learn():
        with tf.GradientTape() as tape:
            tape.watch(x_BTC)
            y_BTH, state_BS = rnn(x_BTC)
            loss = tf.reduce_sum(tf.square(y_BTH)) + tf.reduce_sum(state_BS)
        return y_BTH, state_BS, tape.gradient(loss, [x_BTC, *rnn.trainable_variables])

    halved = tf.function(learn)
    found = tf.nest.flatten(halved())
    monkeypatch.setattr(recurrent, "_has_halves", lambda x_BTC: False)
    whole = tf.function(learn)
    for mine, expected in zip(found, tf.nest.flatten(whole()), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-5, atol=1e-5)


def test_that_the_lstm_follows_its_formulas():
    rnn = StatelessRnn(6, "lstm")
    found, _ = rnn(X_BTC)
    kernel, recurrent, bias = (
        variable.numpy() for variable in (rnn.rnn.kernel, rnn.rnn.recurrent_kernel, rnn.rnn.bias)
    )
    hidden = cell = np.zeros([2, 6])
    for t in range(12):
        i, f, c, o = np.split(X_BTC[:, t].numpy() @ kernel + hidden @ recurrent + bias, 4, axis=1)
        cell = cell / (1 + np.exp(-f)) + np.tanh(c) / (1 + np.exp(-i))
        hidden = np.tanh(cell) / (1 + np.exp(-o))
        np.testing.assert_allclose(found[:, t], hidden, atol=1e-5)


def test_that_the_recurrent_kernel_starts_with_orthonormal_rows():
    rnn = StatelessRnn(8, "gru")
    rnn(tf.zeros([1, 2, 3]))
    kernel = rnn.rnn.recurrent_kernel.numpy()
    np.testing.assert_allclose(kernel @ kernel.T, np.eye(8), atol=1e-5)


def test_that_an_unknown_type_is_named():
    with pytest.raises(ConfigError, match="rnn_type='gur' is unknown"):
        StatelessRnn(8, "gur")
