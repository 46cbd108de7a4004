"""The curves of a training's steps, for TensorBoard: a point is the mean of what was measured since the one before."""

from ddsp_backend.reporting.tensorboard import Summaries
from ddsp_backend.training.trainer import StepResult


class StepCurves:
    """Args: interval: Steps between two points."""

    def __init__(self, curves: Summaries, interval: int) -> None:
        self._curves = curves
        self._interval = interval
        self._results: list[StepResult] = []

    def forget(self) -> None:
        """What is not drawn yet: those steps did not happen."""
        self._results = []

    def add(self, step: int, result: StepResult, learning_rate: float, steps_per_second: float, is_last: bool) -> None:
        self._results.append(result)
        if step % self._interval and not is_last:
            return
        results, self._results = self._results, []
        sums = {name: sum(each.losses[name] for each in results) for name in result.losses}
        self._curves.scalars(
            step,
            {
                **{f"losses/{name}": total / len(results) for name, total in sums.items()},
                "gradient_norm": sum(each.gradient_norm for each in results) / len(results),
                "learning_rate": learning_rate,
                "steps_per_sec": steps_per_second,
            },
        )
