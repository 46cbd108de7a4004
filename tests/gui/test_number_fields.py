"""Numbers are typed and read the same in every language: a price of 1.2 is never 12."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox
from pytestqt.qtbot import QtBot

from app.views.goal_box import GoalBox
from app.views.machine_form import MachineForm
from app.views.render_box import RenderBox


@pytest.fixture(params=["C", "en_US", "de_DE", "tr_TR", "de_CH", "fr_FR"], autouse=True)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """Of the system, as Qt knows it."""
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield request.param
    QLocale.setDefault(before)


def type_into(field: QAbstractSpinBox, text: str) -> None:
    field.selectAll()
    QTest.keyClicks(field, text)
    field.interpretText()


@pytest.mark.parametrize("typed", ["1.2", "1,2", "1.20", "1,20"])
def test_that_a_price_is_read_with_a_point_or_a_comma(qtbot: QtBot, typed: str) -> None:
    form = MachineForm()
    qtbot.addWidget(form)
    type_into(form.price, typed)
    assert form.price.value() == 1.2
    assert form.price.text() == "1.20 an hour"
    assert form.choices().price_per_hour == 1.2
    assert "1.2 = 4.80" in form.cost.text()


@pytest.mark.parametrize("typed", ["-3.5", "-3,5"])
def test_that_a_pitch_shift_is_read_with_a_point_or_a_comma(qtbot: QtBot, typed: str) -> None:
    box = RenderBox()
    qtbot.addWidget(box)
    type_into(box.pitch_shift, typed)
    assert box.options().pitch_shift == -3.5
    assert box.pitch_shift.text() == "-3.5 st"


@pytest.mark.parametrize("typed", ["12000", "12,000"])
def test_that_steps_are_grouped_as_everywhere_in_the_window(qtbot: QtBot, typed: str) -> None:
    box = GoalBox()
    qtbot.addWidget(box)
    type_into(box.steps, typed)
    assert (box.steps.value(), box.steps.text()) == (12000, "12,000")
