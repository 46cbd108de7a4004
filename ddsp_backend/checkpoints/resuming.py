"""A training goes on where a checkpoint ends: the newest whole one is used, damaged ones are passed over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from ddsp_backend.checkpoints.files import StoredCheckpoint, find_checkpoints
from ddsp_backend.checkpoints.magenta_names import is_magenta
from ddsp_backend.checkpoints.restoring import MODEL, weights_by_name
from ddsp_backend.checkpoints.values import Values, assign, named_variables, read_values, require_fit
from ddsp_backend.errors import CheckpointError
from ddsp_backend.jobs.events import Noted
from ddsp_backend.storage import AnyPath

_OPTIMIZER = "optimizer/"
_ITERATIONS = f"{_OPTIMIZER}iterations"


@dataclass
class Restored:
    """What came of restoring."""

    checkpoint: StoredCheckpoint | None = None
    """None where there is none to restore."""
    notes: list[Noted] = field(default_factory=list)
    others: frozenset[str] = frozenset()
    """Those of the further modules that the checkpoint holds."""


def restore(
    path: AnyPath,
    model: Any,
    optimizer: Any,
    others: Mapping[str, tf.Module] | None = None,
    keys: Sequence[str] | None = None,
) -> Restored:
    """Restores the newest whole checkpoint of a folder, or the one that a prefix names.

    Args:
      path: A folder, or a prefix.
      model: Built.
      optimizer: Gets its moments and the step. A checkpoint of magenta/ddsp, or of a shared model, gives only the step.
      others: Further modules that a checkpoint may hold.
      keys: Parts of the model, such as ("decoder",); None restores all of it.

    Raises:
      CheckpointError: where there are checkpoints but none is whole, or the newest whole one holds another model.
        Nothing is changed then.
    """
    restored = Restored()
    found = find_checkpoints(path)
    for checkpoint in found:
        try:
            values = read_values(checkpoint.path)
        except CheckpointError as error:
            restored.notes.append(Noted(error.title, "It is skipped; the one before it is used."))
            continue
        if is_magenta(checkpoint.path) or not any(name.startswith(_OPTIMIZER) for name in values):
            variables = weights_by_name(model, checkpoint.path)
            # Its optimizer names its moments differently, or has none. It learns them again within a few hundred steps.
            values = {name: value for name, value in values.items() if name.startswith(MODEL)}
            values[_ITERATIONS] = checkpoint.step
            variables[_ITERATIONS] = optimizer.iterations
        else:
            modules = {"model": model, "optimizer": optimizer, **(others or {})}
            variables, values = _shared_roots(modules, values)
        if keys is not None:
            variables, values = _only(keys, model, variables), _only(keys, model, values)
        require_fit(variables, values, str(checkpoint.folder))
        assign(variables, values)
        restored.checkpoint = checkpoint
        restored.others = frozenset(others or ()) & {name.split("/")[0] for name in values}
        return restored
    if found:
        subject = "The only checkpoint" if len(found) == 1 else f"None of the {len(found)} checkpoints"
        claim = "is not whole" if len(found) == 1 else "is whole"
        raise CheckpointError(
            f"{subject} in {path} {claim}. {restored.notes[0].title}",
            "Choose another folder to start from the beginning, or restore a copy of this one.",
        )
    return restored


def _shared_roots(modules: Mapping[str, tf.Module], values: Values) -> tuple[dict[str, Any], Values]:
    """Model and optimizer must be on both sides; any other module may be missing on either."""
    shared = {"model", "optimizer"} | {name.split("/")[0] for name in values} & modules.keys()
    variables = named_variables(tf.train.Checkpoint(**modules))
    return _with_roots(shared, variables), _with_roots(shared, values)


def _with_roots(roots: set[str], named: Mapping[str, Any]) -> dict[str, Any]:
    return {name: entry for name, entry in named.items() if name.split("/")[0] in roots}


def _only(keys: Sequence[str], model: Any, named: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of the model that `keys` name, their moments, and the step."""
    for key in keys:
        if not hasattr(model, key):
            raise CheckpointError(
                f"Trainer.restore_keys names {key!r}, which the model does not have",
                "It can name parts of the model, such as 'decoder' or 'processor_group'.",
            )
    # TensorFlow writes the separator in a moment's name, which is its variable's, as .S
    parts = tuple(start for key in keys for start in (f"model/{key}/", f"optimizer/m/{key}.S", f"optimizer/v/{key}.S"))
    return {name: entry for name, entry in named.items() if name.startswith((*parts, _ITERATIONS))}
