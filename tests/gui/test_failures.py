"""What goes wrong is said in the window, with a cure, and can be gone on from."""

import json
from dataclasses import replace
from pathlib import Path

import psutil
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.run_state import Phase
from app.state.window import Page
from ddsp_backend.errors import OWN_FAULT
from tests.gui.conftest import PATIENCE, OpenWindow, add, is_over, train


def steps_of(studio: TimbreStudio) -> int:
    session = studio.studio.session
    return session.run.step.step if session is not None and session.run.step is not None else 0


def kill_the_job(studio: TimbreStudio) -> None:
    session = studio.studio.session
    assert session is not None
    folder = session.instrument.job_folders()[-1].path
    psutil.Process(json.loads((folder / "pid").read_text())["pid"]).kill()


def test_that_a_killed_job_shows_failed_and_resumes_from_its_checkpoint(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("endless library")
    train(studio, recordings, qtbot)
    qtbot.waitUntil(lambda: steps_of(studio) > 25, timeout=PATIENCE)
    kill_the_job(studio)
    qtbot.waitUntil(lambda: is_over(studio), timeout=PATIENCE)
    session = studio.studio.session
    assert session is not None
    assert session.run.phase is Phase.FAILED
    notice = studio.window.notice
    assert notice.isVisible()
    assert "SIGKILL" in notice.title.text()
    page = studio.training_page
    # The page itself goes on, with its goal; the other pages have the notice for it. Never both, and one word.
    for shown in Page:
        studio.studio.show_page(shown)
        is_here = shown is Page.TRAINING
        qtbot.waitUntil(lambda is_here=is_here: page.go_on_button.isVisible() is is_here, timeout=PATIENCE)
        assert notice.action_button.isVisible() is not is_here
        assert (page.go_on_button if is_here else notice.action_button).text() == "Resume"
    died_at = steps_of(studio)

    notice.action_button.click()
    qtbot.waitUntil(lambda: steps_of(studio) > died_at, timeout=PATIENCE)
    steps = session.run.losses["total_loss"].steps
    assert list(steps) == list(range(1, len(steps) + 1))
    assert notice.title.text() == "Training goes slowly on this machine"


def test_that_a_fault_hides_its_report_behind_details_and_copies_it(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("broken library")
    train(studio, recordings, qtbot)
    qtbot.waitUntil(lambda: is_over(studio), timeout=PATIENCE)
    notice = studio.window.notice
    assert notice.title.text() == "RuntimeError: a matrix is too large"
    assert not notice.report.isVisible()
    notice.details_button.click()
    assert notice.report.isVisible()
    assert "Traceback" in notice.report.toPlainText()
    notice.copy_button.click()
    assert "Traceback" in QGuiApplication.clipboard().text()
    assert "a matrix is too large" in QGuiApplication.clipboard().text()
    studio.studio.dismiss_notice()
    assert not notice.isVisible() or notice.title.text() != "RuntimeError: a matrix is too large"


def test_that_a_folder_without_recordings_is_named_and_leaves_no_instrument_behind(
    open_window: OpenWindow, recordings: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    studio = open_window("library")
    (tmp_path / "empty").mkdir()
    studio.window.dropped.emit((str(tmp_path / "empty"),))
    notice = studio.window.notice
    qtbot.waitUntil(notice.isVisible, timeout=PATIENCE)
    assert notice.title.text() == f"There is no recording in this folder: {tmp_path / 'empty'}"
    assert not studio.data_page.train_button.isEnabled()
    assert studio.studio.window_state().entries == ()
    assert not list((tmp_path / "library").glob("*/project.json"))
    add(studio, recordings, qtbot)
    (entry,) = studio.studio.window_state().entries
    assert entry.name == recordings.name
    assert studio.studio.window_state().notice is None


def test_that_an_instrument_with_recordings_outlives_an_empty_folder_and_its_own_moved_one(
    open_window: OpenWindow, recordings: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    studio = open_window("library")
    add(studio, recordings, qtbot)
    session = studio.studio.session
    assert session is not None
    recordings.rename(tmp_path / "elsewhere")
    (tmp_path / "empty").mkdir()
    studio.window.dropped.emit((str(tmp_path / "empty"),))
    qtbot.waitUntil(lambda: session.intake.failure is not None and not session.is_looking, timeout=PATIENCE)
    assert studio.studio.session is session
    assert session.instrument.path.is_dir()


def test_that_a_folder_that_is_gone_is_noted_beside_the_recordings_of_another(
    open_window: OpenWindow, recordings: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    studio = open_window("library")
    studio.window.dropped.emit((str(recordings), str(tmp_path / "gone")))
    notice = studio.window.notice
    qtbot.waitUntil(notice.isVisible, timeout=PATIENCE)
    assert notice.title.text() == f"There is no such file or folder: {tmp_path / 'gone'}"
    session = studio.studio.session
    assert session is not None
    qtbot.waitUntil(lambda: len(session.intake.files) == 3, timeout=PATIENCE)


def test_that_a_library_that_cannot_be_written_is_a_sentence(
    open_window: OpenWindow, recordings: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "library").write_text("a file is in the way")
    studio = open_window("library")
    studio.window.dropped.emit((str(recordings),))
    qtbot.waitUntil(lambda: studio.window.notice.isVisible(), timeout=PATIENCE)
    assert "cannot be written" in studio.window.notice.title.text()


def test_that_a_missing_interpreter_ends_in_a_sentence(open_window: OpenWindow, recordings: Path, qtbot: QtBot) -> None:
    studio = open_window("library")
    add(studio, recordings, qtbot)
    session = studio.studio.session
    assert session is not None
    session._program = ("/no/such/python",)
    studio.data_page.train_button.click()
    qtbot.waitUntil(lambda: is_over(studio), timeout=PATIENCE)
    assert "could not be started" in studio.window.notice.title.text()


def test_that_a_worker_that_dies_while_looking_is_said_and_looking_again_works(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("library")
    add(studio, recordings, qtbot)
    pid = studio.studio.look_worker.pid()
    assert pid is not None
    psutil.Process(pid).kill()
    qtbot.waitUntil(lambda: studio.studio.look_worker.pid() is None, timeout=PATIENCE)
    studio.data_page.recordings.again_action.trigger()
    session = studio.studio.session
    assert session is not None
    qtbot.waitUntil(lambda: not session.is_looking, timeout=PATIENCE)
    assert len(session.intake.files) == 3


def test_that_a_damaged_project_is_listed_and_harms_no_other(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    for name, text in (("good", '{"name": "Good"}'), ("bad", "{")):
        (tmp_path / "library" / name).mkdir(parents=True)
        (tmp_path / "library" / name / "project.json").write_text(text)
    studio = open_window("library")
    names = [entry.name for entry in studio.studio.window_state().entries]
    assert sorted(names) == ["Good", "bad"]


def test_that_nonsense_in_the_settings_does_not_block_the_start(open_window: OpenWindow, tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"geometry": 5, "page": 77, "instrument": "/gone", "unheard": []}')
    studio = open_window("library")
    assert studio.studio.page is Page.DATA


def test_that_values_which_the_window_itself_chose_are_a_fault_of_the_program_with_a_report(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("library")
    add(studio, recordings, qtbot)
    session = studio.studio.session
    assert session is not None
    session.presets = tuple(replace(preset, sample_rate=44100, frame_rate=16) for preset in session.presets)
    studio.data_page.train_button.click()
    notice = studio.window.notice
    assert notice.title.text() == "frame_rate=16 cannot be used"
    assert OWN_FAULT in notice.hint.text()
    notice.details_button.click()
    assert "in prepare_spec" in notice.report.toPlainText()
    notice.copy_button.click()
    assert "in prepare_spec" in QGuiApplication.clipboard().text()
