"""The window follows the system: light or dark, while it is open, and the size of the system's letters."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette

from app.plots.colors import Ink, Scheme, use_scheme, used_scheme
from app.views.look import palette, scheme_of, style_sheet

CHILD = Path(__file__).parent / "child" / "look_child.py"
SCHEMES = {"Light": Scheme.LIGHT, "Dark": Scheme.DARK}


def ask(*words: object) -> Any:
    """In a process of its own: a scheme is the whole application's."""
    environment = {**os.environ, "PYTHONPATH": str(CHILD.parents[3])}
    told = subprocess.run(
        [sys.executable, CHILD, *map(str, words)], env=environment, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


@pytest.fixture
def scheme_again() -> Iterator[None]:
    before = used_scheme()
    yield
    use_scheme(before)


def test_that_a_system_that_does_not_say_is_dark() -> None:
    assert scheme_of(Qt.ColorScheme.Unknown) is scheme_of(Qt.ColorScheme.Dark) is Scheme.DARK
    assert scheme_of(Qt.ColorScheme.Light) is Scheme.LIGHT


def test_that_an_open_window_follows_the_system_from_light_to_dark_and_back(tmp_path: Path) -> None:
    told = ask("schemes", tmp_path)
    assert [each["scheme"] for each in told] == ["Light", "Dark", "Light"]
    for each in told:
        scheme = SCHEMES[each["scheme"]]
        other = Scheme.DARK if scheme is Scheme.LIGHT else Scheme.LIGHT
        for seen, inks in (
            ("window", (Ink.BACKGROUND, Ink.SURFACE, Ink.LINE)),
            ("plot", (Ink.PLOT_BACKGROUND, Ink.LOSS_TOTAL)),
            ("icon", (Ink.ORIGINAL,)),
        ):
            for ink in inks:
                assert ink.hex_in(scheme) in each[seen], (each["scheme"], seen, ink)
                assert ink.hex_in(other) not in each[seen], (each["scheme"], seen, ink)
        assert each["palette"] == Ink.BACKGROUND.hex_in(scheme)


@pytest.mark.usefixtures("scheme_again")
@pytest.mark.parametrize("scheme", list(Scheme), ids=str)
def test_that_the_style_sheet_names_no_colour_of_its_own(scheme: Scheme) -> None:
    use_scheme(scheme)
    sheet = style_sheet()
    assert "@" not in sheet
    assert Ink.SURFACE.hex_in(scheme) in sheet
    assert palette(scheme).color(QPalette.ColorRole.Text) == QColor(Ink.TEXT.hex_in(scheme))


@pytest.mark.parametrize(("system", "used"), [(9, 13), (13, 13), (24, 24)])
def test_that_letters_are_as_large_as_those_of_the_system_but_never_tiny(
    tmp_path: Path, system: int, used: int
) -> None:
    told = ask("letters", tmp_path, system)
    assert told["font"] == used
    assert f"font-size: {used}px" in told["sheet"]
    assert told["26"] == 2 * used
