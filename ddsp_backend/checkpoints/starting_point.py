"""The weights that a new run begins with, where they do not come from chance."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_backend.checkpoints.choosing import best_first
from ddsp_backend.checkpoints.magenta_names import is_magenta
from ddsp_backend.checkpoints.restoring import MODEL
from ddsp_backend.checkpoints.values import Values, assign, averaged, named_variables, read_values
from ddsp_backend.config.paths import base_models_folder
from ddsp_backend.errors import CheckpointError, ConfigError
from ddsp_backend.files import written_whole
from ddsp_backend.jobs.events import Noted
from ddsp_backend.storage import any_path

_NAME = re.compile(r"\w+")
_ROOM = "processor_group/"  # a room belongs to the recordings; new ones have another


def start_from(place: str, model: Any) -> list[Noted]:
    """Gives a built model the weights of another one, all but its room.

    Args:
      place: Name of a base model that ships with the program, the folder of a run, or a checkpoint's prefix.

    Returns:
      What the user should know: a base model that does not fit is left alone, and training starts from nothing.

    Raises:
      ConfigError: there is no base model of this name, or a run that was asked for is of another kind.
      CheckpointError: a run that was asked for has no whole checkpoint.
    """
    is_base = bool(_NAME.fullmatch(place)) and not Path(place).exists()
    values = read_base_model(place) if is_base else weights_of_run(place)
    variables = {name: each for name, each in named_variables(model).items() if not name.startswith(_ROOM)}
    difference = _difference(variables, values)
    if difference is None:
        assign(variables, values)
        return []
    if is_base:
        return [Noted("Training starts from nothing: the base model has other sizes", f"It differs in {difference}.")]
    raise ConfigError(
        f"Training cannot start from {place}: its model is of another kind. It differs in {difference}",
        "Start from an instrument with the same preset and sizes, or from nothing: train.start_from = None.",
    )


def base_models() -> list[str]:
    """The names of those that ship with the program."""
    return sorted(path.stem for path in base_models_folder().glob("*.npz"))


def read_base_model(name: str) -> Values:
    """Weights by name, float32. Raises ConfigError where there is no such model."""
    try:
        with np.load(base_models_folder() / f"{name}.npz", allow_pickle=False) as stored:
            return {key: stored[key].astype(np.float32) for key in stored.files}
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"train.start_from={name!r} is neither a folder nor a model that ships with the program",
            f"It ships with: {', '.join(base_models()) or 'none'}. Or name the folder of a run.",
        ) from error


def write_base_model(values: Mapping[str, Any], path: Path) -> None:
    """Writes weights in half precision, which is precise enough to begin with, whole or not at all. Leaves the room."""
    kept = {name: np.asarray(value, np.float16) for name, value in values.items() if not name.startswith(_ROOM)}
    with written_whole(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **kept)  # type: ignore[arg-type]  # none is called allow_pickle


def weights_of_run(place: str) -> Values:
    """Those that a run's best whole checkpoint is heard with, by the model's names for them. Raises CheckpointError."""
    first: CheckpointError | None = None
    for checkpoint in best_first(any_path(place)):
        try:
            if is_magenta(checkpoint.path):
                continue  # its names are others
            values = averaged(read_values(checkpoint.path))
            return {name.removeprefix(MODEL): value for name, value in values.items() if name.startswith(MODEL)}
        except CheckpointError as error:
            first = first or error
    raise first or CheckpointError(
        f"Training cannot start from {place}, which magenta/ddsp wrote",
        "Go on with it instead: ddsp_run --restore_dir.",
    )


def _difference(variables: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
    """The first weight that does not fit; None where all do."""
    for name, variable in variables.items():
        if name not in values:
            return f"{name}, which it does not have"
        if tuple(np.shape(values[name])) != tuple(variable.shape):
            there, here = (" x ".join(map(str, shape)) for shape in (np.shape(values[name]), variable.shape))
            return f"{name}: {there} there, {here} here"
    others = {name for name in values if not name.startswith(_ROOM)} - variables.keys()
    return f"{min(others)}, which this model does not have" if others else None
