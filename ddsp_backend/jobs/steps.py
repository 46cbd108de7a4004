"""Work in small steps: a generator that yields after each of them and returns a result at its end."""

from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

Step = TypeVar("Step")
Result = TypeVar("Result")


class Steps(Generic[Step, Result]):
    """A generator to loop over, whose result is there after the loop:

        steps = Steps(analyse(recording))
        for seconds in steps:
            yield from pace.advance(seconds)
        return steps.result

    A loop that is left early, by return or by an error, closes the generator. `result` raises AttributeError then.
    """

    def __init__(self, steps: Generator[Step, None, Result]) -> None:
        self._steps = steps
        self.result: Result

    def __iter__(self) -> Iterator[Step]:
        self.result = yield from self._steps


def drain(steps: Generator[object, None, Result]) -> Result:
    """The result of a generator, worked through without a break."""
    all_steps = Steps(steps)
    for _ in all_steps:
        pass
    return all_steps.result
