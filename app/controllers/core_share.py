"""How much of this computer's processor other programs leave to us."""

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QThread, Signal

_SECONDS = 0.3  # many turns of a system that shares a core out
_BLOCK = bytes(1 << 20)


class CoreShareMeter(QThread):
    """Signals: measured: The share, see `core_share`."""

    measured = Signal(float)

    def run(self) -> None:
        self.measured.emit(core_share())


def core_share(seconds: float = _SECONDS) -> float:
    """From 0, where other programs take every core, to 1, where they take none.

    A thread for each core works for so many seconds, and its processor time is compared with them. So it is measured
    how the system shares its cores out, which no list of processes and no load average says on every system.
    """
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with ThreadPoolExecutor(n_cores) as pool:
        shares = tuple(pool.map(_share_of_a_core, [seconds] * n_cores))
    return min(1.0, sum(shares) / n_cores)


def _share_of_a_core(seconds: float) -> float:
    began, worked_before = time.perf_counter(), time.thread_time()
    took = 0.0
    while took < seconds:
        hashlib.sha256(_BLOCK).digest()  # without Python's lock
        took = time.perf_counter() - began
    return (time.thread_time() - worked_before) / took
