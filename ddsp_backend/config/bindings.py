"""Holds what gin files bind, checks every name, and calls what they name.

This replaces gin's own registry, which is one for the whole process: bindings of one job would reach into the next, and
a bound function such as `@core.exp_sigmoid` would read its bindings when it is called, long after they were cleared.
Here each config is an object of its own, and a bound function carries its bindings with it.
"""

import functools
import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ddsp_backend.config.annotations import is_of, wanted
from ddsp_backend.config.migrations import NOT_OFFERED, WITHDRAWN
from ddsp_backend.config.registry import Configurable, OwnNames, matching, nearest, nearest_configurable
from ddsp_backend.config.statements import Macro, Reference, Statement, StatementPlace, parts_of
from ddsp_backend.errors import ConfigError

_OWN = "If it is a class or function of your own, allow its module by name: --allow_module=MODULE."
_KERAS = re.compile(r"(tf\.)?keras\.")


@dataclass(frozen=True)
class Bound:
    """A bound value and where it was bound."""

    value: Any
    place: StatementPlace


Key = tuple[str, str]  # scope, full name


@dataclass
class Bindings:
    """The bindings of one config, later ones over earlier ones, and the record of those that were used."""

    own_names: OwnNames = ()
    """Those of modules that the user allowed."""
    values: dict[Key, dict[str, Bound]] = field(default_factory=dict)
    macros: dict[str, Bound] = field(default_factory=dict)
    used: dict[Key, dict[str, Any]] = field(default_factory=dict)
    used_macros: set[str] = field(default_factory=set)
    mentioned_macros: set[str] = field(default_factory=set)
    """Those that a binding reads, or read before another one took its place."""

    def add(self, statements: Iterable[Statement]) -> None:
        """Binds in order. Raises ConfigError at the first name that is not known."""
        for statement in statements:
            for part in parts_of(statement.value):
                if isinstance(part, Reference):
                    resolve(part.name, statement.place, self.own_names)
                elif isinstance(part, Macro):
                    self.mentioned_macros.add(part.name)
            bound = Bound(statement.value, statement.place)
            if not statement.parameter and not statement.is_block_head:
                name = f"{statement.scope}/{statement.name}" if statement.scope else statement.name
                self.macros[name] = bound
                continue
            configurable = resolve(statement.name, statement.place, self.own_names)
            if not statement.is_block_head:
                _check_parameter(configurable, statement)
                self.values.setdefault((statement.scope, configurable.selector), {})[statement.parameter] = bound

    def check_macros(self) -> None:
        """Raises ConfigError where a macro is read that nobody bound, or bound and never read: both are slips."""
        bound_values = [bound for values in self.values.values() for bound in values.values()]
        for bound in [*bound_values, *self.macros.values()]:
            for part in parts_of(bound.value):
                if isinstance(part, Macro) and part.name not in self.macros:
                    raise ConfigError(
                        f"{bound.place} reads %{part.name}, which no gin file defines",
                        nearest(part.name, self.macros) or f'Bind it: --gin_param="{part.name}=...".',
                    )
        for name, bound in self.macros.items():
            if name not in self.mentioned_macros:
                raise ConfigError(
                    f"{bound.place} binds {name}, which nothing uses",
                    nearest(name, self.mentioned_macros) or "Remove the line.",
                )

    def call(self, name: str, **given: Any) -> Any:
        """Calls what `name` means with its bindings; `given` arguments win over them."""
        (configurable,) = matching(name)
        self.record(name, without=tuple(given))
        return self._call(configurable, (), given)

    def record(self, name: str, without: tuple[str, ...] = ()) -> None:
        """Marks the bindings of `name`, and of all that they refer to, as used: the operative config lists them."""
        (configurable,) = matching(name)
        self._record(configurable, (), without)

    def _record(self, configurable: Configurable, scope: tuple[str, ...], without: tuple[str, ...] = ()) -> None:
        bound = self._bound(configurable, scope)
        values = {
            name: parameter.default
            for name, parameter in configurable.parameters().items()
            if parameter.default is not inspect.Parameter.empty
        } | {name: entry.value for name, entry in bound.items()}
        known = self.used.setdefault(("/".join(scope), configurable.selector), {})
        known.update({name: value for name, value in values.items() if name not in without})
        for entry in bound.values():
            self._record_parts(entry, scope)

    def _record_parts(self, bound: Bound, scope: tuple[str, ...]) -> None:
        for part in parts_of(bound.value):
            if isinstance(part, Reference):
                self._record(resolve(part.name, bound.place, self.own_names), part.scope or scope)
            elif isinstance(part, Macro) and part.name not in self.used_macros:
                self.used_macros.add(part.name)
                self._record_parts(self.macros[part.name], scope)

    def _call(self, configurable: Configurable, scope: tuple[str, ...], given: dict[str, Any]) -> Any:
        arguments = self._arguments(configurable, scope, given)
        missing = [
            parameter.name
            for parameter in configurable.parameters().values()
            if parameter.default is inspect.Parameter.empty and parameter.name not in arguments
        ]
        if missing:
            raise ConfigError(
                f"{configurable.short_name} needs {', '.join(missing)}, which no gin file binds",
                f'Bind it: --gin_param="{configurable.short_name}.{missing[0]}=...".',
            )
        return configurable.load()(**arguments)

    def _arguments(self, configurable: Configurable, scope: tuple[str, ...], given: dict[str, Any]) -> dict[str, Any]:
        """The bound values, evaluated, and those `given`."""
        parameters = configurable.parameters()
        arguments = dict(given)
        for name, bound in self._bound(configurable, scope).items():
            if name not in given:
                arguments[name] = self._evaluated(bound, scope)
                if name in parameters:
                    _check_value(configurable, parameters[name], bound, arguments[name])
        return arguments

    def _bound(self, configurable: Configurable, scope: tuple[str, ...]) -> dict[str, Bound]:
        """Bindings of the bare name, then of each scope from the outermost in: the inner ones win."""
        found: dict[str, Bound] = {}
        for depth in range(len(scope) + 1):
            found.update(self.values.get(("/".join(scope[:depth]), configurable.selector), {}))
        return found

    def _evaluated(self, bound: Bound, scope: tuple[str, ...], macros: tuple[str, ...] = ()) -> Any:
        def inside(value: Any) -> Any:
            match value:
                case Macro(name=name):
                    if name in macros:
                        raise ConfigError(f"{bound.place}: the macro %{name} is defined by itself")
                    return self._evaluated(self.macros[name], scope, (*macros, name))
                case Reference():
                    return self._referenced(value, scope, bound.place)
                case list() | tuple():
                    return type(value)(inside(item) for item in value)
                case dict():
                    return {inside(key): inside(item) for key, item in value.items()}
                case _:
                    return value

        return inside(bound.value)

    def _referenced(self, reference: Reference, scope: tuple[str, ...], place: StatementPlace) -> Any:
        configurable = resolve(reference.name, place, self.own_names)
        inner = reference.scope or scope
        if reference.call:
            return self._call(configurable, inner, {})
        # The function itself, with its bindings in it: it will be called when this config is long gone.
        function = configurable.load()
        arguments = self._arguments(configurable, inner, {})
        return functools.partial(function, **arguments) if arguments else function


