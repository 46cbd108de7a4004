"""How fast a run goes."""

import math
import time

_KEEP = 0.9  # looks back over some ten steps
_TRUSTED_FROM = 5  # steps


class StepSpeed:
    """Times the steps alone, but for the first one, which compiles the model."""

    def __init__(self) -> None:
        self._seconds = math.nan
        self._n_steps = -1
        self._begun = now()

    def start(self) -> None:
        self._begun = now()

    def stop(self) -> float:
        """One step is done. Returns its seconds; 0 for the first one."""
        seconds = now() - self._begun
        self._n_steps += 1
        if not self._n_steps:
            return 0.0
        self._seconds = seconds if self._n_steps == 1 else _KEEP * self._seconds + (1 - _KEEP) * seconds
        return seconds

    @property
    def steps_per_second(self) -> float:
        """0 while nobody knows."""
        return 1 / max(self._seconds, 1e-9) if self._n_steps > 0 else 0.0

    @property
    def seconds_a_step(self) -> float:
        """Not a number before some steps were timed."""
        return self._seconds if self._n_steps >= _TRUSTED_FROM else math.nan


def now() -> float:
    """Seconds. The one clock of a training."""
    return time.monotonic()
