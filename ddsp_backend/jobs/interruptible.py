"""Hears a request to stop while a long piece of work runs."""

import time
from collections.abc import Callable, Generator
from multiprocessing.pool import ThreadPool
from types import TracebackType
from typing import TypeVar

from ddsp_backend.errors import Cancelled
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, StopAcknowledged

_POLL = 0.1  # seconds; a stop must be acknowledged within one second, and a training step may take three

ASK_SECONDS = 60.0  # of one piece, after which those who do it elsewhere are asked for a sign of life

Result = TypeVar("Result")


class Interruptible:
    """Runs pieces of work, one at a time, in a thread of their own; the job's generator stays free to speak.

    Use as a context manager: leaving it waits for the running piece, unless that waits for a process that has ended.

    Args:
      require_answer: Raises DdspError where those who do the work elsewhere are gone. Asked while a piece takes long.
    """

    def __init__(self, cancel: CancelToken, require_answer: Callable[[], None] | None = None) -> None:
        self._cancel = cancel
        self._require_answer = require_answer
        self._acknowledged = False
        self._is_in_vain = False
        # Of one thread, which the end of the process does not wait for.
        self._pool = ThreadPool(1)

    def __enter__(self) -> "Interruptible":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._pool.close()
        if not self._is_in_vain:
            self._pool.join()

    @property
    def stop_requested(self) -> bool:
        return self._cancel.is_set()

    def run(self, work: Callable[[], Result]) -> Generator[Event, None, Result]:
        """The result of `work`. Yields StopAcknowledged as soon as a stop is asked for; the work goes on to its end."""
        piece = self._pool.apply_async(work)
        asked_at = time.monotonic()
        while True:
            piece.wait(_POLL)
            yield from self.acknowledge()
            if piece.ready():
                return piece.get()
            if self._require_answer is not None and time.monotonic() - asked_at > ASK_SECONDS:
                self._is_in_vain = True
                self._require_answer()
                self._is_in_vain = False
                asked_at = time.monotonic()

    def acknowledge(self) -> Generator[Event, None, None]:
        """Yields StopAcknowledged, once, if a stop is asked for."""
        if self._cancel.is_set() and not self._acknowledged:
            self._acknowledged = True
            yield StopAcknowledged()

    def raise_if_stopped(self) -> Generator[Event, None, None]:
        """Ends the job here if a stop is asked for."""
        yield from self.acknowledge()
        if self._cancel.is_set():
            raise Cancelled