def resolve(name: str, place: StatementPlace, own: OwnNames = ()) -> Configurable:
    """What `name` means. Raises ConfigError where it means nothing, or more than one thing."""
    last = name.rsplit(".", 1)[-1]
    found = matching(name, own)
    if len(found) == 1:
        return found[0]
    if found:
        meanings = ", ".join(configurable.selector for configurable in found)
        raise ConfigError(f"{place}: {name} can mean {meanings}", "Write more of the name.")
    if last in WITHDRAWN:
        raise ConfigError(f"{place}: {name} cannot be used: {WITHDRAWN[last]}")
    if _KERAS.match(name):
        raise ConfigError(
            f"{place}: {name} is a layer of Keras, and only layers of magenta/ddsp are supported",
            "Use one of nn, such as nn.FcStack, nn.Rnn or nn.DilatedConvStack.",
        )
    if last in NOT_OFFERED:
        raise ConfigError(f"{place}: {name} is a part of magenta/ddsp that Timbre Studio does not support yet")
    near = nearest_configurable(name, own)
    hint = f"{near} {_OWN}".lstrip() if "." in name or not near else near
    raise ConfigError(f"{place}: there is no {name}", hint)


def _check_parameter(configurable: Configurable, statement: Statement) -> None:
    parameters = configurable.parameters()
    if statement.parameter in parameters:
        bound = Bound(statement.value, statement.place)
        _check_value(configurable, parameters[statement.parameter], bound, bound.value)
    elif not configurable.takes_any_parameter:
        raise ConfigError(
            f"{statement.place}: {configurable.short_name} has no parameter {statement.parameter}",
            nearest(statement.parameter, parameters) or f"It has {', '.join(parameters)}.",
        )


def _check_value(configurable: Configurable, parameter: inspect.Parameter, bound: Bound, value: Any) -> None:
    """Refuses a value of a type that cannot be meant. `value` is what the bound one came to."""
    if not is_of(value, parameter.annotation):
        raise ConfigError(
            f"{bound.place}: {configurable.short_name}.{parameter.name}={value!r} is not {wanted(parameter.annotation)}"
        )
