"""What is due between two steps of a training: measurements, checkpoints, clips."""

from dataclasses import dataclass

from ddsp_backend.config.settings import TrainConfig

_SHARE = 0.05  # of the time, for measurements beyond those at fixed steps
_LEAST_SECONDS = 10.0  # between them


def is_milestone(step: int) -> bool:
    """1, 3, 10, 30, 100, 300, ..."""
    digits = str(step)
    return digits[0] in "13" and not digits[1:].strip("0")


@dataclass
class Schedule:
    """Made of a run's settings.

    Args:
      is_by_time: Measure as often as a twentieth of the time allows, too: somebody waits for an end in minutes.
    """

    settings: TrainConfig
    is_by_time: bool
    _measured_at_seconds: float = 0.0
    _cost: float = 0.0

    def measurement(self, step: int, seconds: float, is_last: bool) -> bool:
        """Args: seconds: Of steps, so far."""
        waited = seconds - self._measured_at_seconds
        by_time = self.is_by_time and waited >= max(_LEAST_SECONDS, self._cost / _SHARE)
        return by_time or self._is_due(step, self.settings.steps_per_held_out, is_last)

    def measured(self, seconds: float, cost: float) -> None:
        """Says that a measurement, with what followed from it, took `cost` seconds."""
        # The first one compiles what the others find.
        self._cost = min(cost, self._cost) if self._cost else cost
        self._measured_at_seconds = seconds

    def checkpoint(self, step: int, is_last: bool) -> bool:
        return step % self.settings.steps_per_save == 0 or is_last

    def clips(self, step: int, is_last: bool) -> bool:
        return self._is_due(step, self.settings.steps_per_clips, is_last)

    def _is_due(self, step: int, interval: int, is_last: bool) -> bool:
        """Also after the first step, so that the user sees and hears something early."""
        return step == 1 or step % interval == 0 or is_last or (self.settings.milestones and is_milestone(step))
