"""What TensorFlow checkpoints hold, by name, and whether it fits a model.

Values are read as arrays, all of them, before the first one is assigned: a damaged checkpoint leaves a model as it was.
"""

import math
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.checkpoints.size_settings import where_decided
from ddsp_backend.errors import CheckpointError
from ddsp_backend.storage import AnyPath, BucketPath
from ddsp_backend.storage_errors import storage_error

Values = dict[str, Any]
_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
AVERAGE = "average"
"""The module of a checkpoint that holds a moving average of the weights; see training/weight_average.py."""
_OTHER_MODEL_HINT = "Use a separate folder for each model, or train with the settings of this one."


def read_values(checkpoint: AnyPath) -> Values:
    """Every variable of a checkpoint by name, such as "model/decoder/dense_out/bias".

    Raises:
      CheckpointError: where the checkpoint is damaged or incomplete.
    """
    try:
        with readable(checkpoint) as prefix:
            reader = tf.train.load_checkpoint(prefix)
            return {
                key.removesuffix(_VALUE): reader.get_tensor(key)
                for key in reader.get_variable_to_shape_map()
                if key.endswith(_VALUE)
            }
    except (tf.errors.OpError, ValueError, IndexError, RuntimeError) as error:
        if refused := storage_error(error):
            raise refused from error
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise CheckpointError(
            f"The checkpoint {checkpoint.name} is damaged: {reason}",
            "Another checkpoint in its folder may be intact; if you copied the folder, copy it again.",
        ) from error


def averaged(values: Values) -> Values:
    """The values, those of the model replaced by their averages where the checkpoint holds these."""
    start = f"{AVERAGE}/values/"
    found = {f"model/{_plain(name.removeprefix(start))}": name for name in values if name.startswith(start)}
    return {name: values[found.get(name, name)] for name in values}


@contextmanager
def readable(checkpoint: AnyPath) -> Iterator[str]:
    """A prefix under which TensorFlow can read it: it takes a path for a pattern, and would miss a [1] in one."""
    if not set(str(checkpoint)) & set("*?[]\\"):
        yield str(checkpoint)
        return
    path = checkpoint.absolute()
    with tempfile.TemporaryDirectory(prefix="checkpoint-") as folder:
        for part in path.parent.iterdir():
            if part.name.startswith(f"{path.name}."):
                here = Path(folder) / part.name
                part.download(here) if isinstance(part, BucketPath) else here.symlink_to(part)
        yield str(Path(folder) / path.name)


def named_variables(root: Any) -> dict[str, Any]:
    """The variables of a tree of modules, by the names that `tf.train.Checkpoint(root)` gives them.

    TensorFlow names a variable after the shortest path to it, breadth first.
    """
    view = tf.train.TrackableView(root)
    found: dict[str, Any] = {}
    seen = {id(root)}
    level: list[tuple[str, Any]] = [("", root)]
    while level:
        below: list[tuple[str, Any]] = []
        for path, node in level:
            for name, child in view.children(node).items():
                if id(child) in seen:
                    continue
                seen.add(id(child))
                child_path = f"{path}/{_escaped(name)}" if path else _escaped(name)
                if isinstance(child, tf.Variable):
                    found[child_path] = child
                else:
                    below.append((child_path, child))
        level = below
    return found


def require_fit(variables: Mapping[str, Any], values: Mapping[str, Any], source: str) -> None:
    """Raises CheckpointError, with the first difference, where `values` are not those of `variables`."""
    for name in variables:
        if name not in values:
            raise CheckpointError(f"{source} holds another model: it has no {name}", _OTHER_MODEL_HINT)
    for name in values:
        if name not in variables:
            raise CheckpointError(f"{source} holds another model: this one has no {name}", _OTHER_MODEL_HINT)
    for name, variable in sorted(variables.items(), key=lambda named: named[0].startswith("optimizer/")):
        there, here = tuple(np.shape(values[name])), tuple(variable.shape)
        if there != here:
            raise CheckpointError(
                f"{source} holds another model: {name} has {_size(there)} values there and {_size(here)} in this one",
                where_decided(name),
            )


def assign(variables: Mapping[str, Any], values: Mapping[str, Any], names: Iterable[str] | None = None) -> None:
    """Gives the variables their values, on every replica. Check with `require_fit` before."""
    for name in variables if names is None else names:
        variables[name].assign(values[name])


def _size(shape: tuple[int, ...]) -> str:
    total = math.prod(shape)
    return f"{' x '.join(map(str, shape))} = {total}" if len(shape) > 1 else str(total)


def _escaped(name: str) -> str:
    """As TensorFlow writes a name that holds its separators."""
    return name.replace(".", "..").replace("/", ".S")


def _plain(escaped: str) -> str:
    return re.sub(r"\.(S|\.)", lambda found: "/" if found[1] == "S" else ".", escaped)
