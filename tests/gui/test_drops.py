"""Recordings are taken wherever they are dropped, the veil says what will become of them, and nothing is ever moved."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.renders import RenderOptions
from app.state.window import DropKind, Page, drop_offer
from tests.gui.conftest import PATIENCE, OpenWindow, add
from tests.gui.dropping import Drag, drop
from tests.odd_names import odd_name


@pytest.mark.parametrize(
    ("page", "name", "is_trained", "kind", "title"),
    [
        (Page.DATA, None, False, DropKind.CREATE, "Make a new instrument"),
        (Page.LISTENING, None, False, DropKind.CREATE, "Make a new instrument"),
        (Page.DATA, "trombone", True, DropKind.ADD, "Add to trombone"),
        (Page.TRAINING, "trombone", True, DropKind.ADD, "Add to trombone"),
        (Page.LISTENING, "trombone", True, DropKind.PLAY, "Play through trombone"),
        (Page.LISTENING, "trombone", False, DropKind.ADD, "Add to trombone"),
    ],
)
def test_that_the_veil_says_what_the_page_makes_of_recordings(
    page: Page, name: str | None, is_trained: bool, kind: DropKind, title: str
) -> None:
    offer = drop_offer(page, name, is_trained=is_trained)
    assert (offer.kind, offer.title) == (kind, title)


@pytest.mark.parametrize("proposed", [Qt.DropAction.MoveAction, Qt.DropAction.CopyAction, Qt.DropAction.LinkAction])
def test_that_a_drop_is_answered_with_a_copy_whatever_was_proposed(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot, proposed: Qt.DropAction
) -> None:
    studio = open_window("library")
    assert drop(studio.window, str(recordings), proposed=proposed) is Qt.DropAction.CopyAction
    qtbot.waitUntil(lambda: studio.studio.session is not None, timeout=PATIENCE)
    assert studio.studio.session.instrument.inputs == (str(recordings),)


def test_that_recordings_may_be_dropped_on_anything_in_the_window(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("library")
    add(studio, recordings, qtbot)
    for page in Page:
        studio.studio.show_page(page)
        refused = [widget for widget in _seen(studio.window) if not Drag(str(recordings)).enter(widget)]
        assert refused == []
        assert studio.window.veil.isVisible()
        Drag().leave(studio.window)
        assert not studio.window.veil.isVisible()


def _seen(window: QWidget) -> list[QWidget]:
    """What Qt may name as the target: everything that can be seen and is no list of a box that is closed."""
    seen = [widget for widget in window.findChildren(QWidget) if widget.isVisible() and widget.window() is window]
    assert any(isinstance(widget, QLineEdit) for widget in seen)
    return seen


def test_that_what_is_dropped_on_another_page_is_added_and_seen(
    open_window: OpenWindow, recordings: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    studio = open_window("library")
    add(studio, recordings, qtbot)
    studio.studio.show_page(Page.TRAINING)
    more = [tmp_path / "three.wav", tmp_path / "more" / "four.wav"]
    for path in more:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    drop(studio.training_page, str(more[0]), str(more[1].parent))
    session = studio.studio.session
    assert studio.studio.page is Page.DATA
    qtbot.waitUntil(lambda: len(session.intake.files) == 5 and not session.is_looking, timeout=PATIENCE)
    assert session.instrument.inputs == (str(recordings), str(more[0]), str(more[1].parent))


def test_that_what_comes_while_an_instrument_is_being_read_is_not_lost(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("library")
    drop(studio.window, str(recordings / "one.wav"))
    assert studio.studio.session is None
    drop(studio.window, str(recordings / odd_name("two\nlines.wav")))
    qtbot.waitUntil(lambda: studio.studio.session is not None, timeout=PATIENCE)
    inputs = studio.studio.session.instrument.inputs
    assert inputs == (str(recordings / "one.wav"), str(recordings / odd_name("two\nlines.wav")))


def test_that_addresses_of_the_web_are_not_taken(open_window: OpenWindow) -> None:
    studio = open_window("library")
    drag = Drag()
    drag._data.setUrls(["https://example.org/one.wav"])
    assert not drag.enter(studio.window)
    assert not studio.window.veil.isVisible()


def test_that_recordings_dropped_on_the_listening_page_are_played_as_its_fields_say(
    trained: TimbreStudio, tmp_path: Path, qtbot: QtBot
) -> None:
    trained.studio.show_page(Page.LISTENING)
    page = trained.listening_page
    page.render_box.reverb.setChecked(False)
    page.render_box.pitch_shift.setValue(-12)
    paths = [tmp_path / "one 🎶.wav", tmp_path / "two.m4a"]
    assert drop(page.lanes, *map(str, paths), proposed=Qt.DropAction.MoveAction) is Qt.DropAction.CopyAction
    renders = trained.rendering.renders(trained.studio.session.instrument)
    options = RenderOptions(reverb=False, pitch_shift=-12.0)
    assert [(each.input_path, each.options) for each in renders[-2:]] == [(str(path), options) for path in paths]
