"""The demo without a display: in a terminal, its jobs scripted (child/scripted_jobs.py), everything else real."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from app.state.library import Badge, scan
from app.state.renders import load_renders
from tests.gui.conftest import CHILD

ROOT = CHILD.parents[2]
# What the interpreter has loaded is written behind what the demo says.
PROGRAM = """
import sys
from app.__main__ import main
code = main(sys.argv[1:])
heavy = {"tensorflow", "keras", "gin", "h5py", "pyqtgraph", "PySide6.QtWidgets"} & set(sys.modules)
print("heavy:", sorted(heavy))
sys.exit(code)
"""


def start_demo(library: Path) -> "subprocess.Popen[str]":
    environment = {name: value for name, value in os.environ.items() if name not in ("QT_QPA_PLATFORM", "DISPLAY")}
    environment.pop("WAYLAND_DISPLAY", None)
    environment["PYTHONPATH"] = os.pathsep.join((str(CHILD), str(ROOT)))
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--demo", "--library", str(library)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_that_the_demo_goes_the_whole_way_and_says_where_its_audio_lies(tmp_path: Path) -> None:
    demo = start_demo(tmp_path / "library")
    said, _ = demo.communicate()
    assert demo.returncode == 0, said
    places = [Path(line[17:]) for line in said.splitlines() if line.startswith("  ") and line.endswith(".wav")]
    assert [line[2:17].strip() for line in said.splitlines() if line.startswith("  ")] == [
        *("Original", "Resynthesized", "Harmonic part", "Noise part"),
        *("Original", "Resynthesized"),
    ]
    assert all(place.is_file() for place in places)
    assert said.splitlines()[-1] == "heavy: []"
    (glance,) = scan(tmp_path / "library")
    assert glance.badge is Badge.TRAINED
    (render,) = load_renders(glance.instrument.renders_path)
    assert Path(render.output_path) in places


def test_that_a_stopped_demo_saves_and_the_same_command_goes_on(tmp_path: Path) -> None:
    library = tmp_path / "endless library"
    demo = start_demo(library)
    assert demo.stdout is not None
    for line in demo.stdout:
        if line.startswith("Training: "):
            break
    demo.send_signal(signal.SIGINT)
    said, _ = demo.communicate()
    assert demo.returncode == 130, said
    assert "The same command goes on from here" in said
    (glance,) = scan(library)
    assert glance.badge is Badge.STOPPED

    again = start_demo(library)
    assert again.stdout is not None
    for line in again.stdout:
        if line.startswith("Training: "):
            break
    again.send_signal(signal.SIGINT)
    again.communicate()
    (glance,) = scan(library)
    kinds = [folder.path.name[5:] for folder in glance.instrument.job_folders()]
    assert kinds == ["generate", "prepare", "train", "train"]


def test_that_a_library_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("a file is in the way")
    demo = start_demo(tmp_path / "library")
    said, _ = demo.communicate()
    assert demo.returncode == 1
    assert said.startswith("Failed: ")
    assert "--library FOLDER" in said
    assert "Traceback" not in said
