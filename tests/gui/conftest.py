"""A window over an empty library, its jobs scripted (child/scripted_jobs.py), everything else real."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.run_state import Phase
from app.views.look import style_sheet
from tests.odd_names import odd_name

CHILD = Path(__file__).parent / "child"
PATIENCE = 30_000  # ms; never waited for in full unless something is broken

OpenWindow = Callable[[str], TimbreStudio]


@pytest.fixture
def open_window(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[OpenWindow]:
    """Opens a window over the library of that name below the test's folder; closes all of them at the end."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(CHILD), str(CHILD.parents[2]))))
    opened: list[TimbreStudio] = []

    def _open(library: str = "library") -> TimbreStudio:
        studio = TimbreStudio(tmp_path / library, tmp_path / "settings.json")
        studio.window.setStyleSheet(style_sheet())
        opened.append(studio)
        studio.show()
        qtbot.waitUntil(lambda: not studio.studio.is_reading, timeout=PATIENCE)
        return studio

    yield _open
    for studio in opened:
        close(studio, qtbot)


def close(studio: TimbreStudio, qtbot: QtBot) -> None:
    """Closes a window the way its user does, stopping what runs."""
    if not studio.window.isVisible():
        return
    studio.window.close()
    button = studio.window_controller.question_button("Stop and save")
    if button is not None:
        button.click()
    if studio.window.isVisible():
        qtbot.waitUntil(lambda: not studio.window.isVisible(), timeout=PATIENCE)
    studio.shut_down()


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A folder with two recordings and a file that is none, under a name that is a challenge."""
    folder = tmp_path / "Flöte 'live' 🎶"
    folder.mkdir()
    for name in ("one.wav", odd_name("two\nlines.wav"), "notes.txt"):
        (folder / name).write_bytes(b"")
    return folder


@pytest.fixture
def trained(open_window: OpenWindow, recordings: Path, qtbot: QtBot) -> TimbreStudio:
    """A window whose instrument has gone the whole way."""
    studio = open_window("library")
    train(studio, recordings, qtbot)
    qtbot.waitUntil(lambda: is_over(studio), timeout=PATIENCE)
    return studio


def add(studio: TimbreStudio, recordings: Path, qtbot: QtBot) -> None:
    studio.window.dropped.emit((str(recordings),))
    qtbot.waitUntil(
        lambda: studio.studio.session is not None and bool(studio.studio.session.intake.files), timeout=PATIENCE
    )
    qtbot.waitUntil(lambda: not studio.studio.session.is_looking, timeout=PATIENCE)


def train(studio: TimbreStudio, recordings: Path, qtbot: QtBot) -> None:
    add(studio, recordings, qtbot)
    studio.data_page.train_button.click()


def is_over(studio: TimbreStudio) -> bool:
    session = studio.studio.session
    return session is not None and not session.is_busy and session.run.phase not in (Phase.IDLE, Phase.RUNNING)
