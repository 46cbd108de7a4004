import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.errors import ConfigError
from ddsp_backend.models.layers import Fc
from ddsp_backend.models.sequences import FcStackOut, Identity, Rnn, RnnFc, RnnSandwich, SingleGru, split_to_dict
from tests.models.checks import assert_a_checkpoint_brings_it_back, assert_every_weight_learns, tensor

X_BTC = tensor(2, 7, 3)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_that_the_lstm_is_hochreiters():
    rnn = Rnn(4, "lstm")
    found = rnn(X_BTC)
    cell = rnn.rnn.rnn
    kernel, recurrent, bias = (v.numpy().astype(np.float64) for v in (cell.kernel, cell.recurrent_kernel, cell.bias))
    h = c = np.zeros([2, 4])
    for t in range(7):
        i, f, g, o = np.split(X_BTC[:, t].numpy() @ kernel + h @ recurrent + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        np.testing.assert_allclose(found[:, t], h, atol=1e-5)


def test_that_both_ways_stand_side_by_side():
    rnn = Rnn(4, "gru", bidir=True)
    found = rnn(X_BTC)
    assert found.shape == [2, 7, 8]
    backward, _ = rnn.backward_rnn(X_BTC[:, ::-1])
    np.testing.assert_allclose(found[..., 4:], backward[:, ::-1], atol=1e-6)


@pytest.mark.parametrize("bidir", [False, True])
def test_that_the_last_step_is_that_which_has_seen_everything(bidir):
    rnn = Rnn(4, "gru", return_sequences=False, bidir=bidir)
    found = rnn(X_BTC)
    np.testing.assert_allclose(found[:, :4], rnn.rnn(X_BTC)[0][:, -1], atol=1e-6)
    if bidir:
        np.testing.assert_allclose(found[:, 4:], rnn.backward_rnn(X_BTC[:, ::-1])[0][:, -1], atol=1e-6)


MAKERS = {
    "Rnn": (lambda: Rnn(4, "lstm", bidir=True), 8),
    "FcStackOut": (lambda: FcStackOut(6, 2, 5), 5),
    "RnnFc": (lambda: RnnFc(4, 5, bidir=True, n_rnn=2), 5),
    "RnnSandwich": (lambda: RnnSandwich(6, 1, 4), 6),
    "SingleGru": (lambda: SingleGru(4), 4),
}


@pytest.mark.parametrize("name", MAKERS)
def test_that_its_weights_learn_and_come_back(name, tmp_path):
    make, n_out = MAKERS[name]
    assert make()(X_BTC).shape == [2, 7, n_out]
    assert_every_weight_learns(make(), X_BTC)
    assert_a_checkpoint_brings_it_back(make, tmp_path, X_BTC)


def test_that_layers_run_in_a_row():
    stack = FcStackOut(6, 2, 5)
    found = stack(X_BTC)
    np.testing.assert_allclose(found, stack.layers[1](stack.layers[0](X_BTC)), atol=1e-6)


def test_that_nothing_is_changed_by_the_identity():
    np.testing.assert_array_equal(Identity()(X_BTC), X_BTC)


def test_that_the_last_axis_is_cut_into_named_parts():
    found = split_to_dict(X_BTC, (("a", 1), ("b", 2)))
    np.testing.assert_array_equal(found["a"], X_BTC[..., :1])
    np.testing.assert_array_equal(found["b"], X_BTC[..., 1:])


def test_that_names_which_do_not_exist_are_told_from_those_that_do():
    with pytest.raises(ConfigError, match="nonlinearity='relo' is unknown"):
        Fc(4, "relo")
    with pytest.raises(ConfigError, match="rnn_type='gro' is unknown"):
        Rnn(4, "gro")


def test_that_unknown_lengths_give_the_same():
    sandwich = RnnSandwich(6, 1, 4)
    expected = sandwich(X_BTC)
    traced = tf.function(sandwich, input_signature=[tf.TensorSpec([None, None, 3])], autograph=False)
    np.testing.assert_allclose(traced(X_BTC), expected, atol=1e-6)
