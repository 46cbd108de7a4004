"""Help, and the keys that work in the whole window."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.help import GUIDE_SECTIONS, KEY_GROUPS
from app.state.instrument import create
from app.state.window import Page
from app.views.help_windows import AboutWindow, GuideWindow, KeysWindow
from ddsp_backend import __version__
from tests.gui.conftest import PATIENCE, OpenWindow


def press(studio: TimbreStudio, qtbot: QtBot, key: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    studio.window.activateWindow()
    qtbot.waitUntil(studio.window.isActiveWindow, timeout=PATIENCE)
    QTest.keyClick(studio.window, key, modifier)


@pytest.mark.parametrize("page", list(Page), ids=str)
def test_that_f1_opens_the_guide_where_it_speaks_of_the_page(open_window: OpenWindow, qtbot: QtBot, page: Page) -> None:
    studio = open_window("library")
    studio.studio.show_page(page)
    press(studio, qtbot, Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier)
    guide = studio.window.findChild(GuideWindow)
    assert guide is not None
    assert guide.isVisible()
    assert guide.text.textCursor().block().text() == GUIDE_SECTIONS[page]
    assert guide.text.textCursor().block().blockFormat().headingLevel() == 2


def test_that_control_n_begins_an_instrument_and_f2_renames_the_one_shown(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    studio = open_window("library")
    create(studio.studio.library, "Flute")
    studio.studio.open()
    qtbot.waitUntil(lambda: studio.window.title.text() == "Flute", timeout=PATIENCE)
    press(studio, qtbot, Qt.Key.Key_F2, Qt.KeyboardModifier.NoModifier)
    assert studio.window.title.hasFocus()
    assert studio.window.title.selectedText() == "Flute"
    press(studio, qtbot, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert studio.studio.session is None
    assert not studio.window.sidebar.menu.remove_action.isEnabled()


def test_that_control_q_closes_the_window(open_window: OpenWindow, qtbot: QtBot) -> None:
    studio = open_window("library")
    press(studio, qtbot, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not studio.window.isVisible(), timeout=PATIENCE)
    studio.shut_down()


def test_that_keys_and_version_are_told(open_window: OpenWindow) -> None:
    studio = open_window("library")
    menu = studio.window.sidebar.menu
    menu.keys_action.trigger()
    keys = studio.window.findChild(KeysWindow)
    assert keys is not None
    shown = {each.text() for each in keys.findChildren(QLabel)}
    assert {what for group in KEY_GROUPS for _, what in group.keys} <= shown
    keys.reject()
    menu.about_action.trigger()
    about = studio.window.findChild(AboutWindow)
    assert about is not None
    assert __version__ in about.text.text()
    about.reject()
