"""A file that was double-clicked reaches a program that runs already, as macOS sends it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = """
import sys
from PySide6.QtCore import QUrl
from PySide6.QtGui import QFileOpenEvent
from app.file_opening import FileOpeningApplication
application = FileOpeningApplication([])
application.file_opened.connect(lambda path: sys.stdout.write(path))
application.sendEvent(application, QFileOpenEvent(QUrl.fromLocalFile(sys.argv[1])))
application.sendEvent(application, QFileOpenEvent(QUrl("https://example.org/other.timbre")))
"""


def test_that_the_path_of_a_file_that_the_system_opens_is_told(tmp_path: Path) -> None:
    path = str(tmp_path / "Flöte 1.timbre")
    child = subprocess.run([sys.executable, "-c", CODE, path], capture_output=True, text=True, check=True, cwd=ROOT)
    assert child.stdout == path
