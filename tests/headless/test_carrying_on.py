"""Whatever becomes of the window, what was asked for is done. Windows and caretakers are real processes.

Each test starts some eight of them, one after the other. Most are marked slow; one that closes a window, one that kills
it and one that stops the work are left for every run.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QLockFile

from app.occupancy import Role
from app.state.instrument import Instrument
from app.state.library import Badge, scan
from app.state.remaining import what_remains
from ddsp_backend.jobs.folder import JobFolder
from tests.gui.conftest import CHILD

HERE = Path(__file__).parent
PATIENCE = 60.0  # seconds; never waited for in full unless something is broken
WHOLE_WAY = ["prepare", "train", "evaluate", "sample"]
PHASES = ["generate", "inspect", *WHOLE_WAY]
WAYS_TO_GO = [
    pytest.param(phase, is_killed, id=f"{name}-{phase}", marks=() if phase == "train" else pytest.mark.slow)
    for phase in PHASES
    for name, is_killed in (("closed", False), ("killed", True))
]


class House:
    """A library, and windows over it whose jobs wait at one phase until they are let go."""

    def __init__(self, folder: Path, held_at: str) -> None:
        self.library = folder / "library"
        self.folder = folder
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (HERE / "child", CHILD, HERE.parents[1]))),
            "QT_QPA_PLATFORM": "offscreen",
            "HELD_AT": held_at,
            "HELD_IN": str(folder),
            "PYTHONFAULTHANDLER": "1",
        }
        self.started: list[subprocess.Popen[bytes]] = []

    def recordings(self, name: str) -> str:
        (self.folder / name).mkdir()
        (self.folder / name / "one.wav").touch()
        return str(self.folder / name)

    def open(self, *wishes: str) -> "subprocess.Popen[bytes]":
        words = ("-m", "tests.headless.open_window", str(self.library), str(self.folder / "settings.json"), *wishes)
        window = subprocess.Popen([sys.executable, *words], env=self.environment, stdin=subprocess.PIPE)
        self.started.append(window)
        return window

    def carry_on(self) -> "subprocess.Popen[bytes]":
        words = ("-m", "app", "--carry-on", "--library", str(self.library))
        caretaker = subprocess.Popen([sys.executable, *words], env=self.environment)
        self.started.append(caretaker)
        return caretaker

    def close(self, window: "subprocess.Popen[bytes]", order: str = "close") -> None:
        assert window.stdin is not None
        window.stdin.write(order.encode() + b"\n")
        window.stdin.close()
        assert self.exit_code(window) == 0

    def exit_code(self, process: "subprocess.Popen[bytes]") -> int:
        """Once it has ended by itself. One that does not says where it is (stderr), and who works beside it."""
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired as expired:
            expired.add_note("\n".join(f"{each.pid}: {words_of(each)}" for each in self.processes()))
            expired.add_note("\n".join(f"{role.name}: {text_of(self.library / role.value)!r}" for role in Role))
            process.send_signal(signal.SIGABRT)
            process.wait()
            raise

    def wait_for_phase(self) -> None:
        wait_until((self.folder / "reached").exists)

    def let_go(self) -> None:
        (self.folder / "go").touch()

    def instruments(self) -> list[Instrument]:
        """The oldest first."""
        return [item.instrument for item in reversed(scan(self.library))]

    def is_all_done(self) -> bool:
        items = scan(self.library)
        return bool(items) and all(
            item.badge is Badge.TRAINED
            and tasks_of(item.instrument)[-1:] == ["sample"]
            and what_remains(item.instrument) is None
            for item in items
        )

    def has_caretaker(self) -> bool:
        """Whether one has come, and has its role."""
        return (self.library / Role.CARETAKER.value).exists()

    def caretaker(self) -> int:
        """The process that has the role; -1 where none has."""
        return QLockFile(str(self.library / Role.CARETAKER.value)).getLockInfo()[0]

    def processes(self) -> list[psutil.Process]:
        """All that belong to this library."""
        return [each for each in psutil.process_iter() if any(str(self.folder) in word for word in words_of(each))]


def text_of(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline() if process.pid != os.getpid() else []
    except psutil.Error:
        return []


def tasks_of(instrument: Instrument) -> list[str]:
    return [folder.path.name[5:] for folder in instrument.job_folders()]


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def wait_for_the_end(house: House) -> None:
    wait_until(house.is_all_done)
    wait_until(lambda: not house.processes())


OpenHouse = Callable[[str], House]


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[OpenHouse]:
    made: list[House] = []

    def _open(held_at: str) -> House:
        made.append(House(tmp_path, held_at))
        return made[-1]

    yield _open
    for house in made:
        for each in house.processes():
            each.kill()
        for process in house.started:
            process.wait()  # also where the test failed: what is dropped unwaited fails a later one
            if process.stdin is not None:
                process.stdin.close()


@pytest.mark.slow
@pytest.mark.parametrize(("phase", "is_killed"), WAYS_TO_GO)
def test_that_the_instrument_is_finished_whenever_its_window_goes(
    open_house: OpenHouse, phase: str, is_killed: bool
) -> None:
    house = open_house(phase)
    window = house.open("demo")
    house.wait_for_phase()
    if is_killed:
        window.kill()
        window.wait()
    else:
        house.close(window)
    house.let_go()
    wait_for_the_end(house)
    assert tasks_of(house.instruments()[0]) == ["generate", *WHOLE_WAY]


@pytest.mark.slow
def test_that_a_queue_of_instruments_survives_its_window_in_its_order(open_house: OpenHouse) -> None:
    house = open_house("prepare")
    names = ["first", "second", "third"]
    window = house.open(*map(house.recordings, names))
    house.wait_for_phase()
    wait_until(lambda: sum(what_remains(each) is not None for each in house.instruments()) == 3)
    house.close(window)
    house.let_go()
    wait_for_the_end(house)
    ends = {each.name: (each.job_folders()[-1].path / "rc").stat().st_mtime for each in house.instruments()}
    assert sorted(ends, key=lambda name: ends[name]) == names
    assert all(tasks_of(each) == WHOLE_WAY for each in house.instruments())


@pytest.mark.slow
def test_that_a_window_takes_over_from_the_caretaker_and_leaves_to_one_again(open_house: OpenHouse) -> None:
    house = open_house("train")
    first = house.open(house.recordings("flute"))
    house.wait_for_phase()
    house.close(first)
    wait_until(house.has_caretaker)
    second = house.open()
    wait_until(lambda: house.caretaker() == second.pid)  # a window takes that role too, once it is free
    (flute,) = house.instruments()
    assert what_remains(flute) is not None
    house.close(second)
    house.let_go()
    wait_for_the_end(house)
    assert tasks_of(flute) == WHOLE_WAY


@pytest.mark.slow
def test_that_the_next_window_goes_on_where_the_computer_was_switched_off(open_house: OpenHouse) -> None:
    house = open_house("train")
    window = house.open(house.recordings("flute"))
    house.wait_for_phase()
    for process in house.processes():
        process.kill()
    window.wait()
    wait_until(lambda: not house.processes())
    (flute,) = house.instruments()
    pid = JobFolder(flute.jobs_path / "0002-train").path / "pid"
    pid.write_text(pid.read_text().replace('"boot": "', '"boot": "another '))
    house.let_go()
    again = house.open()
    wait_until(house.is_all_done)
    assert tasks_of(flute) == ["prepare", "train", "train", "evaluate", "sample"]
    house.close(again)


def test_that_nothing_goes_on_by_itself_after_stop_and_save(open_house: OpenHouse) -> None:
    house = open_house("train")
    window = house.open(house.recordings("flute"))
    house.wait_for_phase()
    house.close(window, "stop")
    wait_until(lambda: not house.processes())
    (flute,) = house.instruments()
    assert what_remains(flute) is None
    assert house.exit_code(house.carry_on()) == 0
    assert tasks_of(flute) == ["prepare", "train"]


@pytest.mark.slow
def test_that_there_is_one_caretaker_and_none_beside_a_window(open_house: OpenHouse) -> None:
    house = open_house("train")
    window = house.open(house.recordings("flute"))
    house.wait_for_phase()
    assert house.exit_code(house.carry_on()) == 0
    house.close(window)
    wait_until(house.has_caretaker)
    assert house.exit_code(house.carry_on()) == 0
    house.let_go()
    wait_for_the_end(house)
