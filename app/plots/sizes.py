"""Lengths in pixels that follow the size of the system's letters. They are written for letters of 13 pixels."""

from PySide6.QtGui import QFont

SMALLEST_LETTERS = 13  # pixels; below it words on the pages are hard to read

_used = [SMALLEST_LETTERS]


def use_letters(pixels: int) -> None:
    """Args: pixels: The size of the system's letters."""
    _used[:] = [max(pixels, SMALLEST_LETTERS)]


def scaled(pixels: float) -> int:
    """What is this long beside letters of 13 pixels, beside those of the system."""
    return round(pixels * _used[-1] / SMALLEST_LETTERS)


def widened(pixels: float) -> int:
    """The same for the width of a column of wrapped words: it grows half as fast, so that those beside it have room."""
    return round((pixels + scaled(pixels)) / 2)


def font_of(font: QFont, pixels: float) -> QFont:
    """This font, its letters so large (see `scaled`)."""
    result = QFont(font)
    result.setPixelSize(scaled(pixels))
    return result
