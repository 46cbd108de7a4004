"""Reads gin files into statements, with the place of each. gin's own parser does the reading; nothing is imported.

Where gin would import a module, or search for an included file in its own global paths, this decides.
"""

import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

from gin import config_parser

from ddsp_backend.errors import ConfigError
from ddsp_backend.storage import AnyPath, any_path, is_bucket_path

# Gin files of the reference import its packages, so that names are registered. Ours always are.
_ACCEPTED_IMPORTS = re.compile(r"ddsp(\.\w+)*")


@dataclass(frozen=True)
class StatementPlace:
    """Where a statement stands, for messages: a file, or the command line's --gin_param."""

    source: str
    line: int

    def __str__(self) -> str:
        return f"{self.source}, line {self.line}"


@dataclass(frozen=True)
class Reference:
    """`@scope/name` or, with `call`, `@scope/name()`."""

    scope: tuple[str, ...]
    name: str
    call: bool

    def __repr__(self) -> str:
        return f"@{'/'.join((*self.scope, self.name))}{'()' if self.call else ''}"


@dataclass(frozen=True)
class Macro:
    """`%name`."""

    name: str

    def __repr__(self) -> str:
        return f"%{self.name}"


@dataclass(frozen=True)
class Statement:
    """`scope/name.parameter = value`; a macro has no parameter; a block's head has neither parameter nor value."""

    scope: str
    name: str
    parameter: str
    value: Any
    place: StatementPlace
    is_block_head: bool = False


def parts_of(value: Any) -> Iterator[Any]:
    """A value's items, however deep they lie in lists and dictionaries; a plain value is its only one."""
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        for item in value:
            yield from parts_of(item)
    else:
        yield value


class _Delegate(config_parser.ParserDelegate):
    def configurable_reference(self, scoped_configurable_name: str, evaluate: bool) -> Reference:
        *scope, name = scoped_configurable_name.split("/")
        return Reference(tuple(scope), name, evaluate)

    def macro(self, macro_name: str) -> Macro:
        return Macro(macro_name)


def statements_of_file(name: str, folders: Sequence[AnyPath], allowed: Sequence[str] = ()) -> Iterator[Statement]:
    """Every binding of a file and of those that it includes, in order.

    Args:
      name: A path, or a name looked for in `folders` and then in the working directory.
      allowed: Modules that it may say it imports, besides ddsp.
    """
    yield from _statements_of_path(_find(name, folders, None), folders, allowed, ())


def statements_of_text(
    text: str, source: str, folders: Sequence[AnyPath], allowed: Sequence[str] = ()
) -> Iterator[Statement]:
    """The same for a text. `source` names it in messages."""
    yield from _statements(text, source, folders, allowed, ())


def statements_alone(text: str, source: str) -> Iterator[Statement]:
    """The same for a text from elsewhere: one that includes files is refused, and no file is opened."""
    yield from _statements(text, source, None, (), ())


def _statements_of_path(
    path: AnyPath, folders: Sequence[AnyPath], allowed: Sequence[str], including: tuple[str, ...]
) -> Iterator[Statement]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The gin file {path} cannot be read: {error}") from error
    yield from _statements(text, str(path), folders, allowed, including)


def _statements(
    text: str, source: str, folders: Sequence[AnyPath] | None, allowed: Sequence[str], including: tuple[str, ...]
) -> Iterator[Statement]:
    """Args: folders: None where nothing may be included."""
    parser = None
    try:
        parser = config_parser.ConfigParser(text, _Delegate())
        for statement in parser:
            place = StatementPlace(source, statement.location.line_num)
            match statement:
                case config_parser.IncludeStatement(filename=filename):
                    if folders is None:
                        raise ConfigError(f"{place} includes {filename!r}, and may not include any file")
                    included = _find(filename, folders, place)
                    if str(included) in (*including, source):
                        raise ConfigError(f"{place} includes {filename!r}, which includes this file again")
                    yield from _statements_of_path(included, folders, allowed, (*including, source))
                case config_parser.ImportStatement(module=module):
                    if not _ACCEPTED_IMPORTS.fullmatch(module) and module not in allowed:
                        raise ConfigError(
                            f"{place} imports {module!r}, which nobody allowed: a gin file runs no code by itself",
                            f"If you trust that module, say so with --allow_module={module}. Otherwise remove the "
                            "line; the names of magenta/ddsp need no imports.",
                        )
                case config_parser.BlockDeclaration(scope=scope, selector=name):
                    yield Statement(scope, name, "", None, place, is_block_head=True)
                case config_parser.BindingStatement(scope=scope, selector=name, arg_name=parameter, value=value):
                    yield Statement(scope, name, parameter, value, place)
    except ConfigError:  # of an included file; it is a ValueError, too
        raise
    except (SyntaxError, ValueError, tokenize.TokenError) as error:
        line = parser.current_token.start[0] if parser else 1
        reason = str(error.args[0]).strip().splitlines()[0].rstrip(".")
        raise ConfigError(
            f"{StatementPlace(source, line)} is not a gin statement: {reason}",
            "A statement looks like Harmonic.sample_rate = 16000, and text needs quotes.",
        ) from error


def _find(name: str, folders: Sequence[AnyPath], wanted_at: StatementPlace | None) -> AnyPath:
    if is_bucket_path(name):
        return any_path(name)
    parts = PurePosixPath(name).parts
    names = [name, str(PurePosixPath("datasets", *parts[1:]))] if parts[:1] == ("dataset",) else [name]
    beside = [any_path(wanted_at.source).parent] if wanted_at else []
    places: list[AnyPath] = [*folders, Path(), *beside]
    for candidate in names:
        for folder in places:
            path = folder / str(Path(candidate).expanduser())
            if path.is_file():
                return path
    local = [folder for folder in folders if isinstance(folder, Path)]
    known = {str(path.relative_to(folder)) for folder in local for path in folder.rglob("*.gin")}
    near = get_close_matches(name, known, n=2, cutoff=0.6)
    hint = f"Did you mean {' or '.join(near)}?" if near else "Give a path, or add its folder with --gin_search_path."
    where = f", which {wanted_at} includes," if wanted_at else ""
    raise ConfigError(f"There is no gin file {name!r}{where} in {', '.join(str(f.absolute()) for f in places)}", hint)
