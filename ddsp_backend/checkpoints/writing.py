"""A run's checkpoints on disk: written whole, the newest and the best ones kept."""

import glob
import shutil
import tempfile
from pathlib import Path

import tensorflow as tf

from ddsp_backend.checkpoints.files import Best, StoredCheckpoint, best_path, find_checkpoints, read_best, write_best
from ddsp_backend.checkpoints.magenta_names import is_magenta
from ddsp_backend.checkpoints.values import named_variables
from ddsp_backend.errors import Cause, CheckpointError
from ddsp_backend.files import flush, put, staged, written_whole
from ddsp_backend.storage import AnyPath

_WRITING = ".writing-"
_SHARDS = ".data-*"  # one, or two where the variables lie in another process
_HERE = "/job:localhost/"  # what TensorFlow calls this process once it is connected to another
_SPARE_BYTES = 4 << 20  # what else is written beside a checkpoint: summaries, the state file
_FULL_HINT = "Free some space, then train again: the checkpoints before this one are whole, and training goes on there."


class Checkpoints:
    """Those of one folder.

    Args:
      folder: Where they are written.
      keep: Number of newest checkpoints to keep; the best one is always kept too.
      modules: What they hold, by name: model, optimizer, ...
    """

    def __init__(self, folder: AnyPath, keep: int, **modules: tf.Module) -> None:
        self.folder = folder
        self._keep = keep
        self._root = tf.train.Checkpoint(**modules)
        # Where the variables lie in another process it would write to its own disk.
        is_connected = any(device.name.startswith(_HERE) for device in tf.config.list_logical_devices("CPU"))
        self._options = tf.train.CheckpointOptions(
            experimental_io_device=f"{_HERE}device:CPU:0" if is_connected else None
        )
        self._variables = named_variables(self._root)
        self._needed_bytes = _SPARE_BYTES + sum(v.shape.num_elements() * v.dtype.size for v in self._variables.values())

    @property
    def best(self) -> Best | None:
        return read_best(self.folder)

    def path(self, step: int) -> AnyPath:
        """Prefix of the checkpoint of a step."""
        return self.folder / f"ckpt-{step}"

    def save(self, step: int) -> StoredCheckpoint:
        """Writes ckpt-<step>, then removes what is no longer kept.

        Raises:
          CheckpointError: where the disk is full or fails. What was there before is there still.
          StorageError: where the bucket does not take it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._require_space(step)
        target = self.path(step)
        try:
            with staged(self.folder, _WRITING) as folder:
                self._root.write(str(folder / target.name), self._options)
                # The index last: a checkpoint is there once its index is.
                for path in (*sorted(folder.glob(target.name + _SHARDS)), folder / f"{target.name}.index"):
                    put(path, target.with_name(path.name))
            if isinstance(self.folder, Path):
                flush(self.folder)
        except (tf.errors.OpError, OSError) as error:
            raise CheckpointError(
                f"The checkpoint of step {step} could not be written to {self.folder}: {_first_line(error)}",
                _FULL_HINT,
                Cause.DISK,
            ) from error
        self._write_state()
        self._prune()
        return StoredCheckpoint(step, target)

    def mark_best(self, step: int, held_out_loss: float) -> None:
        """Says that ckpt-<step>, which must be there, is the best so far."""
        write_best(self.folder, Best(step, held_out_loss))
        self._prune()

    def discard_after(self, step: int) -> None:
        """Removes those of later steps: the training went back, and nobody may go on from them."""
        best = self.best
        if best is not None and best.step > step:
            best_path(self.folder).unlink(missing_ok=True)
        for checkpoint in find_checkpoints(self.folder):
            if checkpoint.step > step and _is_ours(checkpoint):
                _remove(checkpoint)
        self._write_state()

    def remove_leftovers(self) -> None:
        """Removes what a process that was killed while it wrote has left."""
        for path in self.folder.iterdir() if isinstance(self.folder, Path) else ():
            if path.name.startswith(_WRITING):
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def _require_space(self, step: int) -> None:
        folder = self.folder if isinstance(self.folder, Path) else Path(tempfile.gettempdir())
        free = shutil.disk_usage(folder).free
        if free < self._needed_bytes:
            raise CheckpointError(
                f"The disk of {folder} has {free / 1e6:.0f} MB left, and the checkpoint of step {step} needs "
                f"{self._needed_bytes / 1e6:.0f} MB",
                _FULL_HINT,
                Cause.DISK,
            )

    def _write_state(self) -> None:
        """The file by which TensorFlow's own tools find the newest one."""
        names = [checkpoint.name for checkpoint in reversed(find_checkpoints(self.folder))]
        if not names:
            (self.folder / "checkpoint").unlink(missing_ok=True)
            return
        lines = [f'model_checkpoint_path: "{names[-1]}"', *(f'all_model_checkpoint_paths: "{name}"' for name in names)]
        with written_whole(self.folder / "checkpoint") as temporary:
            temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _prune(self) -> None:
        best = self.best
        removed = False
        for checkpoint in find_checkpoints(self.folder)[self._keep :]:
            if (best is not None and checkpoint.step == best.step) or not _is_ours(checkpoint):
                continue
            _remove(checkpoint)
            removed = True
        if removed:
            self._write_state()


def _is_ours(checkpoint: StoredCheckpoint) -> bool:
    """Whether this program may delete it: never what magenta/ddsp wrote, nor what cannot be told."""
    try:
        return not is_magenta(checkpoint.path)
    except CheckpointError:
        return False


def _remove(checkpoint: StoredCheckpoint) -> None:
    """The index first: without it there is no checkpoint."""
    checkpoint.path.with_name(f"{checkpoint.name}.index").unlink(missing_ok=True)
    shards: list[AnyPath] = [*checkpoint.folder.glob(glob.escape(checkpoint.name) + _SHARDS)]
    for path in shards:
        path.unlink(missing_ok=True)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
