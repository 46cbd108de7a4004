"""What can be known without the chip: the vector of weights, read by cuDNN's formulas, and the graph that is traced."""

import numpy as np
import tensorflow as tf

from ddsp_backend.dsp.target import Target, traced_for
from ddsp_backend.models.cudnn_gru import cudnn_params
from ddsp_backend.models.recurrent import Gru

N_BATCH, N_STEPS, N_IN, N_HIDDEN = 3, 6, 5, 4


def built() -> Gru:
    tf.random.set_seed(1)
    gru = Gru(N_HIDDEN)
    gru(tf.zeros([N_BATCH, 1, N_IN]), tf.zeros([N_BATCH, N_HIDDEN]))
    gru.bias.assign(tf.random.normal(gru.bias.shape))
    return gru


X_BTC = tf.constant(np.random.default_rng(0).normal(size=(N_BATCH, N_STEPS, N_IN)), tf.float32)
STATE_BH = tf.constant(np.random.default_rng(1).normal(size=(N_BATCH, N_HIDDEN)), tf.float32)


def run_from(params: np.ndarray) -> np.ndarray:
    """A vector of weights as NVIDIA's manual of cudnnRNNForward has it, CUDNN_GRU: i is what Keras calls z."""
    n_kernel, n_recurrent = N_IN * N_HIDDEN, N_HIDDEN * N_HIDDEN
    sizes = [n_kernel] * 3 + [n_recurrent] * 3 + [N_HIDDEN] * 6
    parts = np.split(params.astype(np.float64), np.cumsum(sizes)[:-1])
    w_r, w_i, w_h = (part.reshape(N_HIDDEN, N_IN) for part in parts[:3])
    r_r, r_i, r_h = (part.reshape(N_HIDDEN, N_HIDDEN) for part in parts[3:6])
    bw_r, bw_i, bw_h, br_r, br_i, br_h = parts[6:]
    h, states = STATE_BH.numpy().astype(np.float64), []
    for x in X_BTC.numpy().transpose(1, 0, 2):
        i = 1 / (1 + np.exp(-(x @ w_i.T + h @ r_i.T + bw_i + br_i)))
        r = 1 / (1 + np.exp(-(x @ w_r.T + h @ r_r.T + bw_r + br_r)))
        new = np.tanh(x @ w_h.T + r * (h @ r_h.T + br_h) + bw_h)
        h = (1 - i) * new + i * h
        states.append(h)
    return np.stack(states, 1)


def test_that_cudnn_would_compute_from_its_vector_what_our_gru_computes() -> None:
    gru = built()
    params = cudnn_params(gru.kernel, gru.recurrent_kernel, gru.bias).numpy()
    assert params.shape == (3 * N_HIDDEN * (N_IN + N_HIDDEN + 2),)
    np.testing.assert_allclose(gru(X_BTC, STATE_BH)[0], run_from(params), atol=1e-6)


def traced_operations(target: Target) -> list[str]:
    gru = built()

    @tf.function(autograph=False)
    def step() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            y_BTH, _ = gru(X_BTC, STATE_BH)
            loss = tf.reduce_sum(y_BTH)
        return tape.gradient(loss, gru.trainable_variables)

    with traced_for(target):
        graph = step.get_concrete_function().graph
    assert [gradient.shape for gradient in graph.structured_outputs] == [v.shape for v in gru.trainable_variables]
    return [operation.type for operation in graph.get_operations()]


def test_that_it_is_traced_forward_and_backward_where_there_is_cudnn() -> None:
    assert {"CudnnRNNV3", "CudnnRNNBackpropV3"} <= set(traced_operations(Target(has_cudnn=True)))


def test_that_it_is_in_no_graph_that_is_not_traced_for_it() -> None:
    """An exported model is played by machines that have no such operation."""
    assert not any("Cudnn" in operation for operation in traced_operations(Target()))
