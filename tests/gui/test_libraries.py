"""Instruments are kept in a folder that the user chooses, such as one on another disk."""

import shutil
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.settings import load_settings
from tests.gui.conftest import PATIENCE, OpenWindow, add, close


def names(studio: TimbreStudio) -> list[str]:
    return [entry.name for entry in studio.studio.window_state().entries]


def choose(studio: TimbreStudio, folder: Path, qtbot: QtBot) -> None:
    studio.window.sidebar.library_requested.emit()
    dialog = studio.window.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(folder))
    dialog.reject()
    qtbot.waitUntil(lambda: not studio.studio.is_reading, timeout=PATIENCE)


def test_that_another_library_is_opened_and_opened_again_at_the_next_start(
    open_window: OpenWindow, recordings: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other disk"
    other.mkdir()
    studio = open_window("library")
    add(studio, recordings, qtbot)
    assert names(studio) == [recordings.name]
    choose(studio, other, qtbot)
    qtbot.waitUntil(lambda: load_settings(tmp_path / "settings.json").library == str(other), timeout=PATIENCE)
    assert names(studio) == []
    assert studio.window.sidebar.library_button.toolTip() == f"Library: {other}"
    add(studio, recordings, qtbot)
    assert [path.parent for path in other.glob("*/project.json")] == [studio.studio.session.instrument.path]
    # As long as recordings are listened to, no other library is opened.
    qtbot.waitUntil(lambda: not studio.studio.session.recordings.is_inspecting, timeout=PATIENCE)
    choose(studio, tmp_path / "library", qtbot)
    assert studio.studio.session is None or studio.studio.session.instrument.path.parent == tmp_path / "library"
    choose(studio, other, qtbot)
    close(studio, qtbot)

    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    studio = TimbreStudio(None, tmp_path / "settings.json")
    studio.show()
    qtbot.waitUntil(lambda: not studio.studio.is_reading, timeout=PATIENCE)
    assert names(studio) == [recordings.name]
    close(studio, qtbot)

    shutil.rmtree(other)
    studio = TimbreStudio(None, tmp_path / "settings.json")
    studio.show()
    qtbot.waitUntil(lambda: not studio.studio.is_reading, timeout=PATIENCE)
    assert studio.window.notice.title.text() == f"The library {other} is not there"
    assert tmp_path / "home" in studio.studio.library.parents
    close(studio, qtbot)


def test_that_a_library_is_not_left_while_something_runs_in_it(
    open_window: OpenWindow, recordings: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    studio = open_window("endless library")
    add(studio, recordings, qtbot)
    studio.data_page.train_button.click()
    choose(studio, tmp_path, qtbot)
    assert "still running" in studio.window.notice.title.text()
    assert studio.studio.library == tmp_path / "endless library"
