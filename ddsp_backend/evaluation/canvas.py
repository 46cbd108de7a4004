"""Curves and images drawn into small pictures. H = rows, W = columns, C = red, green, blue from 0 to 255.

A panel has numbers at the ends of its axes and nothing else: what its colours mean is said beside the picture.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import FloatArray

Picture: TypeAlias = npt.NDArray[np.uint8]  # [H, W, C]
Color: TypeAlias = tuple[int, int, int]

BLUE, ORANGE, RED = (31, 119, 180), (255, 127, 14), (214, 39, 40)
WIDTH, HEIGHT = 560, 160  # of what is drawn in, within its axes
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 8, 10, 20  # rows and columns around it
_PAPER, _INK, _FRAME = (255, 255, 255), (60, 60, 60), (190, 190, 190)
_LINE = 2  # rows that a curve is thick

_SCALE = 2  # pixels of a dot of a digit
_DIGITS = {  # five rows of three dots, from the top
    "0": (7, 5, 5, 5, 7),
    "1": (2, 6, 2, 2, 7),
    "2": (7, 1, 7, 4, 7),
    "3": (7, 1, 7, 1, 7),
    "4": (5, 5, 7, 1, 1),
    "5": (7, 4, 7, 1, 7),
    "6": (7, 4, 7, 5, 7),
    "7": (7, 1, 1, 2, 2),
    "8": (7, 5, 7, 5, 7),
    "9": (7, 5, 7, 1, 7),
    "-": (0, 0, 7, 0, 0),
    ".": (0, 0, 0, 0, 2),
}


def curve_panel(
    curves: Sequence[tuple[FloatArray, Color]], seconds: float, y_range: tuple[float, float] | None = None
) -> Picture:
    """Curves over time, the later ones on top; each has values of its own number, at even distances.

    Where a value is not a number the curve has a gap. `y_range` is what all of them need, if it is not given.
    """
    low, high = y_range or span([values for values, _ in curves])
    inside = _filled(HEIGHT, WIDTH)
    for values, color in curves:
        _draw_curve(inside, (np.asarray(values, np.float64) - low) / (high - low), color)
    return _with_axes(inside, seconds, low, high)


def image_panel(colors_YXC: npt.NDArray[np.uint8], seconds: float, low: float, high: float) -> Picture:
    """An image stretched over the panel, its first row at the bottom, where `low` stands."""
    rows = np.arange(HEIGHT)[::-1] * len(colors_YXC) // HEIGHT
    columns = np.arange(WIDTH) * colors_YXC.shape[1] // WIDTH
    return _with_axes(colors_YXC[rows[:, None], columns], seconds, low, high)


def stacked(panels: Sequence[Picture]) -> Picture:
    """One above the other."""
    return np.concatenate(panels, axis=0)


def span(curves: Sequence[FloatArray]) -> tuple[float, float]:
    """The least and the greatest value of all curves, a little apart even if there is but one."""
    values = np.concatenate([np.ravel(curve) for curve in curves])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    margin = max(0.05 * (high - low), 1e-3 * max(1.0, abs(high)))
    return low - margin, high + margin


def _draw_curve(inside: Picture, heights: FloatArray, color: Color) -> None:
    """`heights` from 0 at the bottom to 1 at the top. In every column, all rows that the curve passes through."""
    height, width = inside.shape[:2]
    n_points = max(len(heights), 4 * width)
    points = np.interp(np.linspace(0, len(heights) - 1, n_points), np.arange(len(heights)), heights)
    column = np.arange(n_points) * width // n_points
    row = np.clip((1 - points) * (height - _LINE), -height, 2 * height)
    top, bottom = np.full(width, np.inf), np.full(width, -np.inf)
    for at in (column[1:], column[:-1]):  # each stretch between two points, in the columns of both
        np.fmin.at(top, at, np.minimum(row[1:], row[:-1]))
        np.fmax.at(bottom, at, np.maximum(row[1:], row[:-1]))
    rows = np.arange(height)[:, None]
    inside[(rows >= np.floor(top)) & (rows < np.floor(bottom) + _LINE)] = color


def _with_axes(inside: Picture, seconds: float, low: float, high: float) -> Picture:
    height, width = inside.shape[:2]
    picture = _filled(_TOP + height + _BOTTOM, _LEFT + width + _RIGHT)
    picture[_TOP - 1 : _TOP + height + 1, _LEFT - 1 : _LEFT + width + 1] = _FRAME
    picture[_TOP : _TOP + height, _LEFT : _LEFT + width] = inside
    decimals = int(np.clip(2 - np.floor(np.log10(max(high - low, 1e-9))), 0, 3))
    for value, row in ((high, _TOP), (low, _TOP + height - 5 * _SCALE)):
        text = _number(value, decimals)
        _write(picture, text, row, _LEFT - 6 - 4 * _SCALE * len(text))
    below = _TOP + height + 6
    end = _number(seconds, 2)
    _write(picture, "0", below, _LEFT)
    _write(picture, end, below, _LEFT + width - 4 * _SCALE * len(end))
    return picture


def _number(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _write(picture: Picture, text: str, row: int, column: int) -> None:
    for i, character in enumerate(text):
        dots = np.array([[bits >> shift & 1 for shift in (2, 1, 0)] for bits in _DIGITS[character]], np.bool_)
        left = max(0, column) + 4 * _SCALE * i
        place = picture[row : row + 5 * _SCALE, left : left + 3 * _SCALE]
        place[dots.repeat(_SCALE, 0).repeat(_SCALE, 1)[: place.shape[0], : place.shape[1]]] = _INK


def _filled(height: int, width: int) -> Picture:
    return np.full([height, width, 3], _PAPER, np.uint8)
