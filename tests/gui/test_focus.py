"""Whoever uses the keys sees what they act on, and comes to everything in the order in which it is read."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.window import Page
from tests.gui.conftest import PATIENCE, OpenWindow, add

_MOST_STOPS = 80


def tab_through(studio: TimbreStudio, qtbot: QtBot) -> list[QWidget]:
    """Everything that the Tab key leads to on the page shown, from the first button on; all of it has the ring."""
    window = studio.window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)
    window.sidebar.new_button.setFocus()
    stops: list[QWidget] = []
    while len(stops) < _MOST_STOPS:
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        stop = QApplication.focusWidget()
        if stop in stops:
            return stops
        stops.append(stop)
        middle = stop.visibleRegion().boundingRect().center()
        assert studio.focus_ring.place is not None, stop
        assert studio.focus_ring.place.contains(stop.mapTo(window, middle)), stop
    raise AssertionError("the Tab key never comes back")


@pytest.mark.parametrize("page", list(Page), ids=str)
def test_that_all_that_the_tab_key_leads_to_has_a_ring(trained: TimbreStudio, qtbot: QtBot, page: Page) -> None:
    trained.studio.show_page(page)
    stops = tab_through(trained, qtbot)
    assert trained.window.stepper.button(Page.DATA) in stops or trained.window.stepper.button(page) in stops
    assert len(stops) > 10


def test_that_models_are_chosen_before_train_is_reached(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("library")
    add(studio, recordings, qtbot)
    stops = tab_through(studio, qtbot)
    page = studio.data_page
    order = [
        page.recordings.folder_button,
        page.recordings.table,
        page.presets.card(studio.studio.session.preset.gin_file),
        page.train_button,
    ]
    assert [stop for stop in stops if stop in order] == order


def test_that_the_mouse_leaves_no_ring(open_window: OpenWindow, qtbot: QtBot) -> None:
    studio = open_window("library")
    assert studio.focus_ring.place is None
    tab_through(studio, qtbot)
    QTest.mouseClick(studio.window.sidebar.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 300))
    QTest.mouseClick(studio.window.sidebar.new_button, Qt.MouseButton.LeftButton)
    assert studio.focus_ring.place is None
