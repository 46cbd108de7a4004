"""What long jobs share: how far a stage is."""

import time

from ddsp_backend.jobs.events import Progressed
from ddsp_backend.jobs.kinds import Unit

_SECONDS_BETWEEN_REPORTS = 0.1
_TRUSTED_AFTER_SECONDS = 1.0
_TRUSTED_SHARE = 0.1  # before it, the rate tells mostly of the start
_TRUSTED_ANYWAY_SECONDS = 30.0  # however little was done by then


class Pace:
    """Counts what is done of a stage, and says so, but not more than ten times a second."""

    def __init__(self, stage: str, total: float, unit: Unit) -> None:
        self._stage, self._total, self._unit = stage, total, unit
        self._begun = time.monotonic()
        self._reported = -1.0
        self._done = 0.0

    def advance(self, amount: float, detail: str = "") -> list[Progressed]:
        """Adds to what is done; a list of one event, or of none if the last one is very recent."""
        self._done = min(self._done + amount, self._total)
        now = time.monotonic()
        recent = self._reported >= 0 and now - self._reported < _SECONDS_BETWEEN_REPORTS
        if recent and self._done < self._total:
            return []
        self._reported = now
        elapsed = now - self._begun
        rate = self._done / elapsed if self._done and self._is_trusted(elapsed) else None
        left = (self._total - self._done) / rate if rate else None
        return [Progressed(self._stage, self._done, self._total, self._unit, detail, rate, left)]

    def _is_trusted(self, elapsed: float) -> bool:
        is_under_way = self._done >= _TRUSTED_SHARE * self._total and elapsed > _TRUSTED_AFTER_SECONDS
        return is_under_way or elapsed > _TRUSTED_ANYWAY_SECONDS
