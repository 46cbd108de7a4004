"""Measures for how long Qt's event loop was busy with one thing.

Other programs (other tests, a browser) may keep this one from running; that is no fault of it. The system counts
for how long a thread was ready to run and was not let (`schedstat`, Linux), and that is taken off.
"""

import time
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer


class Heartbeat(QObject):
    """A timer that should fire every 5 ms. `gaps` are the ms by which it came later than that."""

    INTERVAL = 5

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self._last = self._last_waited = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(self.INTERVAL)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        self._last, self._last_waited = time.perf_counter(), _waited()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    @property
    def longest(self) -> float:
        return max(self.gaps, default=0.0)

    def _beat(self) -> None:
        now, waited = time.perf_counter(), _waited()
        gap = now - self._last - (waited - self._last_waited)
        self.gaps.append(gap * 1000 - self.INTERVAL)
        self._last, self._last_waited = now, waited


def _waited() -> float:
    """Seconds for which this thread was ready and another one ran; 0 where the system does not tell."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0
