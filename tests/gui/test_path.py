"""From dropped recordings to clips, in the window, through child processes."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.run_state import Phase
from app.state.window import Page
from tests.gui.conftest import PATIENCE, OpenWindow, add, is_over, train


def test_that_dropped_recordings_make_an_instrument_with_a_row_each(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("library")
    add(studio, recordings, qtbot)
    qtbot.waitUntil(lambda: not studio.studio.session.recordings.is_inspecting, timeout=PATIENCE)
    model = studio.data_page.recordings.table.model()
    rows = [[model.index(row, column).data() for column in range(3)] for row in range(model.rowCount())]
    assert rows == [
        ["notes.txt", "", "Cannot be read"],
        ["one.wav", "1:00", "Fine"],
        ["two lines.wav", "1:00", "Fine"],
    ]
    panel = studio.data_page.recordings
    assert panel.headline.text().startswith("2:00 of one voice, E2 to E4, ")
    assert panel.note.text() == "3 recordings, 1 cannot be used"
    assert studio.window.title.text() == recordings.name
    assert studio.data_page.train_button.isEnabled()


def test_that_train_prepares_trains_measures_and_samples_in_sequence(trained: TimbreStudio) -> None:
    session = trained.studio.session
    assert session is not None
    names = [folder.path.name for folder in session.instrument.job_folders()]
    assert names == ["0001-prepare", "0002-train", "0003-evaluate", "0004-sample"]
    assert session.run.phase is Phase.FINISHED
    assert list(session.run.losses["total_loss"].steps) == list(range(1, 41))
    assert trained.studio.page is Page.TRAINING


def test_that_what_was_measured_stands_in_figures_and_under_the_curve(trained: TimbreStudio) -> None:
    page = trained.training_page
    said = [widget.text() for widget in page.figures.findChildren(QLabel) if widget.isVisible()]
    assert said[said.index("Pitch off by") + 1] == "14.2"
    assert said[said.index("Loudness off in notes") + 1] == "2.3"
    assert page.advice.isVisible()
    assert page.advice.text().splitlines() == [
        "It was still improving when it ended: training it further is worthwhile.",
        "Loudness off by 2.3 dB in notes, 14 dB in silence, 3.1 dB in all, at step 40.",
    ]


def test_that_stop_ends_with_a_checkpoint_and_resume_goes_on_there(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("endless library")
    train(studio, recordings, qtbot)
    qtbot.waitUntil(lambda: studio.studio.session.run.step is not None, timeout=PATIENCE)
    studio.training_page.activity.stop_button.click()
    qtbot.waitUntil(lambda: is_over(studio), timeout=PATIENCE)
    run = studio.studio.session.run
    assert run.phase is Phase.STOPPED
    stopped_at = run.step.step
    assert run.checkpoints[-1].step == stopped_at

    studio.training_page.go_on_button.click()
    qtbot.waitUntil(lambda: studio.studio.session.run.step.step > stopped_at + 5, timeout=PATIENCE)
    steps = studio.studio.session.run.losses["total_loss"].steps
    assert list(steps) == list(range(1, len(steps) + 1))


def test_that_the_demo_goes_the_whole_way_without_a_click(open_window: OpenWindow, qtbot: QtBot) -> None:
    studio = open_window("library")
    studio.studio.run_demo()
    qtbot.waitUntil(lambda: is_over(studio), timeout=PATIENCE)
    session = studio.studio.session
    names = [folder.path.name[5:] for folder in session.instrument.job_folders()]
    assert names == ["generate", "prepare", "train", "evaluate", "sample"]
    assert session.run.phase is Phase.FINISHED
    assert session.instrument.preset == "presets/demo.gin"
    # It ends where there is something to hear: held-out phrases, and one that was played as a recording is.
    assert studio.studio.page is Page.LISTENING
    qtbot.waitUntil(lambda: bool(list(session.instrument.renders_path.glob("*.json"))), timeout=PATIENCE)
    model = studio.listening_page.sounds.model()
    titles = [model.index(row, 0).data(Qt.ItemDataRole.UserRole).title for row in range(model.rowCount())]
    assert titles[:4] == ["Unheard phrases", "take_08 at 0:12", "take_09 at 1:04", "Your recordings"]
    qtbot.waitUntil(lambda: studio.listening_controller.sounds.sound is not None, timeout=PATIENCE)
