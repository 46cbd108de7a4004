"""Redrawing a training curve of a million points."""

import os
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.measurement import Measurement

LIMIT_MS = 16.0


def measure(smoke: bool) -> Iterator[Measurement]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from app.plots.loss_plot import LossPlot
    from app.state.curve import Curve

    application = QApplication.instance() or QApplication([])
    plot = LossPlot()
    plot.resize(900, 400)
    plot.show()
    total = Curve()
    n = 1000 if smoke else 1_000_000
    for place in range(1, n + 1):
        total = total.appended(place, 5 + 20 / np.sqrt(place))
    took = []
    for place in range(3 if smoke else 20):
        total = total.appended(n + 1 + place, 5.0)
        plot.set_curves({"total_loss": total}, Curve(), Curve())
        begun = time.perf_counter()
        plot.fit()
        plot.graph.viewport().repaint()
        took.append(1000 * (time.perf_counter() - begun))
    assert plot.legend.value("total_loss") == "5.000"
    application.processEvents()
    yield Measurement(f"redraw of a curve of {n:,} points", took, "ms", limit=LIMIT_MS)
