"""What the window remembers is on the disk a moment after it has changed."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.controllers.kept_settings import KeptSettings
from app.settings import load_settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def test_that_several_changes_are_written_together_without_being_asked(path: Path, qtbot: QtBot) -> None:
    kept = KeptSettings(path)
    kept.remember(last_folder="/takes")
    kept.remember(page=2)
    assert not path.exists()  # one of them alone would be half of the truth
    qtbot.waitUntil(path.exists, timeout=30_000)
    assert load_settings(path) == kept.now == KeptSettings(path).now
    assert (kept.now.last_folder, kept.now.page) == ("/takes", 2)


def test_that_what_has_not_changed_is_not_written(path: Path, qtbot: QtBot) -> None:
    kept = KeptSettings(path)
    kept.remember(page=kept.now.page)
    qtbot.wait(700)
    assert not path.exists()


def test_that_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "file").touch()
    kept = KeptSettings(tmp_path / "file" / "settings.json")
    kept.remember(page=2)
    kept.save()
    assert kept.now.page == 2
