"""Gives a model the weights of a checkpoint, ours or magenta/ddsp's."""

from collections.abc import Sequence
from typing import Any

from ddsp_backend.checkpoints.files import StoredCheckpoint
from ddsp_backend.checkpoints.magenta_names import is_magenta, variable_names
from ddsp_backend.checkpoints.values import Values, assign, averaged, named_variables, read_values, require_fit
from ddsp_backend.errors import CheckpointError
from ddsp_backend.jobs.events import Noted
from ddsp_backend.storage import AnyPath

MODEL = "model/"


def restore_weights(model: Any, candidates: Sequence[StoredCheckpoint]) -> tuple[StoredCheckpoint, list[Noted]]:
    """Gives a built model the weights of the first whole candidate: the averaged ones, where it holds such.

    Raises:
      CheckpointError: none of them is whole.
    """
    notes: list[Noted] = []
    for checkpoint in candidates:
        try:
            values = read_values(checkpoint.path)
        except CheckpointError as error:
            notes.append(Noted(error.title, "It is skipped; another checkpoint in its folder is used."))
            continue
        weights = {name: value for name, value in averaged(values).items() if name.startswith(MODEL)}
        variables = weights_by_name(model, checkpoint.path)
        require_fit(variables, weights, str(checkpoint.folder))
        assign(variables, weights)
        return checkpoint, notes
    raise CheckpointError(
        f"No checkpoint of {candidates[0].folder} is whole. {notes[0].title}", "Restore a copy of it."
    )


def weights_by_name(model: Any, checkpoint: AnyPath) -> Values:
    """The model's variables by the names that a whole checkpoint has for them, ours or magenta/ddsp's."""
    named = variable_names(model) if is_magenta(checkpoint) else named_variables(model).items()
    return {MODEL + name: variable for name, variable in named}
