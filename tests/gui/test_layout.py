"""Nothing is cut off or jumps, on a small screen too."""

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio, style_sheet
from app.main_window import MainWindow
from app.state.page_parts import Activity
from app.state.training_page import EXAMPLE, training_page_state
from app.state.window import Page

BUSY = Activity("Training", None, "")


def test_that_the_first_window_fits_on_the_screen_with_its_title_bar(qtbot: QtBot) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    screen = window.screen().availableSize()
    assert window.height() <= max(screen.height() - 40, window.minimumHeight())
    assert window.width() <= max(screen.width() - 10, window.minimumWidth())


@pytest.mark.parametrize("size", [(1000, 700), (1240, 752), (1920, 1080)], ids=str)
def test_that_the_training_page_is_whole_and_its_title_stays_in_place(
    trained: TimbreStudio, qtbot: QtBot, size: tuple[int, int]
) -> None:
    window, page = trained.window, trained.training_page
    window.setStyleSheet(style_sheet())
    trained.studio.show_page(Page.TRAINING)
    window.resize(QSize(*size))
    places = []
    for activity in (None, BUSY):
        page.set_state(training_page_state(EXAMPLE, activity))
        qtbot.waitUntil(lambda activity=activity: page.activity.isVisible() is (activity is not None))
        page.layout().activate()
        window.centralWidget().layout().activate()
        places.append((window.title.geometry(), window.stepper.geometry()))
        assert page.clips is not None
        assert page.loss_plot is not None
        assert activity is not None or page.status.width() > page.width() * 0.9
        for widget in (page.clips, page.loss_plot.legend, page.figures):
            assert _is_whole(widget, page), widget
    assert places[0] == places[1]


def _is_whole(widget: QWidget, page: QWidget) -> bool:
    """It has the room that it needs, inside the page."""
    right = widget.mapTo(page, widget.rect().topRight()).x()
    return widget.width() >= widget.minimumSizeHint().width() and right < page.width()
