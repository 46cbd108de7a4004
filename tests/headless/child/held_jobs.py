"""The scripted jobs, of which one waits: HELD_AT names it, and the folder HELD_IN holds "reached" once it waits there.

It goes on when there is "go" in that folder. Nobody will put it there once the folder is gone, or after two minutes:
then the tests were killed, and it gives up.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import scripted_jobs

from ddsp_backend.errors import Cancelled
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.spec import JobSpec

_PATIENCE = 120.0  # seconds


def _held(name: str) -> Callable[[JobSpec, CancelToken], scripted_jobs.Events]:
    def job(spec: JobSpec, cancel: CancelToken) -> scripted_jobs.Events:
        if os.environ["HELD_AT"] == name:
            _wait(Path(os.environ["HELD_IN"]), cancel)
        result: dict[str, str] = yield from getattr(scripted_jobs, name)(spec, cancel)
        return result

    return job


def _wait(folder: Path, cancel: CancelToken) -> None:
    (folder / "reached").touch()
    end = time.monotonic() + _PATIENCE
    while not (folder / "go").exists():
        if cancel.is_set():
            raise Cancelled
        if not folder.exists() or time.monotonic() > end:
            os._exit(1)  # a job that fails would be told to the caretaker, and written where no folder is
        time.sleep(0.02)


inspect, generate, prepare, train, evaluate, sample, render = map(
    _held, ("inspect", "generate", "prepare", "train", "evaluate", "sample", "render")
)
