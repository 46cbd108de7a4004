"""Nothing is cut off or jumps, on a small screen too."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.main_window import MainWindow
from app.plots import sizes
from app.state.notices import Activity, Notice, Tone
from app.state.training_page import EXAMPLE, training_page_state
from app.state.window import Page
from app.views.look import style_sheet
from app.views.page_view import PageView
from tests.gui.conftest import PATIENCE

BUSY = Activity("Training", None, "")


def test_that_the_first_window_fits_on_the_screen_with_its_title_bar(qtbot: QtBot) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    screen = window.screen().availableSize()
    assert window.height() <= screen.height() - 40
    assert window.width() <= screen.width() - 10


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


def test_that_a_usual_window_has_room_for_the_name_and_the_value_of_every_curve(
    trained: TimbreStudio, qtbot: QtBot
) -> None:
    page = trained.training_page
    trained.studio.show_page(Page.TRAINING)
    trained.window.resize(QSize(1240, 752))
    qtbot.waitUntil(page.isVisible, timeout=PATIENCE)
    plot = page.loss_plot
    assert plot is not None
    names = [name for name in ("total_loss", "held_out") if plot.legend.has(name)]
    assert names
    for name in names:
        entry = plot.legend.entry(name)
        qtbot.waitUntil(lambda entry=entry: entry.width() >= entry.sizeHint().width(), timeout=PATIENCE)


SMALLEST = QSize(980, 640)
FULL = Notice(
    Tone.BAD,
    "The instrument cannot be written: No space left on device",
    "Free some space on that disk, then try it again.",
    action="Try again",
)

NO_OUTPUT = Notice(
    Tone.WARNING,
    "This computer has no sound output",
    "Connect headphones or speakers, then press play again. Everything else works without sound, and every sound can "
    "be saved as a wav file.",
)


def pages_of(trained: TimbreStudio) -> tuple[QWidget, ...]:
    """In the order of `Page`."""
    return trained.data_page, trained.training_page, trained.listening_page, trained.play_page


@pytest.mark.parametrize("page", list(Page), ids=str)
def test_that_the_smallest_window_holds_every_page_below_a_notice(
    trained: TimbreStudio, qtbot: QtBot, page: Page
) -> None:
    window = trained.window
    trained.studio.show_page(page)
    trained.studio.offer(FULL, None)
    window.resize(SMALLEST)
    qtbot.waitUntil(lambda: window.notice.isVisible() and window.size() == SMALLEST, timeout=PATIENCE)
    pages = dict(zip(Page, pages_of(trained), strict=True))
    qtbot.waitUntil(lambda: _cramped(pages[page]) == [], timeout=PATIENCE)
    assert window.title.height() >= window.title.sizeHint().height()
    qtbot.waitUntil(lambda: not _view(pages[page]).horizontalScrollBar().isVisible(), timeout=PATIENCE)


def test_that_two_notices_above_the_smallest_listening_page_squeeze_nothing_that_cannot_be_scrolled_to(
    trained: TimbreStudio, qtbot: QtBot
) -> None:
    window, page = trained.window, trained.listening_page
    trained.studio.show_page(Page.LISTENING)
    window.resize(SMALLEST)
    trained.studio.offer(FULL, None)
    page.set_state(replace(page.state, notice=NO_OUTPUT))
    qtbot.waitUntil(lambda: window.notice.isVisible() and page.notice.isVisible(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: _cramped(page) == [], timeout=PATIENCE)
    bar = _view(page).verticalScrollBar()
    qtbot.waitUntil(bar.isVisible, timeout=PATIENCE)
    bar.setValue(bar.maximum())
    button = page.transport.play_button
    assert window.rect().contains(QRect(button.mapTo(window, QPoint(0, 0)), button.size()))
    qtbot.waitUntil(lambda: not _view(page).horizontalScrollBar().isVisible(), timeout=PATIENCE)


@pytest.fixture(params=[19, 24], ids=["14 points", "18 points"])
def large_letters(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[int]:
    """The system's letters are so many pixels high."""
    font = qapp.font()
    sizes.use_letters(request.param)
    qapp.setFont(sizes.font_of(font, sizes.SMALLEST_LETTERS))
    yield request.param
    sizes.use_letters(sizes.SMALLEST_LETTERS)
    qapp.setFont(font)


def test_that_large_letters_are_whole_on_every_page(large_letters: int, trained: TimbreStudio, qtbot: QtBot) -> None:
    window = trained.window
    window.resize(QSize(1240, 752))
    for page, shown in zip(Page, pages_of(trained), strict=True):
        trained.studio.show_page(page)
        qtbot.waitUntil(shown.isVisible, timeout=PATIENCE)
        qtbot.waitUntil(lambda shown=shown: _cramped(shown) == [], timeout=PATIENCE)
        words = [each for each in shown.findChildren(QLabel) if each.isVisible() and each.text()]
        assert words
        assert {each.fontInfo().pixelSize() for each in words} >= {large_letters} or page is Page.TRAINING
        if large_letters < 20:
            qtbot.waitUntil(lambda shown=shown: not _view(shown).horizontalScrollBar().isVisible(), timeout=PATIENCE)


def _view(page: QWidget) -> PageView:
    """What it scrolls in."""
    return next(each for each in _above(page) if isinstance(each, PageView))


def _cramped(page: QWidget) -> list[str]:
    return [_told(each) for each in _parts(page) if not _has_room(each)]


def _parts(page: QWidget) -> list[QWidget]:
    """All that is seen of it and does not scroll."""
    return [
        each
        for each in page.findChildren(QWidget)
        if each.isVisible()
        and not any(isinstance(above, QAbstractScrollArea) and page.isAncestorOf(above) for above in _above(each))
    ]


def _above(widget: QWidget) -> Iterator[QWidget]:
    parent = widget.parentWidget()
    while parent is not None:
        yield parent
        parent = parent.parentWidget()


def _told(widget: QWidget) -> str:
    """For whom the test fails."""
    words = widget.accessibleName() or getattr(widget, "text", str)()
    return f"{type(widget).__name__} {words!r} at {widget.geometry().getRect()}"


def _has_room(widget: QWidget) -> bool:
    """It is as high as it must be, and nothing of it lies outside of what it lies in."""
    parent = widget.parentWidget()
    least = widget.minimumHeight() or widget.minimumSizeHint().height()
    if isinstance(widget, QLabel):
        least = widget.heightForWidth(widget.width())
    return widget.height() >= least and parent is not None and parent.rect().contains(widget.geometry())


def _is_whole(widget: QWidget, page: QWidget) -> bool:
    """It has the room that it needs, inside the page."""
    right = widget.mapTo(page, widget.rect().topRight()).x()
    return widget.width() >= widget.minimumSizeHint().width() and right < page.width()
