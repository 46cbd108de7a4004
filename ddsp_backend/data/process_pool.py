"""Pieces of a preparation in processes of this machine."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from ctypes import c_bool
from dataclasses import dataclass
from typing import Any

import psutil

from ddsp_backend.cores import usable_cores
from ddsp_backend.data.stages import Piece, Result, SerialRunner, Stage
from ddsp_backend.errors import Cancelled, DdspError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.steps import Steps

_BYTES_A_PROCESS = 1_000_000_000  # CREPE full with its weights, and some room
_PIECES_A_PROCESS = 4  # with fewer the start of the processes, and the wait for the last one, cost more than they spare
_POLL = 0.1  # seconds


def local_runner(n_processes: int) -> "ProcessPool | SerialRunner":
    """A pool of so many processes; 0 takes as many as there are cores and memory for."""
    if n_processes == 0:
        room = psutil.virtual_memory().available // _BYTES_A_PROCESS
        return ProcessPool(max(1, min(usable_cores(), room)), _PIECES_A_PROCESS)
    return SerialRunner() if n_processes == 1 else ProcessPool(n_processes, 1)


class ProcessPool:
    """Processes that each take one piece at a time, with one thread; few pieces are done in this process instead."""

    def __init__(self, n_processes: int, pieces_a_process: int) -> None:
        self._n_processes = n_processes
        self._fewest = pieces_a_process * n_processes

    def run(self, stages: Sequence[Stage], cancel: CancelToken) -> Generator[Event, None, list[list[Result]]]:
        """See `Runner.run`."""
        most = max(len(stage.pieces) for stage in stages)
        if self._n_processes == 1 or most < self._fewest:
            return (yield from SerialRunner().run(stages, cancel))
        # A forked process would inherit the locks of threads that it does not have.
        context = multiprocessing.get_context("spawn")
        line = _Line(context.RawValue(c_bool, False), context.RawArray("d", most))
        with ProcessPoolExecutor(self._n_processes, context, _begin, (line,)) as pool:
            try:
                results = []
                for stage in stages:
                    results.append((yield from self._run_stage(pool, line, stage, cancel)))
                return results
            except BrokenProcessPool as error:
                raise DdspError(
                    "A process that prepares the recordings ended unexpectedly",
                    "It may have run out of memory. Start again with fewer processes: finished work is kept.",
                ) from error
            finally:
                line.stop.value = True
                pool.shutdown(cancel_futures=True)

    def _run_stage(
        self, pool: ProcessPoolExecutor, line: "_Line", stage: Stage, cancel: CancelToken
    ) -> Generator[Event, None, list[Result]]:
        pace = Pace(stage.name, stage.total, stage.unit)
        done, reported = [0.0] * len(stage.pieces), 0.0
        line.done[: len(done)] = done
        coming = deque(enumerate(stage.pieces))
        running: dict[Future[Result | None], int] = {}
        results: dict[int, Result] = {}
        while coming or running:
            cancel.raise_if_set()
            while coming and len(running) < 2 * self._n_processes:
                number, piece = coming.popleft()
                running[pool.submit(_do, number, piece)] = number
            finished, _ = wait(running, _POLL, FIRST_COMPLETED)
            detail = stage.pieces[min(running.values())].detail
            for future in finished:
                number = running.pop(future)
                result = future.result()
                if result is None:
                    raise Cancelled
                results[number] = result
            total = sum(line.done[: len(done)])
            yield from pace.advance(total - reported, detail)
            reported = total
        return [results[number] for number in range(len(stage.pieces))]


@dataclass(frozen=True, slots=True)
class _Line:
    """What both sides see: a word to stop, and how much is done of each piece. No locks: a process may be killed."""

    stop: Any
    done: Any


_line: _Line


def _begin(line: _Line) -> None:
    global _line
    _line = line
    for number in (signal.SIGINT, signal.SIGTERM):  # meant for the job, which then says so here
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="parent watch", daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _do(number: int, piece: Piece) -> Result | None:
    """None if it was stopped."""
    if _line.stop.value:
        return None
    with Steps(piece.steps(1)) as steps:
        for amount in steps:
            _line.done[number] += amount
            if _line.stop.value:
                return None
    return steps.result
