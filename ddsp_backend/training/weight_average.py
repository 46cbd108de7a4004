"""A moving average of a model's weights, which sounds steadier than the weights of any one step."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

_EARLY_STEPS = 10.0  # the first steps are forgotten sooner, so that random weights do not linger


class WeightAverage(tf.Module):
    """Holds the average of each variable beside it. Create it in the scope of the strategy of the variables.

    Args:
      variables: By name; a checkpoint files the averages under the same names.
      decay: Share of the average that a step keeps, 0 to 1: 0.97 averages over some thirty steps.
    """

    def __init__(self, variables: Mapping[str, Any], decay: float, name: str = "average") -> None:
        super().__init__(name=name)
        self._decay = decay
        # In a function, out of sight of the checkpoint: it would file the model's variables here, not under the model.
        self._averaged = lambda: dict(variables)
        self.values = {name: _beside(variable) for name, variable in variables.items()}

    def follow(self, step: tf.Tensor) -> None:
        """Moves towards the variables after a step, counted from 1. Call it from each replica."""
        passed = tf.cast(step, tf.float32)
        decay = tf.minimum(self._decay, passed / (passed + _EARLY_STEPS))

        def move(average: Any, variable: Any) -> Any:
            return average.assign_add((1.0 - decay) * (variable - average))

        def move_all(strategy: Any) -> None:
            for name, variable in self._averaged().items():
                strategy.extended.update(self.values[name], move, args=(variable,), group=False)

        tf.distribute.get_replica_context().merge_call(move_all)

    def begin_again(self) -> None:
        """With the weights that the variables have now."""
        for name, variable in self._averaged().items():
            self.values[name].assign(variable.numpy())

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """The model has the averages for weights meanwhile. It must not learn then."""
        variables = self._averaged()
        kept = {name: variable.numpy() for name, variable in variables.items()}
        try:
            for name, variable in variables.items():
                variable.assign(self.values[name].numpy())
            yield
        finally:
            for name, variable in variables.items():
                variable.assign(kept[name])


def _beside(variable: Any) -> Any:
    with tf.distribute.get_strategy().extended.colocate_vars_with(variable):
        return tf.Variable(variable.numpy(), trainable=False, name="average")
