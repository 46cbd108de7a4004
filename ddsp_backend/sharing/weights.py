"""A model's weights as plain numbers, one after the other, and a list of their names and shapes.

Nothing but numbers is read back: no program, no object, no path.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ddsp_backend.checkpoints.loading import build_model
from ddsp_backend.checkpoints.values import assign, named_variables
from ddsp_backend.config.parse import Config
from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.json_reading import parse_json

Weights = dict[str, npt.NDArray[np.float32]]
_NUMBER = np.dtype("<f4")
_MOST_AXES = 8
_ODD = "Ask its maker for it again, as Timbre Studio wrote it."


def weights_of(model: Any) -> Weights:
    """By the names that a checkpoint has for them, in order. Raises ConfigError where one is no float32."""
    found = sorted(named_variables(model).items())
    odd = [name for name, variable in found if variable.dtype != tf.float32]
    if odd:
        raise ConfigError(f"The model cannot be shared: {odd[0]} is no float32", "Choose another kind of model.")
    return {name: np.asarray(variable, _NUMBER) for name, variable in found}


def pack_weights(weights: Weights) -> tuple[bytes, bytes]:
    """The list of names and shapes, and the numbers."""
    shapes = [[name, list(values.shape)] for name, values in weights.items()]
    return json.dumps(shapes).encode(), b"".join(values.tobytes() for values in weights.values())


def unpack_weights(shapes: bytes, numbers: bytes, source: str) -> Weights:
    """The weights of a file that anybody may have written. Args: source: Names it in messages.

    Raises DataError where list and numbers do not belong together, or a number is none.
    """
    found: Weights = {}
    place = 0
    for name, shape in _read_shapes(shapes, source):
        n_bytes = math.prod(shape) * _NUMBER.itemsize
        if name in found or place + n_bytes > len(numbers):
            raise DataError(f"{source}: its weights are not those that it lists", _ODD)
        values = np.frombuffer(numbers, _NUMBER, math.prod(shape), place).reshape(shape)
        if not np.isfinite(values).all():
            raise DataError(f"{source}: a weight of {name} is no number", _ODD)
        found[name] = values.astype(np.float32, copy=False)
        place += n_bytes
    if place != len(numbers):
        raise DataError(f"{source}: its weights are not those that it lists", _ODD)
    return found


def model_with(config: Config, weights: Weights, source: str) -> Any:
    """The model of a config from anybody's file, with its weights.

    Its sizes are compared before any memory is taken for it.

    Raises:
      DataError: it has other weights.
      ConfigError: it cannot be built.
    """
    with tf.Graph().as_default():  # in which a variable has a size, and no memory
        variables = named_variables(_built(config, source))
    wanted = {name: tuple(variable.shape) for name, variable in variables.items()}
    _require_same({name: values.shape for name, values in weights.items()}, wanted, source)
    model = _built(config, source)
    assign(named_variables(model), weights)
    return model


def _built(config: Config, source: str) -> Any:
    try:
        return build_model(config)
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        MemoryError,
        RuntimeError,
        TypeError,
        ValueError,
        tf.errors.OpError,
    ) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ConfigError(f"{source}: its settings make no model: {reason[:200]}", _ODD) from error


def _require_same(there: Mapping[str, tuple[int, ...]], here: Mapping[str, tuple[int, ...]], source: str) -> None:
    for name in sorted(there.keys() | here.keys()):
        if there.get(name) != here.get(name):
            sizes = [" x ".join(map(str, shapes[name])) if name in shapes else "missing" for shapes in (there, here)]
            raise DataError(
                f"{source}: its weights are not those of its settings: {name} is {sizes[0]}, and should be {sizes[1]}",
                _ODD,
            )


def _read_shapes(content: bytes, source: str) -> list[tuple[str, tuple[int, ...]]]:
    try:
        entries = [(name, tuple(shape)) for name, shape in parse_json(content)]
        are_right = all(
            isinstance(name, str) and len(shape) <= _MOST_AXES and all(type(n) is int and n >= 0 for n in shape)
            for name, shape in entries
        )
    except (ValueError, TypeError):
        are_right = False
    if not are_right:
        raise DataError(f"{source}: the list of its weights cannot be read", _ODD)
    return entries
