"""One training step: forward, backward, sum over replicas, clip, move. B = batch."""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Protocol

import tensorflow as tf

from ddsp_backend.arrays import Batch
from ddsp_backend.checkpoints.values import AVERAGE, named_variables
from ddsp_backend.dsp.keras_layers import refuse_keras_layers
from ddsp_backend.dsp.target import Target, traced_for
from ddsp_backend.errors import DdspError
from ddsp_backend.models.features import with_noise_seed
from ddsp_backend.training.adam import Adam
from ddsp_backend.training.capability import choose_target
from ddsp_backend.training.recoveries import Recoveries
from ddsp_backend.training.weight_average import WeightAverage


class TrainerSettings(Protocol):
    """What the trainer reads of `config.settings.TrainerConfig`."""

    @property
    def learning_rate(self) -> float: ...
    @property
    def lr_decay_steps(self) -> int: ...
    @property
    def lr_decay_rate(self) -> float: ...
    @property
    def warm_up_steps(self) -> int: ...
    @property
    def average_decay(self) -> float: ...
    @property
    def grad_clip_norm(self) -> float: ...
    @property
    def precision(self) -> str: ...


@dataclass(frozen=True)
class StepResult:
    """What one step measured."""

    losses: dict[str, float]
    """Parts of the loss by name, and `total_loss`."""
    gradient_norm: float
    """Length of the whole gradient before it was clipped."""

    @property
    def is_finite(self) -> bool:
        return all(math.isfinite(value) for value in (*self.losses.values(), self.gradient_norm))


