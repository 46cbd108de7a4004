"""Whether a value from a gin file fits a parameter's annotation. Only what a gin file can write is judged."""

import inspect
import types
import typing
from collections.abc import Sequence
from typing import Any

from ddsp_backend.config.statements import Macro, Reference
from ddsp_backend.jobs.kinds import ValueKind

_PLAIN: dict[Any, tuple[tuple[type, ...], ValueKind]] = {
    int: ((int,), ValueKind.WHOLE_NUMBER),
    float: ((int, float), ValueKind.NUMBER),
    bool: ((bool,), ValueKind.SWITCH),
    str: ((str,), ValueKind.TEXT),
    type(None): ((type(None),), ValueKind.NOTHING),
    None: ((type(None),), ValueKind.NOTHING),
    list: ((list, tuple), ValueKind.LIST),
    tuple: ((list, tuple), ValueKind.LIST),
    Sequence: ((list, tuple), ValueKind.LIST),
    dict: ((dict,), ValueKind.DICTIONARY),
}
_WORDS = {
    ValueKind.WHOLE_NUMBER: "a whole number",
    ValueKind.NUMBER: "a number",
    ValueKind.SWITCH: "True or False",
    ValueKind.TEXT: "text in quotes",
    ValueKind.NOTHING: "None",
    ValueKind.LIST: "a list",
    ValueKind.DICTIONARY: "a dictionary",
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


def kinds_of(annotation: Any) -> tuple[ValueKind, ...]:
    """What the annotation allows, each kind once."""
    origin = typing.get_origin(annotation) or annotation
    if origin in (types.UnionType, typing.Union):
        found = (kind for choice in typing.get_args(annotation) for kind in kinds_of(choice))
        return tuple(dict.fromkeys(found))
    return (_PLAIN[origin][1] if origin in _PLAIN else ValueKind.REFERENCE,)


def wanted(annotation: Any) -> str:
    """The annotation in words."""
    origin = typing.get_origin(annotation) or annotation
    if origin in (types.UnionType, typing.Union):
        return " or ".join(dict.fromkeys(wanted(choice) for choice in typing.get_args(annotation)))
    return _WORDS[_PLAIN[origin][1]] if origin in _PLAIN else f"a reference to {getattr(origin, '__name__', origin)}"
