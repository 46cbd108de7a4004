"""Hears a request to stop while a long piece of work runs."""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor, wait
from types import TracebackType
from typing import TypeVar

from ddsp_backend.errors import Cancelled
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, StopAcknowledged

_POLL = 0.1  # seconds; a stop must be acknowledged within one second, and a training step may take three

Result = TypeVar("Result")


class Watch:
    """Runs pieces of work, one at a time, in a thread of their own; the job's generator stays free to speak.

    Use as a context manager: leaving it waits for the piece that runs.
    """

    def __init__(self, cancel: CancelToken) -> None:
        self._cancel = cancel
        self._acknowledged = False
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="job")

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    @property
    def stop_requested(self) -> bool:
        return self._cancel.is_set()

    def run(self, work: Callable[[], Result]) -> Generator[Event, None, Result]:
        """The result of `work`. Yields StopAcknowledged as soon as a stop is asked for; the work goes on to its end."""
        future = self._executor.submit(work)
        while True:
            done, _ = wait([future], _POLL)
            yield from self.acknowledge()
            if done:
                return future.result()

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
