"""Reads JSON that anybody may have written or damaged: whatever is wrong with it is an OSError or a ValueError."""

import errno
import json
import math
import os
from pathlib import Path
from typing import Any

from ddsp_backend.files import patiently
from ddsp_backend.storage import AnyPath

_MOST_DIGITS = 30  # of a whole number: far beyond any that is meant, and each still fits a float


def read_json(path: AnyPath) -> Any:
    """What a file says. Raises OSError where it cannot be read or is no file, ValueError where it is no JSON."""
    return parse_json(read_regular(path))


def parse_json(text: str | bytes) -> Any:
    """Raises ValueError, also for what Python's reader takes (numbers that are none) or dies of (deep nesting)."""
    try:
        return _DECODER.decode(text if isinstance(text, str) else text.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_regular(path: AnyPath) -> bytes:
    """The bytes of a file; those of a pipe may never come. Raises OSError."""
    if isinstance(path, Path) and path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
    return patiently(path.read_bytes)  # it may be replaced just now


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no number")
    return value


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"{text[:_MOST_DIGITS]}... is too large a number")
    return int(text)


_DECODER = json.JSONDecoder(parse_float=_finite, parse_int=_whole, parse_constant=_finite)
