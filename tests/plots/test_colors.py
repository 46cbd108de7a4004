"""The palette."""

import re

import numpy as np
import pytest
from PySide6.QtGui import QColor

from app.plots import colors


def lightness(color: str) -> float:
    """CIELAB L* by Qt's own conversion to linear light."""
    red, green, blue = (part / 255 for part in QColor(color).getRgb()[:3])
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    luminance = float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def contrast(one: str, other: str) -> float:
    """WCAG 2.1."""
    light = [((lightness(color) + 16) / 116) ** 3 for color in (one, other)]
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_that_every_colour_is_one() -> None:
    values = {name: value for name, value in vars(colors).items() if name.isupper() and isinstance(value, str)}
    values = {name: value for name, value in values.items() if not name.startswith("_")}
    assert len(values) > 20
    assert all(re.fullmatch("#([0-9a-f]{2})?[0-9a-f]{6}", value) for value in values.values())


@pytest.mark.parametrize("surface", [colors.BACKGROUND, colors.SURFACE, colors.RAISED, colors.PLOT_BACKGROUND])
def test_that_words_can_be_read(surface: str) -> None:
    assert contrast(colors.TEXT, surface) > 7
    assert contrast(colors.TEXT_DIM, surface) > 4.5
    assert contrast(colors.TEXT_FAINT, surface) > 3.9  # of what cannot be used now, and is read all the same


def test_that_the_lightness_of_the_spectrogram_rises_evenly() -> None:
    table = colors.spectrogram_colors()
    assert table.shape == (256, 3)
    levels = np.array([lightness(QColor(*map(int, color)).name()) for color in table])
    steps = np.diff(levels)
    assert steps.min() > 0
    assert steps.max() < 2.5 * (levels[-1] - levels[0]) / 255
    assert levels[0] < 6
    assert levels[-1] > 95


def test_that_neighbours_in_the_spectrogram_differ_little() -> None:
    steps = np.abs(np.diff(colors.spectrogram_colors().astype(int), axis=0))
    assert steps.max() <= 8
