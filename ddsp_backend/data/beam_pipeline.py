"""Pieces of a preparation in an Apache Beam pipeline, on whatever machines its options name.

Every machine must see the recordings, the cache and the output under the same paths, and have this package installed.
"""

import errno
import json
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from ddsp_backend import errors
from ddsp_backend.data.stages import Result, Stage
from ddsp_backend.errors import Cancelled, ConfigError, DdspError
from ddsp_backend.files import written_whole
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.steps import Steps

_POLL = 0.2  # seconds
_STOP = "stop"


class BeamRunner:
    """One pipeline for each call of `run`. Pieces leave their results as files in `folder`, which all machines see.

    Raises ConfigError if Beam is not installed or knows none of the options.
    """

    def __init__(self, options: Sequence[str], folder: Path) -> None:
        self._options = list(options)
        self._folder = folder
        self._n_runs = 0
        try:
            import apache_beam  # noqa: F401 - a library of a hundred megabytes, which only this way of working needs
        except ImportError as error:
            raise ConfigError(
                f"--pipeline_options needs Apache Beam, which cannot be loaded: {error}",
                'Install it with pip install "timbre-studio[beam]", or leave the flag out: '
                "all cores of this machine are used without it.",
            ) from error

    def run(self, stages: Sequence[Stage], cancel: CancelToken) -> Generator[Event, None, list[list[Result]]]:
        """See `Runner.run`."""
        folder = self._folder / f"results-{self._n_runs}"
        self._n_runs += 1
        folder.mkdir(parents=True)
        pipeline = _Pipeline(self._options, stages, folder)
        try:
            results = []
            for number, stage in enumerate(stages):
                results.append((yield from self._follow(pipeline, number, stage, folder, cancel)))
            return results
        finally:
            (folder / _STOP).touch()
            pipeline.join()

    def _follow(
        self, pipeline: "_Pipeline", number: int, stage: Stage, folder: Path, cancel: CancelToken
    ) -> Generator[Event, None, list[Result]]:
        """The pipeline says nothing of its pieces, but the files do."""
        pace = Pace(stage.name, stage.total, stage.unit)
        waiting = dict(enumerate(stage.pieces))
        results: dict[int, Result] = {}
        while waiting:
            cancel.raise_if_set()
            is_over = pipeline.join(_POLL)
            found = [index for index in waiting if _path(folder, number, index).exists()]
            for index in found:
                outcome = json.loads(_path(folder, number, index).read_text())
                _raise(outcome.get("error"))
                results[index] = outcome["result"]
                yield from pace.advance(outcome["done"], waiting.pop(index).detail)
            if is_over and not found and waiting:
                cancel.raise_if_set()  # Ctrl+C in a terminal is heard by the pipeline's processes too
                raise DdspError(
                    f"The pipeline has ended before its work was done: {pipeline.error or 'it gives no reason'}",
                    "Do its machines see the same folders as this one, and is this program installed on them?",
                )
        return [results[index] for index in range(len(stage.pieces))]


class _Pipeline:
    """Runs in a thread: some of Beam's runners come back only when all is done."""

    def __init__(self, options: Sequence[str], stages: Sequence[Stage], folder: Path) -> None:
        self._options, self._stages, self._folder = options, stages, folder
        pool = ThreadPoolExecutor(1, "pipeline")
        self._running = pool.submit(self._run)
        pool.shutdown(wait=False)

    def join(self, seconds: float | None = None) -> bool:
        """Whether it is over."""
        return bool(wait([self._running], seconds).done)

    @property
    def error(self) -> BaseException | None:
        """Once it is over."""
        return self._running.exception()

    def _run(self) -> None:
        import apache_beam as beam
        from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
        from apache_beam.runners.portability.fn_api_runner import FnApiRunner

        options = PipelineOptions(self._options)
        runner = options.view_as(StandardOptions).runner
        if runner in (None, "DirectRunner"):
            # What Beam takes for it first fetches a program from the network, and does without where there is none.
            runner = FnApiRunner()
        with beam.Pipeline(runner, options) as pipeline:
            after: Any = None
            for number, stage in enumerate(self._stages):
                numbered = [(number, index, piece) for index, piece in enumerate(stage.pieces)]
                pieces = pipeline | f"{stage.name}: pieces" >> beam.Create(numbered)
                pieces |= f"{stage.name}: spread" >> beam.Reshuffle()  # or one worker would do all of them
                # Asking for all that the stage before gave makes this one wait for it.
                ready = [] if after is None else [beam.pvalue.AsList(after)]
                after = pieces | stage.name >> beam.Map(_do, str(self._folder), *ready)


def _do(numbered: tuple[int, int, Any], folder: str, _: object = None) -> int:
    """On any machine: does a piece, and leaves its outcome as a file. Beam does it again if a machine is lost."""
    number, index, piece = numbered  # a Piece; Beam checks types while it runs, and cannot check a protocol
    path, stop = _path(Path(folder), number, index), Path(folder) / _STOP
    if path.exists() or stop.exists():
        return index
    outcome: dict[str, Any] = {"done": 0.0}
    try:
        with Steps(piece.steps(1)) as steps:
            for amount in steps:
                outcome["done"] += amount
                if stop.exists():
                    return index
        outcome["result"] = steps.result
    except DdspError as error:
        outcome["error"] = {"kind": type(error).__name__, "title": error.title, "hint": error.hint}
    except OSError as error:
        outcome["error"] = {"errno": error.errno, "reason": error.strerror, "filename": error.filename}
    if "error" in outcome:
        stop.touch()
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(outcome))
    return index


def _path(folder: Path, number: int, index: int) -> Path:
    return folder / f"{number}-{index}.json"


def _raise(error: dict[str, Any] | None) -> None:
    """The error of a piece, as it was where it happened."""
    if error is None:
        return
    if "errno" in error:
        raise OSError(error["errno"] or errno.EIO, error["reason"] or "the pipeline gives no reason", error["filename"])
    kind = getattr(errors, error["kind"], DdspError)
    raise kind(error["title"], error["hint"]) if kind is not Cancelled else Cancelled()