class Trainer:
    """Binds a model, its optimizer and a distribution strategy.

    Args:
      model: An `Autoencoder`, created in the strategy's scope, not yet built.
      strategy: Where the work is done: `tf.distribute.get_strategy()` is this machine's one device.
      settings: Learning rate, clipping and precision.
      seed: Chooses the initial weights and, with the number of the step, the noise.

    Attributes:
      recoveries: How often the run went back, for which it learns more slowly.
      target: What the next step is traced for, known once the trainer is built.
      average: The moving average of the weights, once the trainer is built; None where the settings ask for none.
    """

    target = Target()

    def __init__(self, model: Any, strategy: Any, settings: TrainerSettings, seed: int = 0) -> None:
        self.model = model
        self.strategy = strategy
        self.seed = seed
        self._settings = settings
        with strategy.scope():
            self.recoveries = Recoveries()
        self._optimizer: Adam | None = None
        self.average: WeightAverage | None = None
        self._loss_names: tuple[str, ...] = ()
        self._step_function = self._untraced_step()

    def build(self, example: Batch) -> None:
        """Creates every variable of model and optimizer, from an undistributed batch or example, [B, ...].

        Raises ConfigError where the model holds layers that would not be trained.
        """
        with self.strategy.scope():
            tf.random.set_seed(self.seed)
            self.model.build(example)
            refuse_keras_layers(self.model)
            trainable = {id(variable) for variable in self.model.trainable_variables}
            variables = {
                name: variable for name, variable in named_variables(self.model).items() if id(variable) in trainable
            }
            self._optimizer = Adam(
                variables,
                self._settings.learning_rate,
                self._settings.lr_decay_steps,
                self._settings.lr_decay_rate,
                self.recoveries.rate_factor,
                self._settings.warm_up_steps,
            )
            if self._settings.average_decay:
                self.average = WeightAverage(variables, self._settings.average_decay)
        self.target = choose_target(self.strategy, self.model, self._settings.precision)

    @property
    def optimizer(self) -> Adam:
        if self._optimizer is None:
            raise DdspError("The trainer was asked to work before it was built")
        return self._optimizer

    @property
    def step(self) -> int:
        """Steps done so far."""
        return int(self.optimizer.iterations.numpy())

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        return float(self.optimizer.learning_rate())

    @property
    def kept(self) -> dict[str, tf.Module]:
        """What a checkpoint may hold besides model and optimizer, by name."""
        found: dict[str, tf.Module] = {"recoveries": self.recoveries}
        return found if self.average is None else {**found, AVERAGE: self.average}

    def as_heard(self) -> AbstractContextManager[None]:
        """The model has its averaged weights meanwhile, where an average is kept. It must not learn then."""
        return nullcontext() if self.average is None else self.average.in_use()

    def train_step(self, batch: Batch) -> StepResult:
        """Learns from one batch, distributed where the strategy has several replicas.

        Where the gradient leaves the range of numbers and the precision is not float32, nothing has been learned: the
        step is taken again in float32, as are all after it.
        """
        result = self._measured_step(batch)
        if not math.isfinite(result.gradient_norm) and self.target.precision != "float32":
            self.target = replace(self.target, precision="float32")
            self._step_function = self._untraced_step()
            result = self._measured_step(batch)
        return result

    def _untraced_step(self) -> Any:
        # Nothing here needs AutoGraph, whose rewriting took nine tenths of the time to the first step.
        return tf.function(self._distributed_step, autograph=False)

    def _measured_step(self, batch: Batch) -> StepResult:
        # One small transfer a step: everything measured comes back in one vector.
        *losses, norm = self._step_function(batch).numpy().tolist()
        return StepResult(dict(zip(self._loss_names, losses, strict=True)), norm)

    def _distributed_step(self, batch: Batch) -> tf.Tensor:
        measured = self.strategy.run(self._replica_step, args=(batch,))
        return self.strategy.experimental_local_results(measured)[0]  # it is the same everywhere

    def _replica_step(self, batch: Batch) -> tf.Tensor:
        replica = tf.distribute.get_replica_context()
        n_replicas = replica.num_replicas_in_sync
        noise_seed = [self.recoveries.seed(self.seed), tf.cast(self.optimizer.iterations, tf.int32)]
        if n_replicas > 1:
            # Each replica draws the noise of its rows of the batch, so that their number makes no difference.
            noise_seed.append(replica.replica_id_in_sync_group * tf.shape(tf.nest.flatten(batch)[0])[0])
        features = with_noise_seed(batch, tf.stack(noise_seed))
        with traced_for(self.target):
            learn = self._gradients
            if self.target.is_one_program:
                learn = tf.function(learn, jit_compile=True, autograph=False)
            shares, gradients = learn(features, n_replicas)
        # Clipped after the sum: clipped before it, the result would depend on the number of replicas.
        if n_replicas > 1:
            gradients = replica.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        gradients, norm = tf.clip_by_global_norm(gradients, self._settings.grad_clip_norm)
        self._loss_names = tuple(shares)
        measured = tf.stack([*shares.values(), norm / n_replicas])
        if n_replicas > 1:
            measured = replica.all_reduce(tf.distribute.ReduceOp.SUM, measured)
        # Nothing moves before all has been heard from the others: one that dies meanwhile leaves no step half done.
        with tf.control_dependencies([measured]):
            self.optimizer.apply(gradients, None if self.target.precision == "float32" else tf.math.is_finite(norm))
        if self.average is not None:
            self.average.follow(self.optimizer.iterations)
        return measured

    def _gradients(self, features: Batch, n_replicas: int) -> tuple[dict[str, tf.Tensor], Sequence[tf.Tensor]]:
        """This replica's share of every loss, and of the gradient of them all."""
        variables = self.optimizer.moved
        with tf.GradientTape() as tape:
            losses = self.model.losses(features, self.model(features, training=True))
            # Each replica has the mean over its share of the batch. The sum of the shares is the mean over all.
            shares = {name: loss / n_replicas for name, loss in losses.items()}
        gradients = tape.gradient(shares["total_loss"], variables)
        return shares, [
            tf.zeros_like(variable) if gradient is None else gradient
            for gradient, variable in zip(gradients, variables, strict=True)
        ]
