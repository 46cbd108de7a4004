"""What can befall a training, in sentences."""

import math

import tensorflow as tf

from ddsp_backend.errors import Cause, CheckpointError, ConfigError, DataError, DdspError
from ddsp_backend.jobs.claim import Claim
from ddsp_backend.jobs.events import Noted, Trouble
from ddsp_backend.storage import AnyPath
from ddsp_backend.training.trainer import StepResult


def lost(tpu: str, reason: str, step: int, saved_at: int, steps_per_save: int) -> DdspError:
    """Those who compute elsewhere are gone. Args: saved_at: The step of the newest checkpoint; -1: there is none."""
    back = f"Start it again when {tpu} is back, or elsewhere without --tpu"
    if saved_at < 0:
        return DdspError(
            f"{tpu} was lost before anything was saved: {reason}", f"{back}: it starts from the beginning."
        )
    return DdspError(
        f"{tpu} was lost after step {step}: {reason}",
        f"{back}: it goes on from the checkpoint of step {saved_at}. "
        f"One is written every {steps_per_save} steps (train.steps_per_save).",
    )


def claim_run(folder: AnyPath) -> Claim:
    """The right to train in this folder. Raises ConfigError where another process has it, OSError."""
    claim = Claim(folder / ".in-use")
    if other := claim.take():
        raise ConfigError(
            f"Another training is already running in this folder: {folder} (process {other.pid})",
            "Wait until it has finished, or stop it. To train both at once, use a separate folder for this one.",
        )
    return claim


def require_folder(claim: Claim, step: int, saved_at: int) -> None:
    """Raises CheckpointError where the run's folder is not there any more: elsewhere nobody would find what is saved.

    Args:
      step: That was to be saved.
      saved_at: The step of the newest checkpoint; -1: there is none.
    """
    if claim.is_held():
        return
    saved = f"step {saved_at}, the last one that was saved" if saved_at >= 0 else "the start, as nothing was saved yet"
    raise CheckpointError(
        f"The folder of this training is gone, so step {step} cannot be saved: {claim.folder}",
        "It was moved, renamed or deleted, or its disk was disconnected. "
        f"Put it back, then train again: training goes on from {saved}.",
        Cause.DISK,
    )


def unreadable_data(error: tf.errors.OpError) -> DataError:
    """What TensorFlow says of a data set that could be read when the training began."""
    reason = str(error).splitlines()[0]
    if isinstance(error, tf.errors.NotFoundError):
        return DataError(
            f"The data set of this training is gone: {reason.partition(';')[0]}",
            "It was moved or deleted, or its disk was disconnected. Put it back or prepare it again, then "
            "train again: training continues from this step.",
        )
    return DataError(
        f"An example of the data set cannot be read: {reason}",
        "Prepare the data set again; the checkpoints of this run are intact.",
    )


def out_of_memory(batch_size: int) -> DdspError:
    return DdspError(
        f"There is not enough memory for a step with batch_size={batch_size}",
        f'Try --gin_param="batch_size={max(1, batch_size // 2)}", or a smaller model.',
    )


def precision_lost(before: str, now: str, step: int) -> Noted:
    return Noted(
        f"With matrix products in {before}, the gradient became NaN or infinite at step {step}",
        f"This step was repeated in {now}, and all later steps use it too. To start with it: "
        f"Trainer.precision = '{now}'.",
    )


_WHAT_IS_WRONG = {
    Trouble.NOT_A_NUMBER: "the loss became NaN or infinite",
    Trouble.EXPLODED: "what the model plays became far too loud",
    Trouble.SILENT: "the model plays silence",
    Trouble.HARMONICS_DIED: "noise drowns the notes that the model plays",
}
_WHERE_TO_LOOK = {
    Trouble.NOT_A_NUMBER: "Listen to the recordings, and leave out those that click, clip or are damaged",
    Trouble.EXPLODED: "Listen to the recordings, and leave out those that click, clip or are damaged",
    Trouble.SILENT: "Check that the recordings are loud enough, and that most of their time has notes in it",
    Trouble.HARMONICS_DIED: "Look at the pitch that was found in the recordings, and leave out those where it is wrong "
    "or that have more than one note at a time",
}


def gone_astray(trouble: Trouble, step: int, times: int, saved_at: int, learning_rate: float) -> DdspError:
    """The training went back to a good state several times, and met with trouble again."""
    saved = f"The model of step {saved_at} is saved" if saved_at > 0 else "Nothing was saved"
    return DdspError(
        f"Training failed {times} times and has ended: at step {step} {_WHAT_IS_WRONG[trouble]}",
        f"{_WHERE_TO_LOOK[trouble]}. If they are fine, train with a learning rate below {learning_rate:.2g}. {saved}.",
    )


def require_finite(result: StepResult, step: int, saved_at: int, checkpoints: AnyPath, learning_rate: float) -> None:
    """Raises DdspError where loss or gradient are no numbers any more."""
    if result.is_finite:
        return
    newest = f"The checkpoint of step {saved_at} is whole" if saved_at >= 0 else "Nothing has been saved yet"
    loss = result.losses["total_loss"]
    what = f"the loss is {loss}" if not math.isfinite(loss) else f"the gradient's length is {result.gradient_norm}"
    raise DdspError(
        f"Training became unstable at step {step}: {what}",
        f"{newest}: continue from there with a learning rate below {learning_rate:.2g}. If it ends at the "
        f"same step again, leave out recordings that click or clip. ({checkpoints})",
    )
