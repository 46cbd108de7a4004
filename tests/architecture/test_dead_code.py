"""Nothing stands in the program that nothing in it uses. What only tests use does not count as used."""

import ast
import re
import tomllib
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pyqtgraph
import vulture
from PySide6 import QtCore, QtGui, QtWidgets

from ddsp_backend.jobs.job_table import JobKind

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [ROOT / "app", ROOT / "ddsp_backend"]
BENCHMARKS = ROOT / "benchmarks"  # what only they use is used
_NAMED_IN_TEXT = re.compile(r"[\w.]*:(\w+)")  # module:name, as tables and pyproject.toml have it

EXCEPTIONS = {
    # Kept in an attribute so that Qt does not delete it.
    *("focus_ring", "help_controller", "new_action", "guide_action", "quit_action"),
    # Where the tests of the window take hold of it.
    *("question_button", "is_reading", "keys_action", "about_action", "has", "InProcess"),
    # Fields that are compared as a whole.
    *("inode", "modified_ns"),
    "write_base_model",  # docs/base_model.sh
    # What libraries call, or read from us: asyncssh, gin's parser, NumPy, Google's client, TensorFlow, pathlib.
    *("validate_host_public_key", "configurable_reference", "macro", "writeable", "chunk_size", "deterministic"),
    *("exist_ok", "std_ticks", "trace", "logTickStrings", "logTickValues", "supported_ops"),
    # Methods and functions of magenta/ddsp, beside those of tests/golden/dsp_names.txt and dsp/parity.py.
    *("straight_through", "predict_midi", "processor_names", "midi_to_audio", "unquantize"),
    *("get_note_mask_from_onset", "inv_scale_db", "straight_through_choice"),
    *("VEIL", "ACCENT_BRIGHT"),  # inks that the style sheet names
}


# Their dataclasses are sent, written or printed as a whole.
WHOLE = ("jobs/events.py", "evaluation/sound_judge.py", "evaluation/run_judge.py")


def fields_used_as_a_whole() -> Iterator[str]:
    for name in WHOLE:
        for node in ast.walk(ast.parse((ROOT / "ddsp_backend" / name).read_text())):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                yield node.target.id


def names_in_tables() -> Iterator[str]:
    """What is loaded by a name in a text: jobs, gin's targets, commands."""
    for path in (path for package in PACKAGES for path in package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and (match := _NAMED_IN_TEXT.fullmatch(str(node.value))):
                yield match[1]
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    for target in (project["scripts"] | project["gui-scripts"]).values():
        yield target.rpartition(":")[2]


def names_for_python() -> Iterator[str]:
    """What docs/python.md shows to those who write scripts."""
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    for code in re.findall(r"```python(.*?)```|`(.*?)`", page, re.DOTALL):
        yield from re.findall(r"\w+", " ".join(code))


def names_that_libraries_call() -> Iterator[str]:
    """Methods that override one of Qt's or of an enumeration; members that are found by their value."""
    yield from dir(Enum)
    yield from ("_missing_", "_value_", *JobKind.__members__)
    for part in (QtCore, QtGui, QtWidgets, pyqtgraph):
        for thing in vars(part).values():
            if isinstance(thing, type) and issubclass(thing, QtCore.QObject | QtWidgets.QGraphicsItem):
                yield from dir(thing)
    yield from dir(QtWidgets.QStyledItemDelegate)


def names_of_magenta() -> Iterator[str]:
    for line in (ROOT / "tests" / "golden" / "dsp_names.txt").read_text().splitlines():
        yield line.partition(":")[0].split(".")[1]


def unused(paths: list[Path]) -> list[str]:
    search = vulture.Vulture(ignore_names=[])
    search.scavenge(paths)
    used = {
        *names_in_tables(),
        *fields_used_as_a_whole(),
        *names_that_libraries_call(),
        *names_of_magenta(),
        *names_for_python(),
        *EXCEPTIONS,
    }
    return [
        f"{item.filename}:{item.first_lineno} {item.typ} {item.name}"
        for item in search.get_unused_code(min_confidence=60)
        if item.name not in used and BENCHMARKS not in Path(item.filename).parents
    ]


def test_that_nothing_stands_there_that_nothing_uses():
    assert unused([*PACKAGES, BENCHMARKS]) == []


def test_that_what_nothing_uses_is_found(tmp_path):
    module = tmp_path / "module.py"
    module.write_text("def forgotten():\n    pass\n\n\ndef used():\n    pass\n\n\nused()\n")
    (found,) = unused([module])
    assert found.endswith("function forgotten")
