"""Which job runs when: one at a time in each lane, the lanes beside each other."""

import bisect

from PySide6.QtCore import QObject, Signal

from app.jobs.thread import JobThread
from ddsp_backend.jobs.job_table import Lane


class JobQueue(QObject):
    """Starts threads in the order in which they were asked for (`JobThread.asked_at`), else as they were submitted.

    Signals:
      changed: A job was submitted, started or closed.
      emptied: The last of them closed.
    """

    changed = Signal()
    emptied = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: dict[str, list[JobThread]] = {}
        self._running: dict[str, JobThread] = {}

    def submit(self, thread: JobThread, lane: str = Lane.HEAVY) -> None:
        bisect.insort(self._waiting.setdefault(lane, []), thread, key=lambda each: each.asked_at)
        self._start_next(lane)
        self.changed.emit()

    def running(self, lane: str = Lane.HEAVY) -> JobThread | None:
        return self._running.get(lane)

    def place_of(self, thread: JobThread) -> int:
        """1 for the next one, 2 for the one after it; 0 for one that does not wait."""
        return next((lane.index(thread) + 1 for lane in self._waiting.values() if thread in lane), 0)

    def is_idle(self) -> bool:
        return not self._running and not any(self._waiting.values())

    def jobs(self) -> tuple[JobThread, ...]:
        """Everything that runs or waits."""
        return (*self._running.values(), *(thread for lane in self._waiting.values() for thread in lane))

    def cancel(self, thread: JobThread) -> None:
        """Asks a running job to stop; drops one that waits."""
        for waiting in self._waiting.values():
            if thread in waiting:
                waiting.remove(thread)
                thread.closed.connect(self._close)
                thread.cancel_before_start()
                return
        thread.cancel()

    def cancel_all(self) -> None:
        for thread in self.jobs():
            self.cancel(thread)

    def leave_all(self) -> None:
        """Stops listening to everything: jobs with a process of their own go on."""
        for lane in self._waiting.values():
            for thread in tuple(lane):
                self.cancel(thread)
        for thread in tuple(self._running.values()):
            thread.leave()

    def _start_next(self, lane: str) -> None:
        waiting = self._waiting.get(lane)
        if lane not in self._running and waiting:
            thread = waiting.pop(0)
            self._running[lane] = thread
            thread.closed.connect(self._close)
            thread.start()

    def _close(self) -> None:
        thread = self.sender()
        assert isinstance(thread, JobThread)
        # A QThread may only be dropped after its thread is over; deleteLater waits for the event loop, and so do we.
        thread.wait()
        thread.deleteLater()
        for lane, running in tuple(self._running.items()):
            if running is thread:
                del self._running[lane]
                self._start_next(lane)
        self.changed.emit()
        if self.is_idle():
            self.emptied.emit()
