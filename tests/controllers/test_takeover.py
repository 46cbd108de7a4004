"""A window takes over a library: never beside another window, and only when the caretaker has left."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.controllers.takeover import Takeover
from app.occupancy import Occupancy, Role

PATIENCE = 30_000  # ms


def test_that_a_library_that_nobody_has_is_taken_at_once(tmp_path: Path, qtbot: QtBot) -> None:
    takeover = Takeover()
    with qtbot.waitSignal(takeover.taken, timeout=PATIENCE):
        takeover.take(tmp_path)
    assert takeover.is_taken
    assert Occupancy(tmp_path, Role.CARETAKER).is_taken()  # no caretaker begins beside it
    takeover.give_up()
    assert not takeover.is_taken
    assert not Occupancy(tmp_path, Role.CARETAKER).is_taken()
    assert not Occupancy(tmp_path, Role.WINDOW).is_taken()


def test_that_a_second_window_is_refused(tmp_path: Path, qtbot: QtBot) -> None:
    other = Occupancy(tmp_path, Role.WINDOW)
    assert other.take()
    takeover = Takeover()
    refusals: list[None] = []
    takeover.refused.connect(lambda: refusals.append(None))
    takeover.take(tmp_path)
    assert len(refusals) == 1
    assert not takeover.is_taken
    other.give_up()


def test_that_a_caretaker_is_waited_for(tmp_path: Path, qtbot: QtBot) -> None:
    caretaker = Occupancy(tmp_path, Role.CARETAKER)
    assert caretaker.take()
    takeover = Takeover()
    takeover.take(tmp_path)
    assert not takeover.is_taken
    assert Occupancy(tmp_path, Role.WINDOW).is_taken()  # which is how the caretaker learns of it
    with qtbot.waitSignal(takeover.taken, timeout=PATIENCE):
        caretaker.give_up()
    takeover.give_up()


def test_that_a_library_made_later_is_held_from_then_on(tmp_path: Path, qtbot: QtBot) -> None:
    library = tmp_path / "later"
    takeover = Takeover()
    takeover.take(library)
    assert takeover.is_taken
    library.mkdir()
    takeover.hold()
    assert Occupancy(library, Role.WINDOW).is_taken()
    takeover.give_up()
