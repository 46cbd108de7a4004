"""Measures for how long Qt's event loop was busy with one thing.

Other programs (other tests, a browser) may keep this one from running; that is no fault of it. The system counts
for how long a thread was ready to run and was not let (`schedstat`, Linux), and the longest such wait is taken off: of
this thread, or of another one, which may have been put aside while it held Python's lock. For how long another thread
*ran* with the lock is not taken off.
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
        self._last = 0.0
        self._last_waits: dict[int, float] = {}
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(self.INTERVAL)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        self._last, self._last_waits = time.perf_counter(), _waits()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    @property
    def longest(self) -> float:
        return max(self.gaps, default=0.0)

    def _beat(self) -> None:
        now, waits = time.perf_counter(), _waits()
        longest_wait = max((waits[thread] - self._last_waits.get(thread, 0.0) for thread in waits), default=0.0)
        gap = now - self._last - longest_wait
        self.gaps.append(gap * 1000 - self.INTERVAL)
        self._last, self._last_waits = now, waits


def _waits() -> dict[int, float]:
    """Seconds for which each thread of this process was ready and others ran; empty where the system does not tell."""
    waits = {}
    for thread in Path("/proc/self/task").glob("*"):
        try:
            waits[int(thread.name)] = int((thread / "schedstat").read_text().split()[1]) / 1e9
        except OSError:
            pass  # it has just ended
    return waits
