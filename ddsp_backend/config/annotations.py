"""Whether a value from a gin file fits a parameter's annotation. Only what a gin file can write is judged."""

import inspect
import types
import typing
from collections.abc import Sequence
from typing import Any

from ddsp_backend.config.statements import Macro, Reference

_PLAIN: dict[Any, tuple[tuple[type, ...], str]] = {
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    bool: ((bool,), "True or False"),
    str: ((str,), "a text in quotes"),
    type(None): ((type(None),), "None"),
    None: ((type(None),), "None"),
    list: ((list, tuple), "a list"),
    tuple: ((list, tuple), "a list"),
    Sequence: ((list, tuple), "a list"),
    dict: ((dict,), "a dictionary"),
}


def is_of(value: Any, annotation: Any) -> bool:
    """Whether `value` can be meant. References and macros always can: what they come to is judged when it is known."""
    if isinstance(value, Macro | Reference):
        return True
    origin = typing.get_origin(annotation) or annotation
    if origin in (types.UnionType, typing.Union):
        return any(is_of(value, choice) for choice in typing.get_args(annotation))
    if origin not in _PLAIN:
        # A class or function: nothing that a gin file can write as a literal.
        return annotation in (Any, inspect.Parameter.empty) or not isinstance(value, str | int | float)
    if isinstance(value, bool):
        return origin is bool
    return isinstance(value, _PLAIN[origin][0])


def wanted(annotation: Any) -> str:
    """The annotation in words."""
    origin = typing.get_origin(annotation) or annotation
    if origin in (types.UnionType, typing.Union):
        return " or ".join(dict.fromkeys(wanted(choice) for choice in typing.get_args(annotation)))
    return _PLAIN[origin][1] if origin in _PLAIN else f"a reference to {getattr(origin, '__name__', origin)}"
