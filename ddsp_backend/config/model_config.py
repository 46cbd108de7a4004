"""The part of a config that builds a model, as a text that stands alone and can be given to others.

A text that comes from others can name nothing but parts of models, with values that a model can have.
"""

import math
from typing import Any

from ddsp_backend.config.bindings import Bindings, resolve
from ddsp_backend.config.migrations import migrate_operative
from ddsp_backend.config.operative import operative_text
from ddsp_backend.config.parse import Config
from ddsp_backend.config.statements import Macro, Reference, Statement, StatementPlace, parts_of, statements_alone
from ddsp_backend.errors import ConfigError

_PARTS = (
    "ddsp.core.",
    "ddsp.dags.",
    "ddsp.effects.",
    "ddsp.processors.",
    "ddsp.spectral_ops.",
    "ddsp.synths.",
    "ddsp.training.decoders.",
    "ddsp.training.encoders.",
    "ddsp.training.models.",
    "ddsp.training.nn.",
    "ddsp.training.preprocessing.",
)
_LEARNS_BY = {  # what only a training needs, and what stands in its place
    "ddsp.training.models.Autoencoder": ("losses", "control_losses", "schedule"),
}
_LARGEST = 1e7  # the longest example of the reference has 64,000 samples
_LONGEST_TEXT = 200
_HINT = "Ask whoever made the file for another one."


def model_text(config: Config) -> str:
    """What builds the model of `config` again, without losses, data and training. It names no file."""
    bindings = Bindings(macros=config.bindings.macros)
    for (scope, selector), bound in config.bindings.values.items():
        left_out = _LEARNS_BY.get(selector, ())
        bindings.values[scope, selector] = {name: each for name, each in bound.items() if name not in left_out}
    bindings.record("get_model")
    return operative_text(bindings)


def parse_model(text: str, source: str) -> Config:
    """The config of a model, from a text that anybody may have written.

    Args:
      source: Names it in messages.

    Raises:
      ConfigError: It says something that no model needs: it names other things, includes or imports files, or has
        numbers beyond all use.
    """
    bindings = Bindings()
    try:
        migrated = migrate_operative(list(statements_alone(text, source)), source)
        for statement in migrated.statements:
            _require_model(statement)
        bindings.add(migrated.statements)
        bindings.check_macros()
    except RecursionError as error:
        raise ConfigError(f"{source} is nested too deeply", _HINT) from error
    except ConfigError as error:  # whose hint is for those who write their own
        raise ConfigError(error.title, _HINT) from error
    return Config(bindings, migrated.notes)


def _require_model(statement: Statement) -> None:
    if statement.parameter or statement.is_block_head:
        _require_part(statement.name, statement.place)
    for value in parts_of(statement.value):
        if isinstance(value, Reference):
            _require_part(value.name, statement.place)
        elif not _is_usable(value):
            shown = repr(value)[:_LONGEST_TEXT]
            raise ConfigError(f"{statement.place}: {shown} is beyond what a model can have")


def _require_part(name: str, place: StatementPlace) -> None:
    if not resolve(name, place).selector.startswith(_PARTS):
        raise ConfigError(f"{place} names {name}, which is no part of a model")


def _is_usable(value: Any) -> bool:
    if isinstance(value, bytes | complex):
        return False
    if isinstance(value, int | float):
        return math.isfinite(value) and abs(value) <= _LARGEST
    return not isinstance(value, str) or len(value) <= _LONGEST_TEXT


def is_model_setting(binding: str) -> bool:
    """Whether a binding from elsewhere, such as "Reverb.reverb_length = 24000", sets one plain value of a model."""
    try:
        statements = list(statements_alone(binding, "a setting"))
        for statement in statements:
            _require_model(statement)
            Bindings().add([statement])
    except (ConfigError, RecursionError):
        return False
    values = [value for statement in statements for value in parts_of(statement.value)]
    are_plain = not any(isinstance(value, Reference | Macro) for value in values)
    return len(statements) == 1 and bool(statements[0].parameter) and are_plain
