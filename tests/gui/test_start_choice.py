"""What a new model starts from is chosen beside Train."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.state.instrument import create
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.spec import TrainSpec
from tests.gui.conftest import PATIENCE, OpenWindow, add, is_over


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Two instruments that are trained, and the newest, which is shown."""
    folder = tmp_path / "library"
    for name, preset in (("Solo", "presets/solo_instrument.gin"), ("Cello", "presets/vst.gin")):
        trained = create(folder, name, preset=preset)
        trained.model_path.mkdir()
        (trained.model_path / "ckpt-30.index").touch()
    create(folder, "Mine", preset="presets/vst.gin")
    return folder


def test_that_a_new_model_starts_from_the_instrument_that_was_chosen_with_the_keyboard(
    library: Path, open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window(library.name)
    add(studio, recordings, qtbot)
    box = studio.data_page.start
    titles = [box.itemText(place) for place in range(box.count())]
    assert titles[:2] == ["Start from the built-in model", "Start from nothing"]
    assert "Start from Cello" in titles
    assert "Start from Solo: Solo has another kind of model" in titles
    assert box.currentText() == "Start from the built-in model"
    box.setFocus()
    for _ in range(box.count()):
        qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() != "Start from Solo: Solo has another kind of model"  # which cannot be chosen
    while box.currentText() != "Start from Cello":
        qtbot.keyClick(box, Qt.Key.Key_Up)
    session = studio.studio.session
    assert session is not None
    assert session.instrument.start_from == str(library / "Cello")
    studio.data_page.train_button.click()
    qtbot.waitUntil(lambda: is_over(studio), timeout=PATIENCE)
    specs = [folder.read_spec() for folder in session.instrument.job_folders() if folder.kind() is JobKind.TRAIN]
    assert all(isinstance(spec, TrainSpec) for spec in specs)
    assert specs
    assert f"train.start_from = {str(library / 'Cello' / 'model')!r}" in specs[0].gin_params  # type: ignore[union-attr]
    assert not box.isVisibleTo(studio.data_page)  # a model that has begun starts from itself
