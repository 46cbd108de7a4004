"""A window in a process of its own, told what a system says of its look; prints what is seen, as JSON.

look_child.py schemes FOLDER          every colour seen in light, dark and light again
look_child.py letters FOLDER PIXELS   what becomes of a system whose letters are so high
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QImage, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from app.application import TimbreStudio, make_application
from app.plots import sizes
from app.state.training_page import EXAMPLE, training_page_state
from app.state.window import Page
from app.views.look import Look, style_sheet

PATIENCE = 60  # seconds


def colors_of(widget: QWidget) -> list[str]:
    """Every colour that is seen in it."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return [f"#{pixel & 0xFFFFFF:06x}" for pixel in np.unique(pixels[:, : image.width()]).tolist()]


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("The window did not come so far")
        QApplication.processEvents()


def schemes(folder: Path) -> object:
    application = make_application(["timbre-studio"])
    studio = TimbreStudio(folder / "library", folder / "settings.json")
    studio.show()
    wait(lambda: not studio.studio.is_reading)
    page = studio.training_page
    studio.studio.show_page(Page.TRAINING)
    wait(page.isVisible)
    page.set_state(training_page_state(EXAMPLE, None))
    assert page.loss_plot is not None
    assert page.clips is not None
    page.loss_plot.fit()
    seen = []
    for scheme in (Qt.ColorScheme.Light, Qt.ColorScheme.Dark, Qt.ColorScheme.Light):
        application.styleHints().colorSchemeChanged.emit(scheme)  # as Qt does when the user of the system chooses it
        QApplication.processEvents()
        seen.append(
            {
                "scheme": scheme.name,
                "window": colors_of(studio.window),
                "plot": colors_of(page.loss_plot.graph),
                "icon": colors_of(page.clips.buttons["original"]),
                "palette": application.palette().color(QPalette.ColorRole.Window).name(),
            }
        )
    studio.window.close()
    wait(lambda: not studio.window.isVisible())
    studio.shut_down()
    return seen


def letters(pixels: int) -> object:
    application = QApplication(["timbre-studio"])
    font = QFont(application.font())
    font.setPixelSize(pixels)
    application.setFont(font)
    Look(application)
    return {"font": application.font().pixelSize(), "sheet": style_sheet(), "26": sizes.scaled(26)}


if __name__ == "__main__":
    what, place, *more = sys.argv[1:]
    sys.stdout.write(json.dumps(schemes(Path(place)) if what == "schemes" else letters(int(more[0]))))
