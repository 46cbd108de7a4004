"""Compares one device with two on the loss that models are trained with by default; prints what it found as JSON.

The slope of a logarithm is 1 / |X|, which in a bin that is nearly empty makes much of the last digit of X. So two runs
part after some steps, whatever they differ in. What can be compared is each step by itself, from the same weights.

"steps" holds, for each of twenty steps from the weights of one device, [loss, gradient's length] by one device, by two,
and by one whose weights are one digit away.
"runs" holds the losses of twenty steps by one device; by two; and by one again, whose weights began one digit away.
"""

import json
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf

from ddsp_backend.checkpoints.values import named_variables
from ddsp_backend.config.parse import parse
from ddsp_backend.training.strategy import distributed
from ddsp_backend.training.trainer import StepResult, Trainer
from tests.tiny import GIN_FILES, train_params

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
N_STEPS = 20
LAST_DIGIT = 2**-23
ONE = tf.distribute.get_strategy()
TWO = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


class Run:
    """A trainer with its batches, which can be begun anew: tracing takes longest."""

    def __init__(self, strategy: Any) -> None:
        config = parse(GIN_FILES, train_params(Path(sys.argv[1]), held_out=False, breath=0.5), ())
        settings = config.train()
        tf.random.set_seed(0)  # the reverb makes its variable at once
        with strategy.scope():
            model = config.model()
        self._trainer = Trainer(model, strategy, config.trainer())
        self._trainer.build(settings.data_provider.get_example(0))
        data = settings.data_provider.get_batch(settings.batch_size, shuffle=True, repeats=-1, seed=0)
        self._batches = lambda: distributed(strategy, data, settings.batch_size)
        self._variables = named_variables(tf.train.Checkpoint(model=model, optimizer=self._trainer.optimizer))
        self._start = self.values()
        self.restart()

    def values(self) -> dict[str, Any]:
        return {name: variable.numpy() for name, variable in self._variables.items()}

    def assign(self, values: dict[str, Any]) -> None:
        for name, variable in self._variables.items():
            variable.assign(values[name])

    def restart(self, factor: float = 1.0) -> None:
        self.assign(scaled(self._start, factor))
        self._batch = self._batches()

    def step(self) -> StepResult:
        return self._trainer.train_step(next(self._batch))

    def losses(self) -> list[float]:
        return [self.step().losses["total_loss"] for _ in range(N_STEPS)]


def scaled(values: dict[str, Any], factor: float) -> dict[str, Any]:
    return {name: value * factor if name.startswith("model/") else value for name, value in values.items()}


one, two, beside = Run(ONE), Run(TWO), Run(ONE)
steps = []
for _ in range(N_STEPS):
    start = one.values()
    two.assign(start)
    beside.assign(scaled(start, 1 + LAST_DIGIT))
    results = [run.step() for run in (one, two, beside)]
    steps.append([[result.losses["total_loss"], result.gradient_norm] for result in results])
one.restart()
two.restart()
runs = [one.losses(), two.losses()]
beside.restart(1 + LAST_DIGIT)
runs.append(beside.losses())
sys.stdout.write(json.dumps({"steps": steps, "runs": runs}) + "\n")
