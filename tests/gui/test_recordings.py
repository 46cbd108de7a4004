"""The list of recordings in the window: ticked, removed, brought back, located, seen and heard, by mouse and keys."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.notices import Tone
from app.state.recordings import Standing
from ddsp_backend.jobs.codec import spec_from_json
from ddsp_backend.jobs.spec import PrepareSpec
from tests.gui import test_listening_page as listening
from tests.gui.conftest import PATIENCE, OpenWindow, add, is_over
from tests.recordings import tone, write

speaker = listening.speaker  # a sound device whose samples are read


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    """Three recordings: the scripted look calls one noise, and one hums.

    They are long: the sound device plays as fast as it is read, and a window on a busy machine looks now and then.
    """
    folder = tmp_path / "trombone"
    for name in ("a.wav", "hum.wav", "noise.wav"):
        write(folder / name, tone(20.0, 22050), 22050)
    return folder


@pytest.fixture
def listed(open_window: OpenWindow, takes: Path, qtbot: QtBot) -> TimbreStudio:
    """A window that has listened to them, its table ready for keys."""
    studio = open_window("library")
    add(studio, takes, qtbot)
    qtbot.waitUntil(lambda: not studio.studio.session.recordings.is_inspecting, timeout=PATIENCE)
    studio.window.activateWindow()
    studio.data_page.recordings.table.setFocus()
    return studio


def ticked(studio: TimbreStudio) -> list[str]:
    return [Path(file.path).name for file in studio.studio.session.recordings.chosen()]


def names(studio: TimbreStudio) -> list[str]:
    model = studio.data_page.recordings.table.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def press(studio: TimbreStudio, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(studio.data_page.recordings.table, key, modifier)


def test_that_arrows_choose_a_row_and_enter_ticks_it(listed: TimbreStudio) -> None:
    panel = listed.data_page.recordings
    assert panel.details.name.text() == "a.wav"
    assert ticked(listed) == ["a.wav", "hum.wav"]
    press(listed, Qt.Key.Key_Down)
    assert panel.details.name.text() == "hum.wav"
    assert "It hums, only 12 dB below the loudest notes" in panel.details.words.text()
    press(listed, Qt.Key.Key_Return)
    assert ticked(listed) == ["a.wav"]
    assert panel.details.name.text() == "hum.wav"
    press(listed, Qt.Key.Key_Return)
    assert ticked(listed) == ["a.wav", "hum.wav"]


def test_that_a_click_on_the_box_ticks_and_on_the_name_only_chooses(listed: TimbreStudio) -> None:
    table = listed.data_page.recordings.table
    row = table.visualRect(table.model().index(1, 0))
    box, name = QPoint(row.left() + 18, row.center().y()), QPoint(row.left() + 60, row.center().y())
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=name)
    assert ticked(listed) == ["a.wav", "hum.wav"]
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=box)
    assert ticked(listed) == ["a.wav"]


def test_that_one_tick_counts_for_all_that_are_selected(listed: TimbreStudio) -> None:
    table = listed.data_page.recordings.table
    table.selectAll()
    press(listed, Qt.Key.Key_Return)
    assert ticked(listed) == ["a.wav", "hum.wav", "noise.wav"]
    assert listed.data_page.reason.text().splitlines()[0] == "Take care: one recording is ticked against advice"
    press(listed, Qt.Key.Key_Return)
    assert ticked(listed) == []
    assert not listed.data_page.train_button.isEnabled()
    assert listed.data_page.reason.text() == "Tick the recordings to learn from"


def test_that_only_what_is_ticked_is_prepared(listed: TimbreStudio, takes: Path, qtbot: QtBot) -> None:
    press(listed, Qt.Key.Key_Return)
    listed.data_page.train_button.click()
    qtbot.waitUntil(lambda: is_over(listed), timeout=PATIENCE)
    folder = listed.studio.session.instrument.job_folders()[0].path
    spec = spec_from_json((folder / "job.json").read_text())
    assert isinstance(spec, PrepareSpec)
    assert spec.inputs == (str(takes / "hum.wav"),)


def test_that_delete_takes_off_the_list_and_ctrl_z_brings_back(listed: TimbreStudio, takes: Path, qtbot: QtBot) -> None:
    press(listed, Qt.Key.Key_Down)
    press(listed, Qt.Key.Key_Delete)
    assert names(listed) == ["a.wav", "noise.wav"]
    assert listed.data_page.recordings.table.current_path() == str(takes / "noise.wav")
    listed.data_page.recordings.again_action.trigger()
    qtbot.waitUntil(lambda: not listed.studio.session.recordings.is_inspecting, timeout=PATIENCE)
    assert names(listed) == ["a.wav", "noise.wav"]
    press(listed, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert names(listed) == ["a.wav", "hum.wav", "noise.wav"]
    press(listed, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert names(listed) == ["a.wav", "noise.wav"]
    assert (takes / "hum.wav").exists()


def test_that_what_was_removed_altogether_can_be_brought_back_from_the_empty_page(
    listed: TimbreStudio, qtbot: QtBot
) -> None:
    page = listed.data_page
    page.recordings.clear_action.trigger()
    assert page.large_zone.isVisible()
    assert page.large_zone.undo_button.text() == " Undo remove all"
    page.large_zone.undo_button.click()
    assert names(listed) == ["a.wav", "hum.wav", "noise.wav"]
    assert listed.studio.session.intake.inspections


def test_that_choices_outlive_the_window(listed: TimbreStudio, open_window: OpenWindow) -> None:
    press(listed, Qt.Key.Key_Return)
    press(listed, Qt.Key.Key_Down)
    press(listed, Qt.Key.Key_Delete)
    again = open_window("library")
    assert names(again) == ["a.wav", "noise.wav"]
    assert ticked(again) == []
    standings = [each.standing for each in again.studio.session.recordings.recordings()]
    assert standings == [Standing.FINE, Standing.LEAVE_OUT]


def test_that_recordings_that_moved_turn_red_and_are_found_together(
    listed: TimbreStudio, takes: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    press(listed, Qt.Key.Key_Return)  # unticked, it stays so
    (tmp_path / "disk 2").mkdir()
    shutil.move(takes, tmp_path / "disk 2" / "trombone")
    recordings, panel = listed.studio.session.recordings, listed.data_page.recordings
    recordings.look_again()
    qtbot.waitUntil(lambda: len(recordings.missing) == 3, timeout=PATIENCE)
    assert [row.tone for row in panel.table.model().rows] == [Tone.BAD] * 3
    assert panel.details.locate_button.isVisible()
    assert not listed.data_page.train_button.isEnabled()
    assert "press Locate" in listed.data_page.reason.text()
    recordings.locate(str(tmp_path / "disk 2"))
    qtbot.waitUntil(lambda: not recordings.missing and len(recordings.chosen()) == 1, timeout=PATIENCE)
    assert listed.studio.session.instrument.inputs == (str(tmp_path / "disk 2" / "trombone"),)
    assert ticked(listed) == ["hum.wav"]


def test_that_space_plays_the_row_and_a_click_in_the_picture_goes_there(
    listed: TimbreStudio,
    speaker: int,
    qtbot: QtBot,
) -> None:
    player, details = listed.data_controller.recordings.player, listed.data_page.recordings.details
    press(listed, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: listening.hear(speaker), timeout=PATIENCE)
    assert details.play_button.accessibleName() == "Pause"
    details.seek_requested.emit(1.0)
    qtbot.waitUntil(
        lambda: bool(listening.hear(speaker) or True) and (details.axis.playhead or 0) > 1.0, timeout=PATIENCE
    )
    press(listed, Qt.Key.Key_Space)
    assert not player.is_playing
    assert details.play_button.accessibleName() == "Play"
    press(listed, Qt.Key.Key_Down)
    assert player.path == ""


def test_that_a_recording_that_cannot_be_played_is_a_sentence(listed: TimbreStudio, takes: Path, qtbot: QtBot) -> None:
    (takes / "a.wav").unlink()
    press(listed, Qt.Key.Key_Space)
    notice = listed.window.notice
    qtbot.waitUntil(lambda: "a.wav" in notice.title.text(), timeout=PATIENCE)
    assert not listed.data_controller.recordings.player.is_playing


@pytest.mark.parametrize("size", [(980, 640), (1280, 800), (1920, 1080)])
def test_that_nothing_is_cut_at_any_size(listed: TimbreStudio, size: tuple[int, int], qtbot: QtBot) -> None:
    panel = listed.data_page.recordings
    listed.window.resize(*size)
    qtbot.waitUntil(lambda: panel.isVisible() and listed.window.width() == size[0], timeout=PATIENCE)
    QTest.qWait(0)
    for button in panel.findChildren(QPushButton):
        if button.isVisible():
            assert button.width() >= button.minimumSizeHint().width(), button.text()
    assert panel.headline.height() >= panel.headline.heightForWidth(panel.headline.width())
    assert panel.details.isVisible()
    listed.data_page.recordings._buttons.button(1).click()
    assert panel.coverage.isVisible()


def test_that_rows_that_come_and_change_leave_the_selection_alone(
    listed: TimbreStudio, takes: Path, qtbot: QtBot
) -> None:
    table = listed.data_page.recordings.table
    press(listed, Qt.Key.Key_Down)
    chosen = table.current_path()
    write(takes / "0.wav", np.zeros(22050, np.float32), 22050)
    listed.data_page.recordings.again_action.trigger()
    qtbot.waitUntil(lambda: len(names(listed)) == 4, timeout=PATIENCE)
    assert table.current_path() == chosen
    assert table.selected_paths() == (chosen,)
    assert isinstance(table.currentIndex(), QModelIndex)
