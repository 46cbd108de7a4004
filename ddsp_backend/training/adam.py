"""Adam with an exponentially falling learning rate, as the reference's `tf.keras.optimizers.Adam` computes it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-7


class Adam(tf.Module):
    """Holds the moments of each variable, and applies gradients that are already summed over replicas.

    Create it in the scope of the strategy that the variables were created in.

    Args:
      variables: By name; a checkpoint files the moments under the same names, so that their order may change.
      learning_rate: At step 0.
      decay_steps: In which the learning rate falls by `decay_rate`.
      decay_rate: See `decay_steps`.
      rate_factor: Of the learning rate, asked for at every step; None leaves it as it is.
      warm_up_steps: First steps, over which the learning rate rises to its full value.

    Source: Kingma and Ba, arXiv:1412.6980, in the form before section 2.1 (epsilon is added to the uncorrected root).
    """

    def __init__(
        self,
        variables: Mapping[str, Any],
        learning_rate: float,
        decay_steps: int = 10_000,
        decay_rate: float = 0.98,
        rate_factor: Callable[[], tf.Tensor] | None = None,
        warm_up_steps: int = 0,
        name: str = "adam",
    ) -> None:
        super().__init__(name=name)
        self._initial_learning_rate = learning_rate
        self._decay_steps = decay_steps
        self._decay_rate = decay_rate
        self._rate_factor = rate_factor
        self._warm_up_steps = warm_up_steps
        # In a function, out of sight of the checkpoint: it would file the model's variables here, not under the model.
        self._moved = lambda: dict(variables)
        self.iterations = tf.Variable(
            0,
            dtype=tf.int64,
            trainable=False,
            name="iterations",
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )
        self.m = {name: _moment(variable) for name, variable in variables.items()}
        self.v = {name: _moment(variable) for name, variable in variables.items()}

    @property
    def moved(self) -> list[Any]:
        """The variables, in the order in which `apply` wants their gradients."""
        return list(self._moved().values())

    def learning_rate(self) -> tf.Tensor:
        """Of the step that is next."""
        step = tf.cast(self.iterations, tf.float32)
        rate = self._initial_learning_rate * tf.pow(self._decay_rate, step / self._decay_steps)
        rate *= tf.minimum(1.0, (step + 1.0) / (self._warm_up_steps + 1.0))
        return rate if self._rate_factor is None else self._rate_factor() * rate

    def apply(self, gradients: Sequence[tf.Tensor], is_applied: tf.Tensor | None = None) -> None:
        """Moves the variables, in the order they were given, and counts one step.

        Call it from each replica, with the same gradients.

        Args:
          is_applied: One boolean; False leaves everything as it is, whatever the gradients are.
        """
        step = tf.cast(self.iterations + 1, tf.float32)
        power_1, power_2 = tf.pow(BETA_1, step), tf.pow(BETA_2, step)
        beta_1, beta_2, learning_rate, counted = BETA_1, BETA_2, self.learning_rate(), 1
        if is_applied is not None:
            beta_1, beta_2 = (tf.where(is_applied, beta, 1.0) for beta in (BETA_1, BETA_2))
            learning_rate = tf.where(is_applied, learning_rate, 0.0)
            gradients = [tf.where(is_applied, gradient, 0.0) for gradient in gradients]
            counted = tf.cast(is_applied, tf.int64)

        def move(variable: Any, m: Any, v: Any, gradient: tf.Tensor) -> Any:
            # One fused kernel a variable instead of some ten passes over the memory of each.
            return tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=m.handle,
                v=v.handle,
                beta1_power=power_1,
                beta2_power=power_2,
                lr=learning_rate,
                beta1=beta_1,
                beta2=beta_2,
                epsilon=EPSILON,
                grad=gradient,
            )

        def move_all(strategy: Any, *summed: Any) -> None:
            for (name, variable), gradient in zip(self._moved().items(), summed, strict=True):
                strategy.extended.update(variable, move, args=(self.m[name], self.v[name], gradient), group=False)

        tf.distribute.get_replica_context().merge_call(move_all, args=tuple(gradients))
        # A sum over workers that one of them has left never comes. It must not be counted either.
        with tf.control_dependencies(gradients):
            self.iterations.assign_add(counted)


def _moment(variable: Any) -> Any:
    with tf.distribute.get_strategy().extended.colocate_vars_with(variable):
        return tf.Variable(tf.zeros(variable.shape, variable.dtype), trainable=False, name="moment")
