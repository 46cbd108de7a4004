"""What jobs will take and what is left of them: measured here, corrected by every job."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QThread, QTimer, Signal

from app.controllers.core_share import CoreShareMeter, core_share
from app.state.effort import Effort
from app.state.estimate import Estimate, estimate
from app.state.job_clock import FIRST_STAGE, JobClock, Lesson, begin, hear, join
from app.state.notices import Left
from app.state.speed import HERE, Speed, load_speeds, save_speeds
from ddsp_backend.jobs.events import Event, Started
from ddsp_backend.jobs.job_table import JobKind

_SIZE = 512  # of the matrices
_N_PRODUCTS = 40  # the quickest counts: others may want the computer at the same time
_LOOKS_EVERY_MS = 1000
_SHARE_HOLDS = 20.0  # seconds: programs come and go


class SpeedBook(QObject):
    """How fast this computer and others work, kept in a file. One that cannot be written is kept as long as we live.

    Signals: changed: Something more is known.
    """

    changed = Signal()

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._speeds = load_speeds(path)
        self._meter: _SpeedMeter | None = None
        self._share_meter: CoreShareMeter | None = None
        self._share_at = -math.inf

    def speed(self, place: str = HERE) -> Speed:
        return self._speeds.get(place, Speed())

    def measure(self) -> None:
        """In a thread, once for each computer."""
        if self.speed().gflops or self._meter is not None:
            return
        self._meter = _SpeedMeter(self)
        self._meter.measured.connect(self._on_measured)
        self._meter.start()

    def look_around(self) -> None:
        """Measures in a thread how much of this computer is left to us. Call it while no job of ours runs."""
        if self._share_meter is None and time.monotonic() - self._share_at > _SHARE_HOLDS:
            self._share_meter = CoreShareMeter(self)
            self._share_meter.measured.connect(self._on_share)
            self._share_meter.start()

    def look_around_now(self) -> None:
        """Waits for it, as a terminal can."""
        self._take_share(core_share())

    def learn(self, place: str, lessons: Sequence[Lesson]) -> None:
        speed = self.speed(place)
        for lesson in lessons:
            speed = speed.learned(lesson.key, lesson.factor)
        self._keep({**self._speeds, place: speed})

    def close(self) -> None:
        for meter in (self._meter, self._share_meter):
            if meter is not None:
                meter.wait()

    def _on_measured(self, gflops: float) -> None:
        self._keep({**self._speeds, HERE: replace(self.speed(), gflops=gflops)})

    def _on_share(self, share: float) -> None:
        if self._share_meter is not None:
            self._share_meter.wait()
            self._share_meter.deleteLater()
            self._share_meter = None
        self._take_share(share)

    def _take_share(self, share: float) -> None:
        self._share_at = time.monotonic()
        before = self.speed()
        self._speeds[HERE] = before.beside(share)
        if self._speeds[HERE] != before:
            self.changed.emit()

    def _keep(self, speeds: Mapping[str, Speed]) -> None:
        self._speeds = dict(speeds)
        try:
            save_speeds(self._speeds, self._path)
        except OSError:
            pass  # the next start measures again
        self.changed.emit()


class TimeEstimates(QObject):
    """Follows the jobs of one instrument.

    Signals: moved: Time has passed, which shows although no job says anything.
    """

    moved = Signal()

    def __init__(self, book: SpeedBook, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._book = book
        book.changed.connect(self.moved)
        self._clock = JobClock()
        self._begun = 0.0
        self._fraction = 0.0
        self._place = HERE
        self._told = Estimate()
        self._is_fresh = False
        self._ticks = QTimer(self)
        self._ticks.setInterval(_LOOKS_EVERY_MS)
        self._ticks.timeout.connect(self.moved)

    def expected(self, efforts: Sequence[Effort], place: str, *, is_quiet: bool) -> Estimate:
        """Args: is_quiet: No job of ours runs, so what else takes the processor can be measured."""
        if is_quiet and place == HERE:
            self._book.look_around()
        return estimate(efforts, self._book.speed(place))

    def look_around(self) -> None:
        """Before an estimate that is told once. It takes a moment."""
        self._book.look_around_now()

    def ask(self) -> None:
        """The user asks for something: what is done of it begins with nothing."""
        self._begun, self._fraction, self._clock = time.monotonic(), 0.0, JobClock()

    def follow(self, job: JobKind, told: Estimate, place: str, *, is_fresh: bool) -> None:
        """A job is about to be heard.

        Args:
          job: The class name of its spec, where it runs already; empty: its `Started` will say it.
          told: All that remains to be done, with this job.
          is_fresh: We began it ourselves. Of another one events may come at once that are hours old.
        """
        self._told, self._place, self._is_fresh = told, place, is_fresh
        now = time.monotonic()
        if not is_fresh:
            self._begun, self._fraction = now, 0.0
        if job in FIRST_STAGE:
            self._clock = join(told, FIRST_STAGE[job], now)
        self._ticks.start()

    def hear(self, events: Sequence[Event]) -> None:
        now = time.monotonic()
        for event in events:
            if isinstance(event, Started):
                if event.job in FIRST_STAGE:
                    self._clock = begin(self._clock, FIRST_STAGE[event.job], self._told, now)
                continue
            self._clock = hear(self._clock, event, now)
            if self._clock.lessons and self._is_fresh:
                self._book.learn(self._place, self._clock.lessons)

    def rest(self) -> None:
        """No job runs."""
        self._ticks.stop()

    def left(self) -> Left | None:
        """None while nobody can tell. What is done never grows less, whatever is learned on the way."""
        now = time.monotonic()
        seconds = self._clock.seconds_left(now)
        if seconds is None:
            return None
        self._fraction = max(self._fraction, self._clock.share_done(now, self._begun) or 0.0)
        return Left(seconds, self._fraction, self._clock.is_most)


class _SpeedMeter(QThread):
    """Signals: measured: Billions of operations a second in a product of two matrices."""

    measured = Signal(float)

    def run(self) -> None:
        generator = np.random.default_rng(0)
        left_NN = generator.standard_normal((_SIZE, _SIZE), np.float32)
        best = float("inf")
        for _ in range(_N_PRODUCTS):
            began = time.perf_counter()
            left_NN @ left_NN
            best = min(best, time.perf_counter() - began)
        self.measured.emit(2 * _SIZE**3 / max(best, 1e-6) / 1e9)
