"""The window over real jobs: preparation, and training of a small model with TensorFlow, in their processes."""

import json
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.run_state import Phase
from app.state.window import Page
from tests.gui.conftest import close
from tests.recordings import melody, write

PATIENCE = 240_000  # ms; preparing and building a model takes some ten seconds on two cores

pytestmark = pytest.mark.slow


def open_window(folder: Path, qtbot: QtBot) -> TimbreStudio:
    studio = TimbreStudio(folder / "library", folder / "settings.json")
    studio.show()
    qtbot.waitUntil(lambda: not studio.studio.is_reading, timeout=PATIENCE)
    return studio


def train_until(studio: TimbreStudio, step: int, qtbot: QtBot) -> None:
    session = studio.studio.session
    assert session is not None
    qtbot.waitUntil(
        lambda: session.run.failure is not None or (session.run.step is not None and session.run.step.step >= step),
        timeout=PATIENCE,
    )
    assert session.run.failure is None, session.run.failure


def test_that_a_training_is_stopped_by_closing_resumed_killed_and_resumed(tmp_path: Path, qtbot: QtBot) -> None:
    write(tmp_path / "melody" / "take.wav", melody(16))
    studio = open_window(tmp_path, qtbot)
    studio.window.dropped.emit((str(tmp_path / "melody"),))
    qtbot.waitUntil(lambda: studio.data_page.train_button.isEnabled(), timeout=PATIENCE)
    session = studio.studio.session
    assert session is not None
    session.choose_preset("presets/demo.gin")
    session.choose_pitch("fast")
    studio.data_page.train_button.click()
    train_until(studio, 3, qtbot)
    assert studio.studio.page is Page.TRAINING

    # Closing asks, stops, and ends with a checkpoint of the step that was reached.
    close(studio, qtbot)
    assert session.run.phase is Phase.STOPPED
    reached = session.run.step.step
    assert (session.instrument.model_path / f"ckpt-{reached}.index").exists()

    # The next window goes on there.
    studio = open_window(tmp_path, qtbot)
    session = studio.studio.session
    assert session is not None
    assert session.run.step.step == reached
    qtbot.waitUntil(lambda: studio.training_page.go_on_button.text() == "Resume", timeout=PATIENCE)
    studio.training_page.go_on_button.click()
    train_until(studio, reached + 3, qtbot)
    steps = session.run.losses["total_loss"].steps
    assert list(steps) == list(range(1, len(steps) + 1))

    # A process that is killed is told of, and its work goes on from the checkpoint before.
    folder = session.instrument.job_folders()[-1].path
    psutil.Process(json.loads((folder / "pid").read_text())["pid"]).kill()
    qtbot.waitUntil(lambda: session.run.phase is Phase.FAILED, timeout=PATIENCE)
    qtbot.waitUntil(lambda: studio.training_page.go_on_button.isVisible(), timeout=PATIENCE)
    assert "SIGKILL" in studio.window.notice.title.text()
    studio.training_page.go_on_button.click()
    qtbot.waitUntil(lambda: session.run.phase is Phase.RUNNING, timeout=PATIENCE)
    train_until(studio, reached + 3, qtbot)
    steps = session.run.losses["total_loss"].steps
    assert list(steps) == list(range(1, len(steps) + 1))
    close(studio, qtbot)
    assert session.run.phase is Phase.STOPPED
