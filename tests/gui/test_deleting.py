"""Instruments that are not wanted any more go to the system's bin, and come back."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.instrument import create
from app.state.window import Page
from tests.gui.conftest import PATIENCE, OpenWindow, add, is_over, train


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """On the disk of the library, so that it is its bin that is asked for."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    return home


def names(studio: TimbreStudio) -> list[str]:
    return [entry.name for entry in studio.studio.window_state().entries]


def select(studio: TimbreStudio, folder: Path, qtbot: QtBot) -> None:
    studio.studio.select(str(folder))
    qtbot.waitUntil(lambda: not studio.studio.is_reading, timeout=PATIENCE)


def press_delete(studio: TimbreStudio) -> None:
    QTest.keyClick(studio.window.sidebar.list, Qt.Key.Key_Delete)


def test_that_the_delete_key_moves_an_instrument_to_the_bin_and_undo_brings_it_back(
    open_window: OpenWindow, home: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    library = tmp_path / "library"
    flute, oboe = (create(library, name) for name in ("Flute", "Oboe"))
    (flute.path / "takes").mkdir()
    (flute.path / "takes" / "take.wav").write_bytes(b"sound")
    studio = open_window("library")
    select(studio, flute.path, qtbot)
    press_delete(studio)
    qtbot.waitUntil(lambda: studio.window.notice.isVisible(), timeout=PATIENCE)
    assert studio.window.notice.title.text() == "Flute was moved to the bin"
    assert not flute.path.exists()
    assert list(home.rglob("take.wav"))
    assert names(studio) == ["Oboe"]
    assert studio.studio.window_state().selected == str(oboe.path)

    studio.window.notice.action_button.click()
    qtbot.waitUntil(lambda: "Flute" in names(studio), timeout=PATIENCE)
    assert (flute.path / "takes" / "take.wav").read_bytes() == b"sound"
    assert studio.studio.window_state().selected == str(flute.path)
    assert not list(home.rglob("*.trashinfo"))
    qtbot.waitUntil(lambda: not studio.studio.is_reading, timeout=PATIENCE)
    assert studio.window.title.text() == "Flute"


def test_that_one_whose_recordings_are_being_listened_to_goes_and_they_stay(
    open_window: OpenWindow, home: Path, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("library")
    studio.window.dropped.emit((str(recordings),))
    qtbot.waitUntil(lambda: studio.studio.session is not None, timeout=PATIENCE)
    press_delete(studio)
    qtbot.waitUntil(lambda: studio.window.notice.isVisible(), timeout=PATIENCE)
    assert "was moved to the bin" in studio.window.notice.title.text()
    assert names(studio) == []
    assert not list(studio.studio.library.glob("*/project.json"))
    assert (recordings / "one.wav").exists()
    assert studio.window.title.text() == ""


def test_that_one_that_is_being_trained_stays(
    open_window: OpenWindow, home: Path, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("endless library")
    add(studio, recordings, qtbot)
    studio.data_page.train_button.click()
    press_delete(studio)
    assert "still being worked on" in studio.window.notice.title.text()
    assert names(studio) == [recordings.name]


def test_that_one_whose_kept_model_plays_leaves_no_folder_behind(
    open_window: OpenWindow, home: Path, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("slow library")
    train(studio, recordings, qtbot)
    qtbot.waitUntil(lambda: is_over(studio), timeout=PATIENCE)
    instrument = studio.studio.session.instrument
    (instrument.model_path / "ckpt-15.index").touch()
    studio.studio.show_page(Page.LISTENING)
    page = studio.listening_page
    qtbot.waitUntil(lambda: 15 in page.state.unplayed, timeout=PATIENCE)
    page.timeline.chosen.emit(15)
    page.ask_button.click()
    qtbot.waitUntil(lambda: page.making.detail.text() == "1 of 2", timeout=PATIENCE)
    press_delete(studio)
    title = studio.window.notice.title
    qtbot.waitUntil(lambda: title.text().endswith("was moved to the bin"), timeout=PATIENCE)
    qtbot.waitUntil(studio.studio.queue.is_idle, timeout=PATIENCE)
    assert not instrument.path.exists()
    assert [path.name for path in studio.studio.library.iterdir() if path.is_dir()] == []
    # The phrase that was at work when the key was pressed went along.
    assert list(home.rglob("step-15"))


@pytest.mark.parametrize("answer", ["Delete for good", "Keep it"])
def test_that_without_a_bin_it_is_asked_first(
    open_window: OpenWindow, home: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    (home / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "file" / "data"))  # where no folder can be
    flute = create(tmp_path / "library", "Flute")
    studio = open_window("library")
    press_delete(studio)
    qtbot.waitUntil(lambda: studio.bin.question_button(answer) is not None, timeout=PATIENCE)
    assert flute.path.exists()
    studio.bin.question_button(answer).click()
    if answer == "Keep it":
        qtbot.waitUntil(lambda: names(studio) == ["Flute"], timeout=PATIENCE)
        assert flute.path.exists()
    else:
        qtbot.waitUntil(lambda: studio.window.notice.isVisible(), timeout=PATIENCE)
        assert studio.window.notice.title.text() == "Flute was deleted"
        assert not flute.path.exists()
        assert names(studio) == []
