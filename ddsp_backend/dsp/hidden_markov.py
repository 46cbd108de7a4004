"""Hidden Markov models, written out. B = batch, F = frames, S = states, each as likely at the start."""

import tensorflow as tf


def log_likelihood(log_emissions_BFS: tf.Tensor, steps_SS: tf.Tensor) -> tf.Tensor:
    """Logarithm of the probability of what was observed, over all paths, [B].

    Args:
      log_emissions_BFS: Log density of each frame's observation in each state.
      steps_SS: Probability of the step from the state of the row to that of the column.

    Source: Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989), the forward algorithm.
    """
    by_frame_FBS = tf.transpose(log_emissions_BFS, [1, 0, 2])

    def advance(log_forward_BS: tf.Tensor, log_emissions_BS: tf.Tensor) -> tf.Tensor:
        largest_B1 = tf.stop_gradient(tf.reduce_max(log_forward_BS, -1, keepdims=True))
        return tf.math.log(tf.exp(log_forward_BS - largest_B1) @ steps_SS) + largest_B1 + log_emissions_BS

    log_forward_BS = tf.foldl(advance, by_frame_FBS[1:], by_frame_FBS[0])
    return tf.reduce_logsumexp(log_forward_BS, -1) - tf.math.log(float(steps_SS.shape[0]))


def most_likely_path(log_emissions_BFS: tf.Tensor, log_steps_SS: tf.Tensor) -> tf.Tensor:
    """The states of the most likely path, int32 [B, F].

    Args:
      log_emissions_BFS: Log density of each frame's observation in each state; what all have in common may be left out.
      log_steps_SS: Log probability of the step from the state of the row to that of the column.

    Source: Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989), the Viterbi algorithm.
    """
    by_frame_FBS = tf.transpose(log_emissions_BFS, [1, 0, 2])

    def advance(best: tuple[tf.Tensor, tf.Tensor], log_emissions_BS: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        candidates_BSS = best[0][:, :, None] + log_steps_SS
        origins_BS = tf.argmax(candidates_BSS, 1, tf.int32)
        return tf.reduce_max(candidates_BSS, 1) + log_emissions_BS, origins_BS

    first = by_frame_FBS[0], tf.zeros(tf.shape(by_frame_FBS[0]), tf.int32)
    scores_FBS, origins_FBS = tf.scan(advance, by_frame_FBS[1:], first)
    scores_FBS = tf.concat([by_frame_FBS[:1], scores_FBS], 0)
    last_B = tf.argmax(scores_FBS[-1], -1, tf.int32)

    def go_back(state_B: tf.Tensor, origins_BS: tf.Tensor) -> tf.Tensor:
        return tf.gather(origins_BS, state_B, batch_dims=1)

    path_FB = tf.scan(go_back, origins_FBS, last_B, reverse=True)
    return tf.transpose(tf.concat([path_FB, last_B[None]], 0))
