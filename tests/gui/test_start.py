"""What the window's start costs."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MOST_MODULES = 600  # numpy and the standard library make up most of them

# Looks at what is loaded at the moment after the window's first picture.
FIRST_PICTURE = """
import sys
from pathlib import Path
from app.application import TimbreStudio, make_application
application = make_application(["timbre-studio"])
studio = TimbreStudio(Path(sys.argv[1]) / "library", Path(sys.argv[1]) / "settings.json")
def measure():
    heavy = {"tensorflow", "keras", "gin", "h5py", "pyqtgraph", "sounddevice", "av", "scipy"} & set(sys.modules)
    sys.stdout.write(f"{len(sys.modules)} {sorted(heavy)}")
    sys.stdout.flush()
    application.quit()
studio.window.painted.connect(measure)
studio.show()
application.exec()
studio.shut_down()
"""


def test_that_the_first_picture_loads_little_and_nothing_heavy(tmp_path: Path) -> None:
    """How long it takes on a machine, `python -m benchmarks window` says."""
    child = subprocess.run(
        [sys.executable, "-c", FIRST_PICTURE, str(tmp_path)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    n_modules, _, heavy = child.stdout.partition(" ")
    assert heavy == "[]"
    assert int(n_modules) < MOST_MODULES


def test_that_the_whole_window_never_loads_tensorflow_or_gin(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from app.application import TimbreStudio, make_application
application = make_application(["timbre-studio"])
studio = TimbreStudio(Path(sys.argv[1]) / "library", Path(sys.argv[1]) / "settings.json")
studio.studio.idle.connect(lambda: None)
studio.show()
def look():
    if studio.studio.is_reading:
        return
    for page in (0, 1, 2):
        from app.state.window import Page
        studio.studio.show_page(Page(page))
    found = {"tensorflow", "keras", "gin", "h5py", "pyqtgraph"} & set(sys.modules)
    sys.stdout.write(" ".join(sorted(found)))
    studio.window.close()
    application.quit()
from PySide6.QtCore import QTimer
timer = QTimer(); timer.timeout.connect(look); timer.start(20)
application.exec()
studio.shut_down()
"""
    child = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert child.stdout == "pyqtgraph"  # everything that is loaded late has been loaded
