"""The program started in a terminal without a display, its jobs scripted (gui/child/scripted_jobs.py)."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.gui.conftest import CHILD

ROOT = CHILD.parents[2]
_SETTINGS = tempfile.TemporaryDirectory()  # those of whoever runs the tests stay as they are
# What the interpreter has loaded is written behind what the program says.
_PROGRAM = """
import sys
from app.__main__ import main
code = main(sys.argv[1:])
heavy = {"tensorflow", "keras", "gin", "h5py", "pyqtgraph", "PySide6.QtWidgets"} & set(sys.modules)
print("heavy:", sorted(heavy))
sys.exit(code)
"""


def start(*words: str | Path) -> "subprocess.Popen[str]":
    """`timbre-studio` with these flags. What it says on both streams comes out of `stdout`."""
    environment = {name: value for name, value in os.environ.items() if name not in ("QT_QPA_PLATFORM", "DISPLAY")}
    environment.pop("WAYLAND_DISPLAY", None)
    environment["XDG_CONFIG_HOME"] = _SETTINGS.name
    environment["PYTHONPATH"] = os.pathsep.join((str(CHILD), str(ROOT)))
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *map(str, words)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: "subprocess.Popen[str]", opening: str) -> str:
    """What it says up to the line that begins so."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith(opening):
            return said
    raise AssertionError(f"It ended without a line that begins with {opening!r}:\n{said}")
