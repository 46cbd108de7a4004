"""One JSON object a line for every spec and event: `{"type": "StepDone", ...}`. Nothing from outside is trusted."""

import dataclasses
import json
import math
import types
import typing
from enum import StrEnum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from ddsp_backend.errors import ConfigError, DataError, DdspError
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.spec import JobSpec
from ddsp_backend.json_reading import parse_json

_EVENTS = {cls.__name__: cls for cls in get_args(Event)}
_SPECS = {cls.__name__: cls for cls in get_args(JobSpec)}


def to_json(value: Any) -> str:
    """An event, a spec or another dataclass of plain fields, as one line without a newline.

    NaN and infinity are written as JSON strings, so that any reader can read them.
    """
    fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return json.dumps(_finite({"type": type(value).__name__, **fields}), ensure_ascii=True, allow_nan=False)


def event_from_json(line: str | bytes) -> Event:
    """Reads one event. Raises DataError where the line is not one."""
    return typing.cast(Event, _from_json(line, _EVENTS))


def spec_from_json(line: str | bytes) -> JobSpec:
    """Reads one spec. Raises ConfigError where a value makes no sense, DataError where the line is not a spec."""
    return typing.cast(JobSpec, _from_json(line, _SPECS))


def message_from_json(line: str | bytes, known: dict[str, type]) -> Any:
    """Reads a dataclass that is known by its name. Raises DataError where the line is none of them."""
    return _from_json(line, known)


def _from_json(line: str | bytes, known: dict[str, type]) -> object:
    try:
        fields = parse_json(line)
        cls = known[fields.pop("type")]
        hints = _hints(cls)
        if known is _EVENTS:  # a later version may say more; a spec must be understood whole
            fields = {name: value for name, value in fields.items() if name in hints}
        return cls(**{name: _coerce(value, hints[name], name) for name, value in fields.items()})
    except ConfigError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, DdspError) as error:
        text = line if isinstance(line, str) else line.decode(errors="replace")
        raise DataError(f"This is no message of Timbre Studio: {text[:120]!r} ({error})") from error


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)  # takes as long as all the rest of a line


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _coerce(value: Any, hint: Any, name: str) -> Any:
    """`value` as the annotation wants it, or TypeError."""
    if type(value) is hint and hint in (str, int, float, bool):
        return value
    if isinstance(hint, type) and issubclass(hint, StrEnum) and isinstance(value, str):
        return hint(value)
    origin = get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return _coerce(value, next(arm for arm in get_args(hint) if arm is not types.NoneType), name)
    if origin is tuple and isinstance(value, list):
        return tuple(_coerce(item, get_args(hint)[0], name) for item in value)
    if origin is dict and isinstance(value, dict):
        return {str(key): _coerce(item, get_args(hint)[1], name) for key, item in value.items()}
    if hint is float and isinstance(value, str) and value in ("nan", "inf", "-inf"):
        return float(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    raise TypeError(f"{name} is not of type {hint}")
