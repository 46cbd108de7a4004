"""The palette: both schemes can be read, and pictures of sound rise evenly from dark to bright."""

import re

import numpy as np
import pytest
from PySide6.QtGui import QColor

from app.paths import resources_folder
from app.plots.colors import LOSS_PARTS, Ink, Scheme
from app.plots.level_colors import spectrogram_colors

READABLE = 4.5  # WCAG 2.1, level AA, for words of any size
SEEN = 3.0  # the same for what is no word, such as a curve's edge or a dot

SURFACES = (Ink.BACKGROUND, Ink.SURFACE, Ink.RAISED, Ink.PLOT_BACKGROUND)
WORDS = (Ink.TEXT, Ink.TEXT_DIM, Ink.TEXT_FAINT, Ink.ACCENT, Ink.GOOD, Ink.WARNING, Ink.BAD)
CURVES = (Ink.LOSS_TOTAL, Ink.LOSS_HELD_OUT, *LOSS_PARTS, Ink.ORIGINAL, Ink.RESYNTHESIZED, Ink.HARMONIC, Ink.NOISE)
both_schemes = pytest.mark.parametrize("scheme", list(Scheme), ids=lambda scheme: scheme.name.lower())


def lightness(color: str) -> float:
    """CIELAB L* by Qt's own conversion to linear light."""
    red, green, blue = (part / 255 for part in QColor(color).getRgb()[:3])
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    luminance = float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def contrast(one: str, other: str) -> float:
    """WCAG 2.1."""
    light = []
    for color in (one, other):
        level = lightness(color)
        light.append(((level + 16) / 116) ** 3 if level > 8 else level / 903.3)
    return (max(light) + 0.05) / (min(light) + 0.05)


def faintest(scheme: Scheme, inks: tuple[Ink, ...], surfaces: tuple[Ink, ...]) -> tuple[float, str, str]:
    """The lowest contrast of all, and of which ink on which surface."""
    return min(
        (contrast(ink.hex_in(scheme), surface.hex_in(scheme)), ink.name, surface.name)
        for ink in inks
        for surface in surfaces
    )


def test_that_every_ink_has_a_colour_in_both_schemes() -> None:
    assert len(Ink.__members__) > 30
    for ink in Ink.__members__.values():
        assert all(re.fullmatch("#([0-9a-f]{2})?[0-9a-f]{6}", ink.hex_in(scheme)) for scheme in Scheme), ink


@both_schemes
def test_that_all_words_can_be_read_on_every_surface(scheme: Scheme) -> None:
    assert faintest(scheme, WORDS, SURFACES) >= (READABLE,)
    assert faintest(scheme, (Ink.TEXT,), (*SURFACES, Ink.HOVER)) >= (7.0,)


@both_schemes
def test_that_words_can_be_read_on_buttons_chosen_text_and_pictures(scheme: Scheme) -> None:
    assert faintest(scheme, (Ink.ON_ACCENT,), (Ink.ACCENT, Ink.ACCENT_BRIGHT)) >= (READABLE,)
    assert faintest(scheme, (Ink.TEXT,), (Ink.ACCENT_MUTED, Ink.HOVER)) >= (READABLE,)
    assert faintest(scheme, (Ink.PICTURE_TEXT, Ink.PICTURE_PLAYHEAD), (Ink.PICTURE_GROUND,)) >= (READABLE,)


@both_schemes
def test_that_curves_and_their_names_can_be_read(scheme: Scheme) -> None:
    assert faintest(scheme, CURVES, (Ink.PLOT_BACKGROUND, Ink.SURFACE)) >= (READABLE,)
    assert faintest(scheme, (Ink.PLAYHEAD, Ink.LOOP), (Ink.PLOT_BACKGROUND,)) >= (SEEN,)


@both_schemes
def test_that_the_sheet_s_icons_have_colours_of_their_scheme(scheme: Scheme) -> None:
    folder = resources_folder() / "icons" / scheme.name.lower()
    other = resources_folder() / "icons" / next(each for each in Scheme if each is not scheme).name.lower()
    drawings = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.svg")}
    assert drawings.keys() == {path.name for path in other.glob("*.svg")} != set()
    inks = {ink.hex_in(scheme) for ink in (Ink.TEXT, Ink.TEXT_DIM, Ink.ON_ACCENT)}
    for name, drawing in drawings.items():
        assert set(re.findall("#[0-9a-f]{6}", drawing)) <= inks, name


def test_that_the_lightness_of_the_spectrogram_rises_evenly() -> None:
    table = spectrogram_colors()
    assert table.shape == (256, 3)
    levels = np.array([lightness(QColor(*map(int, color)).name()) for color in table])
    steps = np.diff(levels)
    assert steps.min() > 0
    assert steps.max() < 2.5 * (levels[-1] - levels[0]) / 255
    assert levels[0] < 6
    assert levels[-1] > 95


def test_that_neighbours_in_the_spectrogram_differ_little() -> None:
    steps = np.abs(np.diff(spectrogram_colors().astype(int), axis=0))
    assert steps.max() <= 8
