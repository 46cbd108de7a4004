"""Listens to a job in a thread and hands its events to the window in batches."""

import math
import time
from collections import deque

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from app.jobs.transport import Transport
from ddsp_backend.jobs.events import LAST_WORDS, Event, Failed, Started, Stopped
from ddsp_backend.jobs.job_table import JobKind

_BATCH_MS = 50
_CATCHING_UP_MS = 20  # while more waits: whoever joins a run of a hundred thousand events hears of them in some seconds
LARGEST_BATCH = 500  # folding one takes the window some 4 ms, far below what anybody notices
# Reading takes Python's lock, and the window waits for it after many a call of Qt: so it is read in small parts.
_EVENTS_AT_ONCE = 100
_PAUSE_SECONDS = 0.002


NEVER_BEGUN = Started(JobKind.UNKNOWN)  # what a job says, before its last word, that was taken back while it waited


class JobThread(QThread):
    """Runs one transport. Everything it says is said in the thread that made it (the window's).

    Args:
      asked_at: When the user asked for it, in seconds since 1970: who asked first is served first. Left out: last.

    Signals:
      reported: A tuple of events, at most twenty times a second; fifty times while it catches up.
      closed: After the last word was reported, or the job was left. The thread is over; said once.
    """

    reported = Signal(object)
    closed = Signal()

    def __init__(self, transport: Transport, parent: QObject | None = None, *, asked_at: float = math.inf) -> None:
        super().__init__(parent)
        self.asked_at = asked_at
        self.transport = transport
        self._events: deque[Event] = deque()  # append and popleft are safe between threads
        self._thread_over = False
        self._has_last_word = False
        self._left = False
        self._closed = False
        # One timer here instead of a signal an event: however fast the job speaks, the window hears a batch at a time.
        self._timer = QTimer(self)
        self._timer.setInterval(_BATCH_MS)
        self._timer.timeout.connect(self._report)
        self.started.connect(self._timer.start)
        self.finished.connect(self._end)

    def run(self) -> None:
        for place, event in enumerate(self.transport.events(), 1):
            self._events.append(event)
            if place % _EVENTS_AT_ONCE == 0:
                time.sleep(_PAUSE_SECONDS)

    def cancel(self) -> None:
        self.transport.cancel()

    def cancel_before_start(self) -> None:
        """Ends a job that never ran."""
        self._events.extend((NEVER_BEGUN, Stopped()))
        self._end()

    def leave(self) -> None:
        """Stops listening; `closed` follows without a last word. The job goes on if it has a process of its own."""
        self._left = True
        self.transport.leave()

    def _end(self) -> None:
        self._thread_over = True
        if not self._timer.isActive():
            self._timer.start()
        self._report()

    def _report(self) -> None:
        batch = tuple([self._events.popleft() for _ in range(min(len(self._events), LARGEST_BATCH))])
        self._timer.setInterval(_CATCHING_UP_MS if self._events else _BATCH_MS)
        if batch:
            self._has_last_word |= isinstance(batch[-1], LAST_WORDS)
            self.reported.emit(batch)
        if self._thread_over and not self._events and not self._closed:
            self._closed = True
            self._timer.stop()
            if not self._has_last_word and not self._left:
                # A transport that broke its promise is a fault of this program; the window must not wait for ever.
                self.reported.emit((Failed("The connection to the job was lost", "Open the instrument again."),))
            self.closed.emit()
