"""Work in small steps: a generator that yields after each of them and returns a result at its end."""

from collections.abc import Generator
from typing import Generic, TypeVar

Step = TypeVar("Step")
Result = TypeVar("Result")


class Steps(Generic[Step, Result]):
    """A generator to loop over, whose result is there after the loop:

        with Steps(analyse(recording)) as steps:
            for seconds in steps:
                yield from pace.advance(seconds)
        return steps.result

    Leaving the `with` early, by return or by an error, closes the generator. `result` raises AttributeError then.
    It is closed there and not where Python lets go of it: a second Ctrl-C that comes in between would be lost.
    """

    def __init__(self, steps: Generator[Step, None, Result]) -> None:
        self._steps = steps
        self.result: Result

    def __iter__(self) -> "Steps[Step, Result]":
        return self

    def __next__(self) -> Step:
        try:
            return next(self._steps)
        except StopIteration as end:
            self.result = end.value
            raise

    def __enter__(self) -> "Steps[Step, Result]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the work where it is."""
        self._steps.close()


def drain(steps: Generator[object, None, Result]) -> Result:
    """The result of a generator, worked through without a break."""
    all_steps = Steps(steps)
    for _ in all_steps:
        pass
    return all_steps.result
