"""Each sentence of docs/architecture.md that can be checked, is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def modules_after(*statements: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after these statements."""
    code = "\n".join([*statements, "import sys", "print(*sys.modules)"])
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(child.stdout.split())


def test_that_the_window_loads_no_tensorflow_and_no_gin():
    loaded = modules_after("import app.main_window, app.application")
    assert "PySide6" in loaded
    assert not loaded & {"tensorflow", "keras", "gin", "h5py", "asyncssh"}


def test_that_asking_for_a_job_loads_neither_tensorflow_nor_qt():
    loaded = modules_after("import ddsp_backend.jobs.run, ddsp_backend.jobs.codec, ddsp_backend.jobs.folder")
    assert not loaded & {"tensorflow", "PySide6", "numpy", "asyncssh"}


def test_that_gin_is_only_known_in_config():
    offenders = [
        path.relative_to(ROOT)
        for path in (ROOT / "ddsp_backend").rglob("*.py")
        if path.parent.name != "config"
        and any(line.split()[:2] in (["import", "gin"], ["from", "gin"]) for line in path.read_text().splitlines())
    ]
    assert offenders == []


@pytest.mark.parametrize(
    ("folder", "suffixes"), [("gin", {".gin", ".md"}), ("resources", {".svg", ".qss", ".ttf", ".npz", ".md", ".txt"})]
)
def test_that_the_folder_holds_no_code(folder, suffixes):
    files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    assert files
    assert {path.suffix for path in files} <= suffixes


def test_that_only_the_two_boundaries_catch_every_exception():
    """A job's last word; and decoders, libraries that read what anybody wrote: one odd file must not end the others."""
    offenders = {
        str(path.relative_to(ROOT))
        for package in ("app", "ddsp_backend")
        for path in (ROOT / package).rglob("*.py")
        if "except Exception" in path.read_text() or "except BaseException" in path.read_text()
    }
    assert offenders == {"ddsp_backend/jobs/run.py", "ddsp_backend/audio/decoding.py"}


def test_that_every_place_that_a_newcomer_is_sent_to_is_there():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    part = text.split("## One place for each concern")[1].split("## Decisions")[0]
    named = {name for name in re.findall(r"`([\w./*-]+)`", part) if "/" in name}
    assert len(named) > 20
    missing = [name for name in named if not any(list(base.glob(name)) for base in (ROOT, ROOT / "ddsp_backend"))]
    assert missing == []
