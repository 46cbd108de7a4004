"""How a preparation's work is divided: stages, one after the other, of pieces that can be done anywhere."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from ddsp_backend.cores import usable_cores
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.steps import Steps

Result: TypeAlias = dict[str, Any]


class Piece(Protocol):
    """A pure function of its own fields: what it makes are files, written whole. Doing it twice does no harm."""

    @property
    def detail(self) -> str:
        """What its user knows it by: a file's name."""
        ...

    def steps(self, n_threads: int) -> Generator[float, None, Result]:
        """Yields what was done, in the stage's unit, several times a second. Returns what JSON can hold.

        When it is closed before its end it keeps what others can go on from.
        """
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """Pieces that depend on those of earlier stages, but not on each other."""

    name: str  # a short phrase for the user
    total: float
    unit: Unit
    pieces: Sequence[Piece]


class Runner(Protocol):
    """Where pieces are done. Their files are the same whichever it is."""

    def run(self, stages: Sequence[Stage], cancel: CancelToken) -> Generator[Event, None, list[list[Result]]]:
        """Does one stage after the other; returns the results of each, in the order of its pieces.

        Raises Cancelled, and whatever a piece raises.
        """
        ...


class SerialRunner:
    """One piece after the other in this very process, each with all cores."""

    def run(self, stages: Sequence[Stage], cancel: CancelToken) -> Generator[Event, None, list[list[Result]]]:
        """See `Runner.run`."""
        results: list[list[Result]] = []
        for stage in stages:
            pace = Pace(stage.name, stage.total, stage.unit)
            found = []
            for piece in stage.pieces:
                found.append((yield from self._do(piece, pace, cancel)))
            results.append(found)
        return results

    def _do(self, piece: Piece, pace: Pace, cancel: CancelToken) -> Generator[Event, None, Result]:
        cancel.raise_if_set()
        with Steps(piece.steps(usable_cores())) as steps:
            for amount in steps:
                cancel.raise_if_set()
                yield from pace.advance(amount, piece.detail)
        return steps.result
