"""What is left of the jobs of one instrument, and what is learned of how fast a computer is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from app.controllers.time_estimates import SpeedBook, TimeEstimates
from app.state.effort import JobStage, WorkAmount, efforts
from app.state.estimate import Estimate, estimate
from app.state.goal import Goal, GoalKind
from app.state.plan import WHOLE_WAY
from app.state.speed import HERE, Speed, load_speeds
from ddsp_backend.config.presets import list_presets
from ddsp_backend.jobs.events import Event, Finished, Progressed, Started
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit

WORK = efforts(WHOLE_WAY, list_presets()[0], "thorough", Goal(GoalKind.STEPS, steps=200), WorkAmount(100.0, 100.0))
TOLD: Estimate = estimate(WORK, Speed())


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("app.controllers.time_estimates.time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def book(tmp_path: Path, qtbot: QtBot) -> SpeedBook:
    return SpeedBook(tmp_path / "speeds.json")


@contextmanager
def all_cores_taken() -> Iterator[None]:
    """By as many processes as there are cores, and one more."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range((os.cpu_count() or 1) + 1)]
    try:
        for process in spinning:
            worker = psutil.Process(process.pid)
            while worker.cpu_times().user < 0.05:  # it has come to its loop
                pass
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def begun(book: SpeedBook, *, is_fresh: bool) -> TimeEstimates:
    estimates = TimeEstimates(book)
    estimates.ask()
    estimates.follow(JobKind.UNKNOWN, TOLD, HERE, is_fresh=is_fresh)
    estimates.hear([Started(JobKind.PREPARE)])
    return estimates


def pitch(seconds_left: float) -> Event:
    return Progressed("Finding the pitch", 1, 2, Unit.AUDIO_SECONDS, seconds_left=seconds_left)


def test_that_the_bar_never_goes_back_whatever_is_learned_on_the_way(book: SpeedBook, clock: Clock) -> None:
    estimates = begun(book, is_fresh=True)
    fractions = []
    for seconds, left in ((50.0, 50.0), (10.0, 5000.0), (10.0, 40.0)):  # in between it looked far slower
        clock.now += seconds
        estimates.hear([pitch(left)])
        told = estimates.left()
        assert told is not None
        fractions.append(told.fraction)
    assert fractions == sorted(fractions)
    assert fractions[0] == fractions[1]
    estimates.rest()


def test_that_nothing_is_left_to_tell_before_a_job_begins(book: SpeedBook, clock: Clock) -> None:
    estimates = TimeEstimates(book)
    assert estimates.left() is None
    estimates.ask()
    assert estimates.left() is None


def test_that_a_job_of_our_own_teaches_how_fast_the_computer_is(book: SpeedBook, clock: Clock, tmp_path: Path) -> None:
    estimates = begun(book, is_fresh=True)
    expected = next(part.seconds for part in TOLD.parts if part.effort.stage is JobStage.PREPARE)
    clock.now += 3 * expected
    estimates.hear([Finished()])
    (factor,) = book.speed().factors.values()
    assert factor == pytest.approx(3.0)
    assert load_speeds(tmp_path / "speeds.json")[HERE] == book.speed()
    assert SpeedBook(tmp_path / "speeds.json").speed() == book.speed()
    estimates.rest()


def test_that_a_job_that_others_began_teaches_nothing(book: SpeedBook, clock: Clock) -> None:
    estimates = begun(book, is_fresh=False)
    clock.now += 0.1  # hours of events come at once
    estimates.hear([pitch(1.0), Finished()])
    assert book.speed() == Speed()
    estimates.rest()


def test_that_a_book_that_cannot_be_written_is_kept_as_long_as_we_live(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "file").touch()
    book = SpeedBook(tmp_path / "file" / "speeds.json")
    book.measure()
    qtbot.waitUntil(lambda: book.speed().gflops > 0, timeout=30_000)
    book.measure()  # it is known: nothing is measured again
    book.close()


def test_that_what_others_take_is_measured_while_nothing_of_ours_runs(book: SpeedBook, qtbot: QtBot) -> None:
    estimates = TimeEstimates(book)
    estimates.expected(WORK, HERE, is_quiet=False)
    assert book.speed().share == 1.0
    with all_cores_taken():
        estimates.look_around()
    assert book.speed().share < 0.9
    slowed = estimates.expected(WORK, HERE, is_quiet=False)
    assert slowed.seconds > estimate(WORK, book.speed().beside(1.0)).seconds
    book.close()


def test_that_the_window_measures_it_in_a_thread(book: SpeedBook, qtbot: QtBot) -> None:
    with all_cores_taken(), qtbot.waitSignal(book.changed, timeout=30_000):
        TimeEstimates(book).expected(WORK, HERE, is_quiet=True)
    assert book.speed().share < 0.9
    book.close()
