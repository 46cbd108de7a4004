"""Machines in Google Cloud, in the window. Google is a control plane on loopback; jobs on the machine are scripted."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.hosts import HERE
from app.state.run_state import Phase
from app.views.look import style_sheet
from app.views.machine_dialog import MachineDialog
from ddsp_backend.machines.book import MachineBook
from tests.gui.conftest import CHILD, PATIENCE, add, close, is_over
from tests.remote.asking import creation, do
from tests.remote.control_plane import MACHINE, PROJECT, ControlPlane, error_body
from tests.remote.test_window import pick

OpenWindow = Callable[[str], TimbreStudio]


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set before the machine's sshd starts, whose jobs are scripted too."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(CHILD), str(CHILD.parents[2]))))
    monkeypatch.setattr("app.controllers.machines_controller.new_machine_name", lambda: MACHINE)


@pytest.fixture
def open_window(scripted: None, plane: ControlPlane, tmp_path: Path, qtbot: QtBot) -> Iterator[OpenWindow]:
    opened: list[TimbreStudio] = []

    def _open(library: str) -> TimbreStudio:
        studio = TimbreStudio(tmp_path / library, tmp_path / "settings.json")
        opened.append(studio)
        studio.window.setStyleSheet(style_sheet())
        studio.show()
        qtbot.waitUntil(lambda: not studio.studio.is_reading, timeout=PATIENCE)
        return studio

    yield _open
    for studio in opened:
        close(studio, qtbot)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    (tmp_path / "takes").mkdir()
    (tmp_path / "takes" / "one.wav").write_bytes(b"")
    return tmp_path / "takes"


def settled(studio: TimbreStudio, qtbot: QtBot) -> MachineDialog:
    """The dialog, once nothing is asked any more."""
    qtbot.waitUntil(studio.studio.queue.is_idle, timeout=PATIENCE)
    dialog = studio.machines_controller.dialog
    assert dialog is not None
    return dialog


def button(dialog: MachineDialog, text: str) -> QPushButton:
    (found,) = [each for each in dialog.findChildren(QPushButton) if each.accessibleName() == f"{text}: {MACHINE}"]
    return found


@pytest.mark.slow
def test_that_a_machine_is_made_for_a_shown_cost_trains_and_is_gone_afterwards(
    scripted: None,
    plane: ControlPlane,
    virtual_machine: MachineBook,
    open_window: OpenWindow,
    recordings: Path,
    qtbot: QtBot,
) -> None:
    studio = open_window("library")
    add(studio, recordings, qtbot)
    pick(studio.data_page.place, "A machine in Google Cloud")
    dialog = settled(studio, qtbot)
    form = dialog.form
    assert form.project.text() == PROJECT
    assert not form.create_button.isEnabled()
    form.price.setValue(1.2)
    form.limit_hours.setValue(3.5)
    assert "3.5 h x 1.2 = 4.20" in form.cost.text()
    assert form.create_button.text() == "Create for at most 4.20"
    assert not plane.asked("POST", "/instances")
    form.create_button.click()
    qtbot.waitUntil(lambda: studio.data_page.place.currentText() == f"On {MACHINE}", timeout=PATIENCE)
    assert "is ready" in settled(studio, qtbot).message.text()
    assert button(dialog, "Train there").isEnabled()
    (body,) = plane.asked("POST", "/instances")
    assert body["scheduling"]["maxRunDuration"] == {"seconds": "12600"}
    dialog.reject()

    studio.data_page.train_button.click()
    qtbot.waitUntil(lambda: is_over(studio), timeout=PATIENCE)
    session = studio.studio.session
    assert session is not None
    assert session.run.phase is Phase.FINISHED
    qtbot.waitUntil(lambda: session.instrument.host == HERE, timeout=PATIENCE)
    qtbot.waitUntil(studio.studio.queue.is_idle, timeout=PATIENCE)
    assert not plane.machines
    assert studio.studio.window_state().notice is None
    assert studio.data_page.place.findText(f"On {MACHINE}") == -1


def test_that_a_machine_that_still_runs_is_said_at_the_start_and_deleted_by_a_button(
    scripted: None, plane: ControlPlane, virtual_machine: MachineBook, open_window: OpenWindow, qtbot: QtBot
) -> None:
    virtual_machine.hosts.folder.joinpath("machines", "projects.json").write_text(f'["{PROJECT}"]')
    plane.add(MACHINE, labels={"timbre-studio": MACHINE}, hours=3.0)
    studio = open_window("library")
    qtbot.waitUntil(lambda: studio.window.notice.isVisible(), timeout=PATIENCE)
    assert "still running, and costs money" in studio.window.notice.title.text()
    assert "deletes itself in" in studio.window.notice.hint.text()
    studio.window.notice.action_button.click()
    dialog = settled(studio, qtbot)
    assert not studio.window.notice.isVisible()
    assert not [each for each in dialog.findChildren(QPushButton) if each.text() == "Train there"]  # no key for it here
    button(dialog, "Delete").click()
    qtbot.waitUntil(lambda: not plane.machines, timeout=PATIENCE)
    assert settled(studio, qtbot).none.text() == "None"


@pytest.mark.slow
def test_that_an_own_machine_that_still_runs_is_joined_by_a_button_at_the_start_and_trained_on(
    scripted: None,
    plane: ControlPlane,
    virtual_machine: MachineBook,
    open_window: OpenWindow,
    recordings: Path,
    qtbot: QtBot,
) -> None:
    do(creation(virtual_machine))  # in a window before this one, which was closed
    studio = open_window("library")
    qtbot.waitUntil(lambda: studio.window.notice.isVisible(), timeout=PATIENCE)
    assert "still running, and costs money" in studio.window.notice.title.text()
    add(studio, recordings, qtbot)
    assert studio.data_page.place.currentText() != f"On {MACHINE}"
    studio.window.notice.action_button.click()
    dialog = settled(studio, qtbot)
    button(dialog, "Train there").click()
    qtbot.waitUntil(lambda: studio.data_page.place.currentText() == f"On {MACHINE}", timeout=PATIENCE)
    assert "is ready" in settled(studio, qtbot).message.text()
    assert plane.machines.keys() == {MACHINE}
    assert len(plane.asked("POST", "/instances")) == 1
    dialog.reject()

    studio.data_page.train_button.click()
    qtbot.waitUntil(lambda: is_over(studio), timeout=PATIENCE)
    session = studio.studio.session
    assert session is not None
    assert session.run.phase is Phase.FINISHED
    qtbot.waitUntil(lambda: not plane.machines, timeout=PATIENCE)
    qtbot.waitUntil(studio.studio.queue.is_idle, timeout=PATIENCE)


def test_that_google_is_not_asked_at_the_start_where_no_machine_was_ever_made(
    plane: ControlPlane, open_window: OpenWindow, qtbot: QtBot
) -> None:
    studio = open_window("library")
    qtbot.waitUntil(studio.studio.queue.is_idle, timeout=PATIENCE)
    assert not plane.log
    assert studio.studio.window_state().notice is None


def test_that_a_refusal_is_shown_with_its_cure(
    scripted: None, plane: ControlPlane, virtual_machine: MachineBook, open_window: OpenWindow, qtbot: QtBot
) -> None:
    plane.refusals["POST", "/instances"] = (403, error_body(403, "Quota exceeded", "quotaExceeded"))
    studio = open_window("library")
    studio.data_page.place.create_requested.emit()
    form = settled(studio, qtbot).form
    form.price.setValue(1.2)
    form.create_button.click()
    dialog = settled(studio, qtbot)
    qtbot.waitUntil(lambda: "The quota of the project" in dialog.message.text(), timeout=PATIENCE)
    assert "quotas" in dialog.hint.text()
    assert form.create_button.isEnabled()
