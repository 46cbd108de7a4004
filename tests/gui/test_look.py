"""The window follows the system: light or dark, while it is open, and the size of the system's letters."""

from collections.abc import Iterator

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QImage, QPalette
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.plots import sizes
from app.plots.colors import Ink, Scheme, use_scheme, used_scheme
from app.state.training_page import EXAMPLE, training_page_state
from app.state.window import Page
from app.views.look import Look, palette, recolor_everything, scheme_of, style_sheet
from tests.gui.conftest import PATIENCE


@pytest.fixture
def application(qapp: QApplication) -> Iterator[QApplication]:
    """As it was again at the end, for the tests that follow in this process."""
    font, style = qapp.font(), qapp.style().objectName()
    yield qapp
    for look in qapp.findChildren(Look):
        shiboken6.delete(look)
    use_scheme(Scheme.DARK)
    sizes.use_letters(sizes.SMALLEST_LETTERS)
    qapp.setStyleSheet("")
    qapp.setStyle(style)
    qapp.setPalette(qapp.style().standardPalette())
    qapp.setFont(font)
    recolor_everything()


def say(application: QApplication, scheme: Qt.ColorScheme) -> None:
    """What Qt says when the user of the system chooses another scheme."""
    application.styleHints().colorSchemeChanged.emit(scheme)


def colors_of(widget: QWidget) -> set[str]:
    """Every colour that is seen in it."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return {f"#{pixel & 0xFFFFFF:06x}" for pixel in np.unique(pixels[:, : image.width()]).tolist()}


def test_that_a_system_that_does_not_say_is_dark() -> None:
    assert scheme_of(Qt.ColorScheme.Unknown) is scheme_of(Qt.ColorScheme.Dark) is Scheme.DARK
    assert scheme_of(Qt.ColorScheme.Light) is Scheme.LIGHT


def test_that_an_open_window_follows_the_system_from_dark_to_light_and_back(
    application: QApplication, trained: TimbreStudio, qtbot: QtBot
) -> None:
    Look(application)
    trained.window.setStyleSheet("")  # that of the application
    page = trained.training_page
    trained.studio.show_page(Page.TRAINING)
    page.set_state(training_page_state(EXAMPLE, None))
    qtbot.waitUntil(page.isVisible, timeout=PATIENCE)
    plot, clips = page.loss_plot, page.clips
    assert plot is not None
    assert clips is not None
    for wanted, scheme in (
        (Qt.ColorScheme.Light, Scheme.LIGHT),
        (Qt.ColorScheme.Dark, Scheme.DARK),
        (Qt.ColorScheme.Light, Scheme.LIGHT),
    ):
        say(application, wanted)
        assert used_scheme() is scheme
        other = Scheme.DARK if scheme is Scheme.LIGHT else Scheme.LIGHT
        qtbot.waitUntil(lambda scheme=scheme: Ink.LOSS_TOTAL.hex_in(scheme) in colors_of(plot), timeout=PATIENCE)
        assert Ink.PLOT_BACKGROUND.hex_in(scheme) in colors_of(plot)
        assert not {Ink.PLOT_BACKGROUND.hex_in(other), Ink.LOSS_TOTAL.hex_in(other)} & colors_of(plot)
        seen = colors_of(trained.window)
        for ink in (Ink.BACKGROUND, Ink.SURFACE, Ink.LINE):
            assert ink.hex_in(scheme) in seen, ink
            assert ink.hex_in(other) not in seen, ink
        assert Ink.ORIGINAL.hex_in(scheme) in colors_of(clips.buttons["original"])  # its icon
        assert application.palette().color(QPalette.ColorRole.Window) == QColor(Ink.BACKGROUND.hex_in(scheme))


@pytest.mark.parametrize("scheme", list(Scheme), ids=str)
def test_that_the_style_sheet_names_no_colour_of_its_own(application: QApplication, scheme: Scheme) -> None:
    use_scheme(scheme)
    sheet = style_sheet()
    assert "@" not in sheet
    assert Ink.SURFACE.hex_in(scheme) in sheet
    assert palette(scheme).color(QPalette.ColorRole.Text) == QColor(Ink.TEXT.hex_in(scheme))


@pytest.mark.parametrize(("system", "used"), [(9, 13), (13, 13), (24, 24)])
def test_that_letters_are_as_large_as_those_of_the_system_but_never_tiny(
    application: QApplication, system: int, used: int
) -> None:
    font = QFont(application.font())
    font.setPixelSize(system)
    application.setFont(font)
    Look(application)
    assert application.font().pixelSize() == used
    assert f"font-size: {used}px" in style_sheet()
    assert sizes.scaled(26) == 2 * used
