"""What the processes of one training have to agree on."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tensorflow as tf

from ddsp_backend.checkpoints.values import named_variables
from ddsp_backend.errors import Cause, DdspError
from ddsp_backend.storage import AnyPath
from ddsp_backend.storage_errors import storage_error
from ddsp_backend.training.strategy import is_chief, spans_machines

LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.InternalError)


class WorkerLostError(DdspError):
    """Another process of the training is gone; this one can still save its work."""


class Workers:
    """All processes of a training; a single one where the strategy spans no machines."""

    def __init__(self, strategy: Any) -> None:
        self._strategy = strategy
        self.are_several = spans_machines(strategy)
        self.is_chief = is_chief(strategy)
        self._sum = tf.function(self._sum_over_replicas, autograph=False)

    def folder(self, save_dir: AnyPath) -> AnyPath:
        """The run's folder for the chief. What others would write there, goes where nobody looks."""
        if self.is_chief:
            return save_dir
        folder = tempfile.mkdtemp(prefix="worker-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    def take_from_chief(self, *modules: tf.Module) -> None:
        """Gives every process the chief's variables: only the chief need have the folder of the run."""
        if not self.are_several:
            return
        named = named_variables(tf.train.Checkpoint(**{f"m{i}": module for i, module in enumerate(modules)}))
        for _, variable in sorted(named.items()):
            value = tf.identity(variable)
            kept = value if self.is_chief else tf.zeros_like(value)
            variable.assign(self._total(kept))

    def anyone(self, claim: bool) -> bool:
        """Whether one of the processes claims it. Each must ask."""
        if not self.are_several:
            return claim
        try:
            return float(self._total(tf.constant(float(claim)))) > 0
        except tf.errors.OpError as error:
            raise self.lost(error) from error

    @contextmanager
    def told_of_losses(self) -> Iterator[None]:
        """Around what all of them do together: raises WorkerLostError where TensorFlow says so of another one."""
        try:
            yield
        except LOST as error:
            if not self.are_several or storage_error(error):
                raise
            raise self.lost(error) from error

    def lost(self, error: Exception) -> WorkerLostError:
        return WorkerLostError(
            f"Another worker of this training stopped: {str(error).strip().splitlines()[0][:200]}",
            "Start all workers again: they go on from the chief's last checkpoint.",
            Cause.WORKER_LOST,
        )

    def _total(self, value: Any) -> Any:
        """The sum over processes, each of which gives a value."""
        local = self._strategy.experimental_distribute_values_from_function(
            lambda context: value if context.replica_id_in_sync_group % self._n_local == 0 else tf.zeros_like(value)
        )
        return self._strategy.experimental_local_results(self._sum(local))[0]

    @property
    def _n_local(self) -> int:
        return len(self._strategy.extended.worker_devices)

    def _sum_over_replicas(self, local: Any) -> Any:
        def total(value: Any) -> Any:
            # The copy lies on the replica's device; an argument lies on none, which all_reduce refuses.
            return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(value))

        return self._strategy.run(total, args=(local,))
