"""What instruments need to be worked on, with or without a page that shows it."""

from pathlib import Path

from PySide6.QtCore import QObject

from app.controllers.session import InstrumentSession
from app.controllers.time_estimates import SpeedBook
from app.jobs.child import PROGRAM
from app.jobs.queue import JobQueue
from app.jobs.worker import Worker
from app.paths import speeds_beside
from app.state.instrument import Instrument
from app.state.library import read_job_history
from ddsp_backend.config.presets import Preset
from ddsp_backend.jobs.detached_process import Heir
from ddsp_backend.jobs.owner import Owner


class OpenInstruments(QObject):
    """Opens instruments over one queue, so that only one heavy job runs at a time.

    Args:
      book: Folder of the host book.
      heir: The command that continues the remaining work if this process dies.
      by: This process, if nobody else shall go on while it lives.
    """

    def __init__(
        self,
        presets: tuple[Preset, ...],
        book: Path,
        program: tuple[str, ...] = PROGRAM,
        parent: QObject | None = None,
        *,
        heir: Heir | None = None,
        by: Owner | None = None,
    ) -> None:
        super().__init__(parent)
        self._heir = heir
        self._by = by
        self.queue = JobQueue(self)
        self.presets = presets
        self._worker = Worker(program, heir)
        self._book = book
        self._program = program
        self._speeds = SpeedBook(speeds_beside(book), self)
        self._speeds.measure()

    def opened(self, instrument: Instrument) -> InstrumentSession:
        return InstrumentSession(
            read_job_history(instrument),
            self.presets,
            self.queue,
            self._worker,
            self._program,
            self,
            book=str(self._book),
            speeds=self._speeds,
            heir=self._heir,
            by=self._by,
        )

    def close(self) -> None:
        """Every job is over or left by now."""
        self._worker.close()
        self._speeds.close()
