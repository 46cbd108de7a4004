"""What is said of a model that is shared: who made it, under which licence, and what it has learned from."""

import math
import unicodedata
from dataclasses import asdict, dataclass, fields
from typing import Any

from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.checks import require

LONGEST_NAME, LONGEST_LICENCE = 100, 4000
SUFFIX = ".timbre"
"""Of the files that models are shared as."""
EXAMPLE = "example"
"""Name of the clip that a shared model comes with."""
_MOST_SETTINGS = 100
_LAST_MIDI = 127
_MOST_STEPS = 10**12
# What steers a terminal, and what turns the direction of the words around it.
_MARKS = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """Raises ConfigError on construction where a value makes no sense."""

    name: str
    """Of the instrument."""
    licence: str
    """What others may do with the model, chosen by its maker: "CC BY 4.0", or words of the maker's own."""
    maker: str = ""
    minutes: float | None = None
    """Of the recordings that it has learned from; None where nobody knows, as for the rest."""
    lowest_midi: int | None = None
    highest_midi: int | None = None
    softest_db: float | None = None
    """Of the notes, as the model measures them: a twentieth of the time is softer."""
    loudest_db: float | None = None
    """A twentieth of the time is louder."""
    steps: int = 0
    """Of training."""
    program: str = ""
    """Version of Timbre Studio that wrote the file."""
    preset: str = ""
    """Gin file of the settings that the model started with; empty where nobody knows."""
    settings: tuple[str, ...] = ()
    """Bindings besides the preset's."""

    def __post_init__(self) -> None:
        for name in ("name", "maker", "program", "preset"):
            _require_text(name, getattr(self, name))
        _require_text("licence", self.licence, LONGEST_LICENCE, lines=True)
        for name in ("name", "licence"):
            require(bool(getattr(self, name).strip()), name, getattr(self, name), "a text that is not empty")
        for name in ("minutes", "softest_db", "loudest_db"):
            value = getattr(self, name)
            require(value is None or _is_number(value), name, value, "a number")
        for name in ("lowest_midi", "highest_midi"):
            value = getattr(self, name)
            require(value is None or _is_count(value, _LAST_MIDI), name, value, f"a MIDI note, 0 to {_LAST_MIDI}")
        require(_is_count(self.steps, _MOST_STEPS), "steps", self.steps, f"a whole number, 0 to {_MOST_STEPS}")
        are_few = isinstance(self.settings, tuple) and len(self.settings) <= _MOST_SETTINGS
        require(are_few, "settings", "...", f"a list of at most {_MOST_SETTINGS} bindings")
        for binding in self.settings:
            _require_text("settings", binding, LONGEST_LICENCE)


def card_to_json(card: ModelCard) -> dict[str, Any]:
    return asdict(card)


def card_from_json(values: Any) -> ModelCard:
    """Of anybody's file. Unknown values are passed over. Raises ConfigError where it is no card."""
    if not isinstance(values, dict):
        raise ConfigError("The model's card is not a table of values", "Ask its maker for the file again.")
    known = {field.name: values[field.name] for field in fields(ModelCard) if field.name in values}
    if isinstance(known.get("settings"), list):
        known["settings"] = tuple(known["settings"])
    try:
        return ModelCard(**known)
    except TypeError as error:
        raise ConfigError(f"The model's card lacks a value: {error}", "Ask its maker for the file again.") from error


def _require_text(name: str, value: object, longest: int = LONGEST_NAME, *, lines: bool = False) -> None:
    require(isinstance(value, str), name, "...", "a text")
    assert isinstance(value, str)
    require(len(value) <= longest, name, f"{value[:20]}...", f"at most {longest} letters long")
    marks = _MARKS - {"\n"} if lines else _MARKS
    are_letters = not any(char in marks or unicodedata.category(char) == "Cs" for char in value)
    require(are_letters, name, value, "a text without control characters")


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
