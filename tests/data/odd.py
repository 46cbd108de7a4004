"""A piece of work that does what is asked of it. In a file of its own: processes that do it load what it loads."""

import os
import signal
from collections.abc import Generator
from dataclasses import dataclass

from ddsp_backend.data.stages import Result
from ddsp_backend.errors import DataError


@dataclass(frozen=True)
class Odd:
    wish: str

    @property
    def detail(self) -> str:
        return self.wish

    def steps(self, n_threads: int) -> Generator[float, None, Result]:
        yield 0.5
        if self.wish == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.wish == "complain":
            raise DataError("There is nothing here", "Look elsewhere.")
        if self.wish == "run out of disk":
            raise OSError(28, "No space left on device", "a file")
        yield 0.5
        return {"wish": self.wish, "threads": n_threads, "process": os.getpid()}
