"""A model that somebody shared is dropped on the window, heard, and shared again, by real worker processes."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.listening_page import CLIP, SoundPart
from app.state.notices import Tone
from app.state.shared_file import OWN_WORDS
from app.state.window import Page
from ddsp_backend.jobs.spec import ShareSpec
from ddsp_backend.sharing.card import EXAMPLE
from tests.gui.conftest import OpenWindow
from tests.gui.dropping import Drag
from tests.inference.instruments import write_instrument
from tests.sharing.files import entries_of, finished

PATIENCE = 60_000  # ms; never waited for in full unless something is broken


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    model = write_instrument(folder / "model", "models/vst/vst.gin")
    path = folder / "Flute.timbre"
    words = {"name": "Flute <b>of</b> Ann", "licence": "CC BY 4.0", "maker": "Ann", "preset": "presets/vst.gin"}
    finished(ShareSpec(model_path=str(model), output_path=str(path), **words))
    return path


def wait_for_model(studio: TimbreStudio, qtbot: QtBot) -> None:
    def is_heard() -> bool:
        return studio.studio.session is not None and studio.listening_page.state.pictures is not None

    qtbot.waitUntil(is_heard, timeout=PATIENCE)


@pytest.mark.slow
def test_that_a_dropped_model_is_opened_heard_and_shared_again(
    open_window: OpenWindow, shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    studio = open_window("library")
    drag = Drag(str(shared))
    assert drag.enter(studio.window)
    assert studio.window.veil.title.text() == "Open the shared model"
    drag.drop(studio.window)
    wait_for_model(studio, qtbot)

    assert studio.studio.page is Page.LISTENING
    notice = studio.window.notice
    assert notice.title.text() == "Flute <b>of</b> Ann by Ann is in your library"
    assert notice.title.textFormat() is Qt.TextFormat.PlainText
    assert "CC BY 4.0" in notice.hint.text()
    state = studio.listening_page.state
    assert state.selected == CLIP + EXAMPLE
    assert [row.title for row in state.rows] == ["Came with the model", "Example"]
    assert [part.part for part in state.parts if part.is_available] == [SoundPart.RESYNTHESIZED]
    assert state.can_render
    assert state.unplayed == ()
    (entry,) = studio.studio.window_state().entries
    assert (entry.detail, entry.tone) == ("Came as a file", Tone.GOOD)
    studio.studio.show_page(Page.DATA)
    assert studio.data_page.large_zone.title.text() == "This model came without recordings"
    assert "By Ann.\nLicence: CC BY 4.0" in studio.data_page.large_zone.hint.text()

    studio.studio.show_page(Page.LISTENING)
    studio.listening_page.plugin_line.share_button.click()
    dialog = studio.listening_controller.sharing.dialog
    assert dialog is not None
    assert (dialog.licences.currentText(), dialog.maker.text()) == ("CC BY 4.0", "Ann")
    dialog.licences.setCurrentIndex(dialog.licences.findData(OWN_WORDS))
    assert not dialog.save_button.isEnabled()
    dialog.text.setPlainText("Play it at weddings.")
    dialog.save_button.click()
    (files,) = studio.listening_page.findChildren(QFileDialog)
    assert files.selectedFiles()[0].endswith("Flute b of b Ann.timbre")
    files.fileSelected.emit(str(tmp_path / "Again"))
    files.reject()
    assert not studio.listening_page.plugin_line.share_button.isEnabled()
    qtbot.waitUntil(lambda: studio.listening_page.state.notice is not None, timeout=PATIENCE)
    assert studio.listening_page.state.notice.title == "Ready to share: Again.timbre"
    before, after = entries_of(shared), entries_of(tmp_path / "Again.timbre")
    assert {name for name in before if before[name] != after[name]} == {"card.json"}
    assert b"Play it at weddings." in after["card.json"]


@pytest.mark.slow
def test_that_a_model_given_at_the_start_is_opened_and_a_broken_one_is_named(
    open_window: OpenWindow, shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    studio = TimbreStudio(tmp_path / "library", tmp_path / "settings.json")
    studio.show(models=(str(shared),))
    wait_for_model(studio, qtbot)
    assert studio.window.title.text() == "Flute <b>of</b> Ann"
    broken = tmp_path / "Broken.timbre"
    broken.write_bytes(shared.read_bytes()[:1000])
    studio.opening.open((str(broken),))
    qtbot.waitUntil(lambda: "Broken.timbre" in said(studio), timeout=PATIENCE)
    studio.window.close()
    qtbot.waitUntil(lambda: not studio.window.isVisible(), timeout=PATIENCE)
    studio.shut_down()


def test_that_the_menu_asks_for_a_model(open_window: OpenWindow, tmp_path: Path, qtbot: QtBot) -> None:
    studio = open_window("library")
    choose(studio, "Open a shared model ...")
    (files,) = studio.window.findChildren(QFileDialog)
    files.filesSelected.emit([str(tmp_path / "gone.timbre")])
    files.reject()
    qtbot.waitUntil(lambda: "gone.timbre: the file does not exist" in said(studio), timeout=PATIENCE)


def test_that_the_menu_lets_a_double_click_open_models(
    open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = open_window("library")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    choose(studio, "Open models with a double click")
    assert said(studio) == "A double click on a .timbre file now opens it here"
    assert (tmp_path / "data" / "applications" / "timbre-studio.desktop").is_file()


def choose(studio: TimbreStudio, text: str) -> None:
    """In the menu."""
    (action,) = (action for action in studio.window.sidebar.menu.actions() if action.text() == text)
    action.trigger()


def said(studio: TimbreStudio) -> str:
    return studio.window.notice.title.text()
