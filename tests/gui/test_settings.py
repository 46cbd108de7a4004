"""A model's settings, listed and judged by the real backend."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.settings_form import FormPhase
from app.views.settings_dialog import SettingsDialog
from ddsp_backend.jobs.job_table import JobKind
from tests.gui.conftest import PATIENCE, OpenWindow, add, is_over


def open_settings(studio: TimbreStudio, qtbot: QtBot) -> SettingsDialog:
    studio.data_page.settings_button.click()
    dialog = studio.settings_controller.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.keep_button.isEnabled(), timeout=PATIENCE)
    return dialog


def type_value(dialog: SettingsDialog, name: str, text: str, qtbot: QtBot) -> None:
    """As a user does: finds the setting, clicks on its value, types over it, and presses Enter."""
    dialog.search.setText(name.rsplit(".", 1)[-1])
    at = dialog.tree.visualRect(dialog._items[name].index()).center()
    qtbot.mouseClick(dialog.tree.viewport(), Qt.MouseButton.LeftButton, pos=at)
    (field,) = [each for each in dialog.tree.viewport().findChildren(QLineEdit) if each.isVisible()]
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog._items[name].text() == text, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not dialog.tree.viewport().findChildren(QLineEdit), timeout=PATIENCE)


@pytest.mark.slow
def test_that_settings_are_kept_with_the_instrument_and_trained_with(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("library")
    assert not studio.data_page.settings_button.isEnabled()
    add(studio, recordings, qtbot)
    dialog = open_settings(studio, qtbot)
    type_value(dialog, "train.batch_size", "4", qtbot)
    type_value(dialog, "Trainer.learning_rate", "-1", qtbot)
    dialog.keep_button.click()
    qtbot.waitUntil(lambda: dialog.message.text() != "", timeout=PATIENCE)
    assert dialog.message.text() == "Trainer.learning_rate=-1 cannot be used."
    assert dialog.hint.text() == "It must be above 0."
    type_value(dialog, "Trainer.learning_rate", "0.002", qtbot)
    dialog.keep_button.click()
    qtbot.waitUntil(lambda: studio.settings_controller.dialog is None, timeout=PATIENCE)
    assert studio.data_page.settings_note.text() == "2 settings of your own"

    session = studio.studio.session
    assert session is not None
    studio.data_page.train_button.click()
    qtbot.waitUntil(lambda: is_over(studio), timeout=PATIENCE)
    for folder in session.instrument.job_folders():
        if folder.kind() in (JobKind.TRAIN, JobKind.EVALUATE, JobKind.SAMPLE):
            params = folder.read_spec().gin_params
            assert params[-2:] == ("train.batch_size = 4", "Trainer.learning_rate = 0.002")

    # Now that there is a model, what shapes it stays; another window shows what was kept.
    again = open_window("library")
    dialog = open_settings(again, qtbot)
    assert dialog._items["train.batch_size"].text() == "4"
    assert dialog._items["train.batch_size"].isEditable()
    assert not dialog._items["RnnFcDecoder.rnn_channels"].isEditable()
    dialog.all_back_button.click()
    dialog.keep_button.click()
    qtbot.waitUntil(lambda: again.settings_controller.dialog is None, timeout=PATIENCE)
    assert again.data_page.settings_note.text() == ""


def test_that_a_form_that_is_closed_early_changes_nothing(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("library")
    add(studio, recordings, qtbot)
    studio.data_page.settings_button.click()
    dialog = studio.settings_controller.dialog
    assert dialog is not None
    assert studio.settings_controller._form.phase is FormPhase.READING
    dialog.reject()
    assert studio.settings_controller.dialog is None
    session = studio.studio.session
    assert session is not None
    assert session.instrument.settings == {}
