"""An asynchronous generator, step by step, for a job's own generator: between two steps its loop stands still."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from typing import TypeVar

T = TypeVar("T")


def stepwise(steps: AsyncGenerator[T, None]) -> Generator[T, None, None]:
    """Yields what `steps` yields. Leaving early closes its connections properly."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        try:
            while True:
                try:
                    step = loop.run_until_complete(anext(steps))
                except StopAsyncIteration:
                    return
                yield step
        finally:
            # The runner itself would close all generators at once, those in the middle of which others are too.
            loop.run_until_complete(steps.aclose())
