"""How fast a run goes, and how long it will take."""

import time

_KEEP = 0.9  # looks back over some ten steps


class Tempo:
    """Times the steps alone. The first one is left out as soon as there is a second: it compiles the model."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._n_steps = 0
        self._begun = time.monotonic()

    def start(self) -> None:
        self._begun = time.monotonic()

    def stop(self) -> None:
        """One step is done."""
        seconds = time.monotonic() - self._begun
        self._seconds = seconds if self._n_steps < 2 else _KEEP * self._seconds + (1 - _KEEP) * seconds
        self._n_steps += 1

    @property
    def steps_per_second(self) -> float:
        return 1 / max(self._seconds, 1e-9)

    def seconds_left(self, n_steps: int) -> float:
        return n_steps * self._seconds
