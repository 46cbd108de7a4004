"""The gated recurrent unit as cuDNN runs it: all steps in one call. T = time steps, B = batch, C = inputs, H = hidden.

cuDNN orders the gates r, z, h where Keras has z, r, h, and holds each gate's kernel transposed.
"""

import tensorflow as tf


def cudnn_gru(
    x_TBC: tf.Tensor, initial_BH: tf.Tensor, kernel: tf.Tensor, recurrent_kernel: tf.Tensor, bias: tf.Tensor
) -> tf.Tensor:
    """states_TBH. Only a GPU of NVIDIA can run it, and its gradient, which TensorFlow knows.

    Args:
      kernel: [C, 3 H], gates z, r, h.
      recurrent_kernel: [H, 3 H].
      bias: [2, 3 H], the input's and the state's.
    """
    n_steps, n_batch = tf.shape(x_TBC)[0], tf.shape(x_TBC)[1]
    states_TBH, *_ = tf.raw_ops.CudnnRNNV3(
        input=x_TBC,
        input_h=initial_BH[tf.newaxis],
        input_c=0.0,
        params=cudnn_params(kernel, recurrent_kernel, bias),
        sequence_lengths=tf.fill([n_batch], n_steps),
        rnn_mode="gru",
    )
    return tf.ensure_shape(states_TBH, [*x_TBC.shape[:2], recurrent_kernel.shape[0]])


def cudnn_params(kernel: tf.Tensor, recurrent_kernel: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """One vector of 3 H (C + H + 2) numbers: the input's kernels gate by gate, the state's, and the biases of both."""

    def gates(weights: tf.Tensor) -> list[tf.Tensor]:
        z, r, h = tf.split(weights, 3, axis=-1)
        return [r, z, h]

    kernels = [tf.transpose(gate) for weights in (kernel, recurrent_kernel) for gate in gates(weights)]
    biases = [gate for row in tf.unstack(bias) for gate in gates(row)]
    return tf.concat([tf.reshape(part, [-1]) for part in (*kernels, *biases)], 0)
