"""What a gin file can bind, listed: each name's parameters with their types, default values and documentation.

Forms are built from it. The documentation is that of the code: `Args:` in docstrings, and the text below each field
of a dataclass.
"""

import ast
import inspect
import itertools
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from ddsp_backend.config.annotations import kinds_of
from ddsp_backend.config.operative import is_literal
from ddsp_backend.config.registry import TARGETS, Configurable, matching
from ddsp_backend.jobs.kinds import ValueKind

# What means the same wherever it stands, for classes that do not say it again.
_COMMON = {
    "base_dir": "The folder of the data set, or its gs:// address.",
    "batch_size_ratios": "How the batch size is shared out among the data sets; none gives each all of it.",
    "ch": "Channels of the result.",
    "centered": "Whether frames are centred on their time stamps, which adds one.",
    "data_dir": "The folder of the data set, or its gs:// address.",
    "data_providers": "The data sets.",
    "dims": "Hidden units.",
    "example_secs": "Seconds of one example.",
    "file_pattern": "The data set's files: a path with * and ?, or several.",
    "frame_rate": "Control frames a second.",
    "include_note_labels": "Give pitch, instrument and family of each note besides.",
    "is_spread": "Begin with weights that tell inputs between 0 and 1 apart.",
    "layers": "How many there are.",
    "n_harmonics": "Harmonics of each note.",
    "n_mags": "Bands of its noise.",
    "n_timesteps": "Control frames of each example.",
    "name": "The name that outputs, losses and checkpoints have it by.",
    "nonlinearity": "What comes last, such as 'leaky_relu' or 'relu'.",
    "rnn_type": "'gru' or 'lstm'.",
    "sample_rate": "Hz of the audio.",
    "weight": "Factor of the loss.",
}
_ARGUMENT = re.compile(r"  (\w+): (.*)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One that can be bound."""

    name: str
    kinds: tuple[ValueKind, ...]
    """What it takes, the usual kind first."""
    default: str | None
    """As a gin file writes it; None where it must be bound. An object that no gin file can write is put in <>."""
    documentation: str


@dataclass(frozen=True, slots=True)
class ConfigurableEntry:
    """A class or function that gin files can name."""

    name: str
    """The full name, such as ddsp.synths.Harmonic."""
    short_name: str
    """The shortest that means only this."""
    summary: str
    parameters: tuple[Parameter, ...]
    takes_any_parameter: bool
    """Whether others can be bound too, such as the processors of a group."""


def list_configurables() -> tuple[ConfigurableEntry, ...]:
    """Everything, by full name. Loads TensorFlow."""
    return tuple(describe(name) for name in sorted(TARGETS))


def describe(name: str) -> ConfigurableEntry:
    """The entry of a full name. Raises KeyError where there is none."""
    configurable = Configurable(name, TARGETS[name])
    documented = _documented(configurable.load())
    return ConfigurableEntry(
        name=name,
        short_name=configurable.short_name,
        summary=inspect.cleandoc(configurable.load().__doc__ or "").split("\n\n")[0].replace("\n", " "),
        parameters=tuple(
            Parameter(
                name=parameter.name,
                kinds=kinds_of(parameter.annotation),
                default=None if parameter.default is parameter.empty else _written(parameter.default),
                documentation=documented.get(parameter.name) or _COMMON.get(parameter.name, ""),
            )
            for parameter in configurable.parameters().values()
        ),
        takes_any_parameter=configurable.takes_any_parameter,
    )


def _documented(target: Callable[..., Any]) -> dict[str, str]:
    """The text for each parameter; a class's own wins over those of its bases."""
    found: dict[str, str] = {}
    for part in reversed(inspect.getmro(target)) if inspect.isclass(target) else (target,):
        for text in (part.__doc__, getattr(vars(part).get("__init__"), "__doc__", None)):
            found.update(_arguments(text or ""))
        if "__dataclass_fields__" in vars(part):
            found.update(_fields(part))
    return found


def _arguments(docstring: str) -> Iterator[tuple[str, str]]:
    """Name and text of each entry below `Args:`."""
    lines = inspect.cleandoc(docstring).splitlines()
    if "Args:" not in lines:
        return
    name, words = "", list[str]()
    for line in [*lines[lines.index("Args:") + 1 :], ""]:
        match = _ARGUMENT.fullmatch(line)
        if name and (match or not line):
            yield name, " ".join(words)
            name = ""
        if match:
            name, words = match[1], [match[2]]
        elif not line:
            return
        else:
            words.append(line.strip())


def _fields(dataclass_type: Any) -> dict[str, str]:
    """The text that stands below each field."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(dataclass_type))).body
    found = {}
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for field, text in itertools.pairwise(body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(documentation))):
                found[name] = " ".join(documentation.split())
    return found


def _written(value: Any) -> str:
    if is_literal(value):
        return repr(value)
    selector = _selectors().get(value) if value.__hash__ else None
    return f"@{selector}" if selector else f"<{getattr(value, '__name__', type(value).__name__)}>"


@cache
def _selectors() -> dict[Any, str]:
    """The names of functions that are default values of others."""
    found = {}
    for selector in TARGETS:
        (configurable,) = (entry for entry in matching(selector) if entry.selector == selector)
        target = configurable.load()
        if not inspect.isclass(target):
            found[target] = configurable.short_name
    return found
