"""Closing asks when a job would be missed, and a window opened again finds what goes on."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.library import Badge, running_job
from app.state.run_state import Phase
from app.state.window import Page
from tests.gui.conftest import PATIENCE, OpenWindow, train


def run_endlessly(studio: TimbreStudio, recordings: Path, qtbot: QtBot) -> None:
    train(studio, recordings, qtbot)
    session = studio.studio.session
    assert session is not None
    qtbot.waitUntil(lambda: session.run.step is not None and session.run.step.step > 12, timeout=PATIENCE)


def answer(studio: TimbreStudio, text: str) -> None:
    button = studio.window_controller.question_button(text)
    assert button is not None
    button.click()


def test_that_an_idle_window_closes_at_once(open_window: OpenWindow) -> None:
    studio = open_window("library")
    studio.window.close()
    assert not studio.window.isVisible()
    studio.shut_down()


def test_that_closing_during_a_job_asks_without_blocking(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("endless library")
    run_endlessly(studio, recordings, qtbot)
    studio.window.close()
    assert studio.window.isVisible()
    session = studio.studio.session
    assert session is not None
    step = session.run.step.step
    qtbot.waitUntil(lambda: session.run.step.step > step, timeout=PATIENCE)  # events go on behind the question
    answer(studio, "Cancel")
    qtbot.waitUntil(lambda: studio.window_controller.question_button("Cancel") is None, timeout=PATIENCE)
    assert studio.window.isVisible()
    assert session.run.phase is Phase.RUNNING


def test_that_stop_and_save_closes_after_the_checkpoint(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("endless library")
    run_endlessly(studio, recordings, qtbot)
    studio.window.close()
    answer(studio, "Stop and save")
    qtbot.waitUntil(lambda: not studio.window.isVisible(), timeout=PATIENCE)
    session = studio.studio.session
    assert session is not None
    assert session.run.phase is Phase.STOPPED
    assert session.run.checkpoints[-1].step == session.run.step.step
    studio.shut_down()


def test_that_a_job_left_in_the_background_is_found_and_followed_by_the_next_window(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    first = open_window("endless library")
    run_endlessly(first, recordings, qtbot)
    left = first.studio.session
    assert left is not None
    first.window.close()
    answer(first, "Keep running in the background")
    qtbot.waitUntil(lambda: not first.window.isVisible(), timeout=PATIENCE)
    first.shut_down()
    left_at = left.run.step.step
    job = running_job(left.instrument)
    assert job is not None

    second = open_window("endless library")
    session = second.studio.session
    assert session is not None
    assert second.studio.page is Page.TRAINING
    qtbot.waitUntil(lambda: session.run.step is not None and session.run.step.step > left_at + 5, timeout=PATIENCE)
    steps = session.run.losses["total_loss"].steps
    assert list(steps) == list(range(1, len(steps) + 1))
    assert second.studio.window_state().entries[0].is_running
    second.training_page.activity.stop_button.click()
    qtbot.waitUntil(lambda: session.run.phase is Phase.STOPPED, timeout=PATIENCE)


def test_that_an_opened_window_shows_the_runs_of_before(
    trained: TimbreStudio, open_window: OpenWindow, qtbot: QtBot
) -> None:
    trained.window.close()
    trained.shut_down()
    again = open_window("library")
    session = again.studio.session
    assert session is not None
    assert session.item().badge is Badge.TRAINED
    assert list(session.run.losses["total_loss"].steps) == list(range(1, 41))
    assert len(session.intake.files) == 3
    qtbot.waitUntil(lambda: again.training_page.go_on_button.text() == "Train further", timeout=PATIENCE)


def test_that_a_second_window_joins_a_running_job_instead_of_starting_another(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    first = open_window("endless library")
    second = open_window("endless library")
    run_endlessly(first, recordings, qtbot)
    path = first.studio.session.instrument.path
    second.studio.open()
    qtbot.waitUntil(lambda: second.studio.session is not None, timeout=PATIENCE)
    session = second.studio.session
    assert session is not None
    session.start()
    qtbot.waitUntil(lambda: session.run.step is not None, timeout=PATIENCE)
    assert [folder.name for folder in sorted((path / "jobs").iterdir())] == ["0001-prepare", "0002-train"]
    first.training_page.activity.stop_button.click()
    qtbot.waitUntil(lambda: session.run.phase is Phase.STOPPED, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not session.is_busy, timeout=PATIENCE)
