"""Which checkpoint is used: the best one, the newest, the one of a step, or those that came since.

Each function gives candidates in the order in which to try them, for any may be damaged (see restoring.py).
"""

from ddsp_backend.checkpoints.files import StoredCheckpoint, find_checkpoints, read_best
from ddsp_backend.errors import CheckpointError
from ddsp_backend.storage import AnyPath


def best_first(path: AnyPath) -> list[StoredCheckpoint]:
    """To play a model: the best one of a folder, then the newest; or the one that a prefix names.

    Raises:
      CheckpointError: there is none.
    """
    found = find_checkpoints(path)
    if not found:
        raise CheckpointError(
            f"There is no checkpoint in {path}" if path.is_dir() else f"There is no checkpoint {path}",
            "Choose the folder of a run that has been trained, or the path of one ckpt-<step> without its ending.",
        )
    best = read_best(path)
    return sorted(found, key=lambda checkpoint: (best is None or checkpoint.step != best.step, -checkpoint.step))


def of_step(folder: AnyPath, step: int) -> list[StoredCheckpoint]:
    """To play what a training was at a step: that one alone. Raises CheckpointError where it is not kept."""
    kept = find_checkpoints(folder)
    wanted = [checkpoint for checkpoint in kept if checkpoint.step == step]
    if not wanted:
        steps = ", ".join(str(checkpoint.step) for checkpoint in reversed(kept))
        raise CheckpointError(
            f"The model of step {step} is no longer kept",
            f"The models of these steps are kept: {steps}."
            if kept
            else f"There is no model in {folder}. Check whether it was moved.",
        )
    return wanted


def newer_than(folder: AnyPath, last: StoredCheckpoint | None) -> list[StoredCheckpoint]:
    """To measure a training while it goes on: those after the last one, the newest first.

    Args:
      last: None for all.

    Raises:
      CheckpointError: there is none.
    """
    newer = [found for found in find_checkpoints(folder) if last is None or found.step > last.step]
    if not newer:
        raise CheckpointError(
            f"There is no checkpoint in {folder} any more", "Check whether the run was removed or moved."
        )
    return newer


def newest_step(path: AnyPath) -> int:
    """-1 where there is no checkpoint."""
    found = find_checkpoints(path)
    return found[0].step if found else -1
