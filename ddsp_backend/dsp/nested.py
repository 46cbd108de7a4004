"""Nested dictionaries of tensors, looked into by keys such as "harmonic/controls/f0_hz"."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.errors import ConfigError

Tensors = dict[str, Any]
"""Tensors by name; a value may be such a dictionary again."""


def nested_keys(nested_dict: Tensors, delimiter: str = "/", prefix: str = "") -> list[str]:
    """The key of every leaf, in order."""
    keys = []
    for name, value in nested_dict.items():
        key = f"{prefix}{delimiter}{name}" if prefix else name
        keys += nested_keys(value, delimiter, key) if isinstance(value, dict) else [key]
    return keys


def nested_lookup(nested_key: str, nested_dict: Tensors, delimiter: str = "/") -> Any:
    """The value under a nested key.

    Raises:
      ConfigError: There is none. It names what there is at the place where the key leads nowhere.
    """
    value: Any = nested_dict
    for part in nested_key.split(delimiter):
        if not isinstance(value, dict) or part not in value:
            known = ", ".join(sorted(value)) if isinstance(value, dict) else "nothing"
            raise ConfigError(
                f"The dag asks for {nested_key!r}, and there is no {part!r}", f"At this place it could be: {known}."
            )
        value = value[part]
    return value


def make_iterable(x: Any) -> Iterable[Any]:
    """`x` if it can be iterated, else in a list; None gives an empty list, and a tensor is one thing, not its rows."""
    if x is None:
        return []
    if isinstance(x, Iterable) and not isinstance(x, np.ndarray) and not tf.is_tensor(x):
        return x
    return [x]


def to_dict(x: Any, keys: Sequence[str]) -> Tensors:
    """Names the tensors of a sequence, or a single one. A dictionary stays as it is.

    Raises:
      ConfigError: There are more or fewer tensors than names.
    """
    if isinstance(x, dict):
        return x
    values = list(make_iterable(x))
    if len(values) != len(keys):
        raise ConfigError(
            f"{len(values)} outputs cannot have the {len(keys)} names {list(keys)}",
            "Give each output of the module a name, in the third place of its node in the dag.",
        )
    return dict(zip(keys, values, strict=True))
