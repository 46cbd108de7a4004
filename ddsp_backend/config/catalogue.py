"""What a gin file can bind: each name's parameters with their types, default values and documentation.

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
    "batch_size_ratios": "Share of each batch that comes from each data set; without it each one gives a whole batch.",
    "ch": "Number of output channels; more channels learn more detail but take longer to train.",
    "centered": "Whether each control frame is centred on its time stamp; this adds one frame to each example.",
    "data_dir": "The folder of the data set, or its gs:// address.",
    "data_providers": "The data sets that examples are taken from, each with settings of its own.",
    "dims": "Number of hidden units; more units learn more detail but take longer to train.",
    "example_secs": "Length of one training example in seconds; longer examples need more memory.",
    "file_pattern": "The files of the data set: one path, which may contain * and ?, or several paths.",
    "frame_rate": "Pitch and loudness values per second; a higher rate follows fast changes better but trains slower.",
    "include_note_labels": "Also give the pitch, instrument and instrument family of each note.",
    "is_spread": "Start with weights that already distinguish inputs between 0 and 1.",
    "layers": "Number of layers; more layers learn more detail but take longer to train.",
    "n_harmonics": "Number of harmonics of each note; more harmonics reach higher frequencies.",
    "n_mags": "Number of noise bands; more bands shape the noise more finely.",
    "n_timesteps": "Number of control frames in each example; more make longer examples that need more memory.",
    "name": "The name of this part in outputs, losses and checkpoints.",
    "nonlinearity": "The activation function of the layer, such as 'leaky_relu' or 'relu'.",
    "rnn_type": "Type of the recurrent layer: 'gru' is faster and smaller, 'lstm' keeps a second memory.",
    "sample_rate": "Sample rate of the audio in Hz; it must match the data set.",
    "weight": "Weight of this loss; a higher value makes it count more against the other losses.",
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
