"""Recordings of the user's own through the model: variants, changes of the settings, folders, failures."""

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.window import Page
from app.views.listening_page import ListeningPage
from tests import recordings
from tests.gui.conftest import PATIENCE
from tests.gui.dropping import drop


@pytest.fixture
def page(trained: TimbreStudio) -> ListeningPage:
    trained.studio.show_page(Page.LISTENING)
    return trained.listening_page


def take(folder: Path, name: str) -> str:
    return str(recordings.write(folder / name, recordings.melody(1)))


def variants(page: ListeningPage) -> list[str]:
    return [row.title for row in page.state.rows if row.is_variant]


def wait_until_played(page: ListeningPage, title: str, qtbot: QtBot) -> None:
    def is_heard() -> bool:
        row = next((row for row in page.state.rows if row.key and row.key == page.state.selected), None)
        return row is not None and row.title == title and page.state.making is None and page.state.pictures is not None

    qtbot.waitUntil(is_heard, timeout=PATIENCE)


def test_that_a_moved_control_plays_again_what_is_on_the_screen_and_lists_it_under_the_recording(
    page: ListeningPage, tmp_path: Path, qtbot: QtBot
) -> None:
    drop(page, take(tmp_path, "take.wav"))
    wait_until_played(page, "As it was recorded", qtbot)
    page.render_box.octave_up.click()
    page.render_box.fit.click()
    wait_until_played(page, "1 octave up, fitted", qtbot)
    assert variants(page) == ["1 octave up, fitted", "As it was recorded"]
    assert [row.title for row in page.state.rows if row.is_recording] == ["take.wav"]
    assert "fitted 1 octave up" in page.detail.text()
    page.render_box.reset_button.click()  # what was made already is not made twice
    wait_until_played(page, "As it was recorded", qtbot)
    assert len(variants(page)) == 2


def test_that_settings_are_kept_in_the_instruments_folder(
    page: ListeningPage, trained: TimbreStudio, tmp_path: Path
) -> None:
    page.render_box.autotune.setValue(40)
    session = trained.studio.session
    assert session is not None
    kept = json.loads((session.instrument.renders_path / "options.json").read_text())
    assert kept["autotune"] == 0.4
    trained.studio.begin_new()
    trained.studio.select(str(session.instrument.path))
    assert page.render_box.options().autotune == 0.4


def test_that_the_first_seconds_are_heard_while_the_rest_is_made(
    page: ListeningPage, tmp_path: Path, qtbot: QtBot
) -> None:
    drop(page, take(tmp_path, "slow take.wav"))
    qtbot.waitUntil(lambda: page.state.pictures is not None and page.making.isVisible(), timeout=PATIENCE)
    assert "first seconds" in page.detail.text()
    qtbot.waitUntil(lambda: page.making.stage.text() == "Finding the pitch", timeout=PATIENCE)
    assert page.making.line.fraction == 0.25
    assert page.making.detail.text() == "15 s left"
    page.making.stop_button.click()
    qtbot.waitUntil(lambda: not page.making.isVisible(), timeout=PATIENCE)
    assert page.detail.text().startswith("Stopped")


def test_that_a_folder_is_played_whatever_one_of_its_files_is_like_and_results_can_be_removed(
    page: ListeningPage, trained: TimbreStudio, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "takes"
    for name in ("one.wav", "deep/two.wav", "sour.wav"):
        take(folder, name)
    drop(page, str(folder))
    qtbot.waitUntil(lambda: len(variants(page)) == 3, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not any(row.can_stop for row in page.state.rows), timeout=PATIENCE)
    failed = [row for row in page.state.rows if row.is_variant and not row.file]
    assert [row.detail for row in failed] == ["This is no audio file"]
    session = trained.studio.session
    assert session is not None
    renders = session.instrument.renders_path
    assert len(list(renders.glob("*.wav"))) == 2
    for row in [row for row in page.state.rows if row.is_variant]:
        page.remove_requested.emit(row.key)
    assert variants(page) == []
    assert [path.name for path in renders.rglob("*") if path.is_file()] == []
    assert Path(take(folder, "one.wav")).exists()


def test_that_an_empty_folder_is_a_sentence(page: ListeningPage, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "nothing").mkdir()
    drop(page, str(tmp_path / "nothing"))
    qtbot.waitUntil(lambda: "no recording" in page.notice.title.text(), timeout=PATIENCE)
