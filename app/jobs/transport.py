"""What every way of running a job has in common, and the plainest of them."""

from collections.abc import Iterator
from typing import Protocol

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import JobSpec


class Transport(Protocol):
    """Runs one job, or attaches to one, and relays its events. The thread around it belongs to the caller."""

    def events(self) -> Iterator[Event]:
        """Starts (or joins) the job and yields its events; blocks between them.

        Yields one `Started` first (unless joined later), exactly one last word, nothing after it, and raises nothing.
        Only after `leave()` may the stream end without a last word.
        """
        ...

    def cancel(self) -> None:
        """Asks the job to stop at its next safe point. Returns at once; may be called from any thread, at any time."""
        ...

    def leave(self) -> None:
        """Stops listening. A job that has a process of its own goes on; any other is asked to stop."""
        ...


class InProcess:
    """Runs a job in the caller's own thread and process."""

    def __init__(self, spec: JobSpec) -> None:
        self._spec = spec
        self._cancel = CancelToken()

    def events(self) -> Iterator[Event]:
        return run(self._spec, self._cancel)

    def cancel(self) -> None:
        self._cancel.set()

    def leave(self) -> None:
        self._cancel.set()
