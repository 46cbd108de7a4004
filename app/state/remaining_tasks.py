"""The tasks that an open instrument goes through, kept true on disk with every step (see remaining.py)."""

import time
from collections.abc import Sequence

from app.state.instrument import Instrument
from app.state.plan import Task
from app.state.remaining import Remaining, forget_remaining, keep_remaining
from ddsp_backend.jobs.owner import Owner


class RemainingTasks:
    """Tasks in order. What cannot be written on a full disk is still gone, as long as this process lives.

    Attributes:
      task: The one that a job does now; None between two.
      asked_at: When the user asked for it, in seconds since 1970.

    Args:
      by: This process, where it is a terminal that shares its instrument with nobody.
    """

    def __init__(self, by: Owner | None = None) -> None:
        self.task: Task | None = None
        self.asked_at = 0.0
        self._next: list[Task] = []
        self._by = by

    @property
    def next_task(self) -> Task | None:
        return self._next[0] if self._next else None

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All that remains, with the one that is being done."""
        return (*((self.task,) if self.task else ()), *self._next)

    @property
    def is_asked_for(self) -> bool:
        return self.task is not None or bool(self._next)

    def ask_for(self, instrument: Instrument, tasks: Sequence[Task]) -> None:
        self._next = list(tasks)
        self.task = None
        self.asked_at = time.time()
        self._write(instrument)

    def take_over(self, instrument: Instrument, remaining: Remaining) -> None:
        """What another process left."""
        self._next = list(remaining.tasks)
        self.task = self._next.pop(0) if remaining.job else None
        self.asked_at = remaining.asked_at
        self._write(instrument, remaining.job)

    def begin_next(self, instrument: Instrument, job: str) -> None:
        """Args: job: The name of the folder of the job that does it."""
        self.task = self._next.pop(0)
        self._write(instrument, job)

    def end_task(self, instrument: Instrument) -> None:
        """It is done."""
        self.task = None
        self._write(instrument)

    def give_up(self, instrument: Instrument) -> None:
        """Nothing shall remain to be done."""
        self.leave()
        self._write(instrument)

    def leave(self) -> None:
        """Others will go on with what is written."""
        self._next.clear()
        self.task = None

    def _write(self, instrument: Instrument, job: str = "") -> None:
        try:
            if self.tasks:
                keep_remaining(instrument, Remaining(self.tasks, self.asked_at, job, self._by))
            else:
                forget_remaining(instrument)
        except OSError:
            pass
