"""The operative config: every binding and default that a run used, as a gin file beside its checkpoints."""

import ast
import pprint
import re
from typing import Any

from ddsp_backend.config.bindings import Bindings
from ddsp_backend.config.registry import matching
from ddsp_backend.config.statements import Macro, Reference
from ddsp_backend.files import written_whole
from ddsp_backend.storage import AnyPath

_WIDTH = 80
_INDENT = 4
_RULE = "# " + "=" * (_WIDTH - 2)
_HEAD = "# What a run of Timbre Studio used."
_FILE_NAME = re.compile(r"operative_config-(\d+)\.gin")


def operative_text(bindings: Bindings) -> str:
    """The text of a gin file that binds all that was used, in the form that gin itself writes."""
    used = {selector for _, selector in bindings.used}
    modules = sorted({target.partition(":")[0] for selector, target in bindings.own_names if selector in used})
    needed = [f"import {module}  # with --allow_module={module}" for module in modules]
    lines = [_HEAD, "import ddsp", "import ddsp.training", *needed, ""]
    if bindings.used_macros:
        lines += ["# Macros:", _RULE]
        lines += [_binding(name, bindings.macros[name].value) for name in sorted(bindings.used_macros)]
        lines.append("")
    for (scope, selector), values in sorted(bindings.used.items(), key=_sort_key):
        (configurable,) = (found for found in matching(selector, bindings.own_names) if found.selector == selector)
        name = f"{scope}/{configurable.short_name}" if scope else configurable.short_name
        lines += [f"# Parameters for {name}:", _RULE]
        shown = {key: value for key, value in sorted(values.items()) if is_literal(value)}
        lines += [_binding(f"{name}.{key}", value) for key, value in shown.items()] or ["# None."]
        lines.append("")
    return "\n".join(lines)


def write_operative_config(folder: AnyPath, step: int, text: str) -> AnyPath:
    """Writes operative_config-<step>.gin whole, and returns its path.

    One of this name that another program wrote is kept beside it: its model can be read again by that program.
    """
    path = folder / f"operative_config-{step}.gin"
    kept = path.with_name(f"original_{path.name}")
    if path.exists() and not kept.exists() and not path.read_text(encoding="utf-8").startswith(_HEAD):
        with written_whole(kept) as temporary:
            temporary.write_bytes(path.read_bytes())
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def latest_operative_config(folder: AnyPath) -> AnyPath | None:
    """The operative config of the latest step in `folder`, or in the folder of a checkpoint's prefix."""
    if not folder.is_dir():
        folder = folder.parent
    found = {int(match[1]): path for path in folder.glob("*.gin") if (match := _FILE_NAME.fullmatch(path.name))}
    return found[max(found)] if found else None


def _sort_key(entry: tuple[tuple[str, str], Any]) -> list[str]:
    (scope, selector), _ = entry
    return [*reversed(selector.lower().split(".")), *reversed(scope.lower().split("/"))]


def _binding(key: str, value: Any) -> str:
    text = pprint.pformat(value, width=_WIDTH - _INDENT)
    if "\n" not in text and len(key) + len(text) <= _WIDTH:
        return f"{key} = {text}"
    indented = "\n".join(" " * _INDENT + line for line in text.splitlines())
    return f"{key} = \\\n{indented}"


def is_literal(value: Any) -> bool:
    """Whether gin can read `repr(value)` back. Functions and objects that are defaults cannot be written."""
    if isinstance(value, Macro | Reference):
        return True
    if isinstance(value, dict):
        return all(is_literal(item) for pair in value.items() for item in pair)
    if isinstance(value, list | tuple):
        return all(is_literal(item) for item in value)
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError):
        return False
