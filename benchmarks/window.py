"""Redrawing a training curve of a million points and a spectrogram of four minutes; the window's first picture; for how
long its event loop is busy with one thing while a job says five thousand steps and four hundred clips."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measurement import Measurement

LIMIT_MS, LIMIT_SECONDS, BUSY_LIMIT_MS = 16.0, 1.5, 50.0
_PATIENCE_SECONDS = 120
_SCRIPTED_JOBS = Path(__file__).parents[1] / "tests" / "gui" / "child"
# Ends with the first picture of a window whose library is empty.
_FIRST_PICTURE = """
import sys
from pathlib import Path
from app.application import TimbreStudio, make_application
application = make_application(["timbre-studio"])
studio = TimbreStudio(Path(sys.argv[1]) / "library", Path(sys.argv[1]) / "settings.json")
studio.window.painted.connect(lambda: print("painted", flush=True))
studio.window.painted.connect(application.quit)
studio.show()
application.exec()
studio.shut_down()
"""


def measure(smoke: bool) -> Iterator[Measurement]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication([])
    n_times = 3 if smoke else 20
    n_points = 1000 if smoke else 1_000_000
    yield Measurement(f"redraw of a curve of {n_points:,} points", _curve(n_points, n_times), "ms", limit=LIMIT_MS)
    yield Measurement("a new spectrogram of four minutes", _spectrogram(n_times), "ms", limit=LIMIT_MS)
    application.processEvents()
    first = [_first_picture() for _ in range(1 if smoke else 5)]
    busy = [_longest_busy()]
    yield Measurement("the event loop busy with one thing, at most, at full rate", busy, "ms", limit=BUSY_LIMIT_MS)
    yield Measurement("start of Python to the window's first picture", first, "s", limit=LIMIT_SECONDS)


def _curve(n_points: int, n_times: int) -> list[float]:
    from app.plots.loss_plot import LossPlot
    from app.state.curve import Curve

    plot = LossPlot()
    plot.resize(900, 400)
    plot.show()
    total = Curve()
    for place in range(1, n_points + 1):
        total = total.appended(place, 5 + 20 / np.sqrt(place))
    took = []
    for place in range(n_times):
        total = total.appended(n_points + 1 + place, 5.0)
        plot.set_curves({"total_loss": total}, Curve(), Curve())
        took.append(_milliseconds(lambda: (plot.fit(), plot.graph.viewport().repaint())))
    assert plot.legend.value("total_loss") == f"{total.values[-20:].mean():.3f}"
    return took


def _spectrogram(n_times: int) -> list[float]:
    from app.plots.spectrogram_view import SpectrogramView
    from app.plots.time_axis import TimeAxis

    seconds, random = 240.0, np.random.default_rng(0)
    axis = TimeAxis()
    axis.set_length(seconds)
    view = SpectrogramView(axis)
    view.resize(1600, 400)
    view.show()
    took = []
    for _ in range(n_times):
        values = random.integers(0, 256, (128, 15_000), np.uint8)
        took.append(_milliseconds(lambda values=values: (view.set_spectrogram(values, seconds), view.grab())))
    return took


def _longest_busy() -> float:
    """A real window whose jobs (those of the tests) speak as fast as they can."""
    from PySide6.QtWidgets import QApplication

    from app.application import TimbreStudio
    from app.state.run_state import Phase
    from benchmarks.heartbeat import Heartbeat

    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join((str(_SCRIPTED_JOBS), str(Path(__file__).parents[1])))
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "one.wav"
        recording.touch()
        studio = TimbreStudio(Path(folder) / "full rate", Path(folder) / "settings.json")
        heartbeat = Heartbeat()

        def session() -> Any:
            return studio.studio.session

        def until(is_true: Callable[[], bool]) -> None:
            begun = time.perf_counter()
            while not is_true():
                assert time.perf_counter() - begun < _PATIENCE_SECONDS
                QApplication.processEvents()

        studio.show()
        until(lambda: not studio.studio.is_reading)
        studio.studio.add_recordings((str(recording),))
        until(lambda: session() is not None and bool(session().intake.files) and not session().is_looking)
        heartbeat.start()
        studio.data_page.train_button.click()
        until(lambda: not session().is_busy)
        heartbeat.stop()
        assert session().run.phase is Phase.FINISHED
        studio.window.close()
        studio.shut_down()
    os.environ.pop("PYTHONPATH")
    if before is not None:
        os.environ["PYTHONPATH"] = before
    return heartbeat.longest


def _first_picture() -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _FIRST_PICTURE, folder]
        begun = time.perf_counter()
        with subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True) as window:
            assert window.stdout is not None
            assert window.stdout.readline() == "painted\n"
            took = time.perf_counter() - begun
        assert window.returncode == 0
        return took


def _milliseconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)
