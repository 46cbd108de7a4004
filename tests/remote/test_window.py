"""Training on another computer, in the window. The computer is this one, behind a real sshd; the jobs are scripted."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.hosts import Meeting
from app.state.library import Badge
from app.state.run_state import Phase
from app.views.look import style_sheet
from ddsp_backend.jobs.place import read_place
from ddsp_backend.remote.hosts import HostBook, fingerprint
from tests.gui.conftest import PATIENCE, add, close, is_over
from tests.remote.servers import Keys, OpenSsh, Wire, write_book
from tests.remote.test_ssh_config import Jump, behind

SCRIPTED = Path(__file__).resolve().parents[1] / "gui" / "child"


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(SCRIPTED), str(SCRIPTED.parents[2]))))


@pytest.fixture
def wire(scripted: None, openssh: OpenSsh) -> Iterator[Wire]:
    wire = Wire(openssh.port)
    yield wire
    wire.close()


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "takes"
    folder.mkdir()
    (folder / "one.wav").write_bytes(b"")
    return folder


OpenWindow = Callable[[str], TimbreStudio]


@pytest.fixture
def open_window(scripted: None, openssh: OpenSsh, tmp_path: Path, qtbot: QtBot) -> Iterator[OpenWindow]:
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


def known_host(tmp_path: Path, keys: Keys, port: int, **settings: object) -> HostBook:
    """In the book of a window whose settings lie in `tmp_path`."""
    book = write_book(tmp_path, keys, port, sys.executable, **settings)
    book.folder.rename(tmp_path / "hosts")
    return HostBook(tmp_path / "hosts")


def pick(box: QComboBox, text: str) -> None:
    index = next(index for index in range(box.count()) if box.itemText(index).startswith(text))
    box.setCurrentIndex(index)
    box.activated.emit(index)


def test_that_a_host_is_added_by_its_fingerprint_and_trains_like_this_computer(
    tmp_path: Path, keys: Keys, openssh: OpenSsh, open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    book = known_host(tmp_path, keys, openssh.port, pinned=False)
    studio = open_window("library")
    add(studio, recordings, qtbot)
    pick(studio.data_page.place, "Another computer")
    dialog = studio.hosts_controller.dialog
    assert dialog is not None
    assert not dialog.use_button.isEnabled()

    dialog.address.setText("$(reboot)")
    dialog.connect_button.click()
    assert "not a valid host address" in dialog.message.text()

    dialog.address.setText("box")
    dialog.connect_button.click()
    qtbot.waitUntil(dialog.accept_button.isVisible, timeout=PATIENCE)
    assert dialog.fingerprint.text() == fingerprint(keys.host_line)
    qtbot.waitUntil(lambda: studio.studio.queue.is_idle(), timeout=PATIENCE)
    dialog.accept_button.click()
    qtbot.waitUntil(lambda: studio.hosts_controller._state.phase is Meeting.MET, timeout=PATIENCE)
    assert "uses the processor" in dialog.message.text()
    assert book.pinned_key("box") == keys.host_line
    dialog.use_button.click()
    assert studio.data_page.place.currentText() == "On box"

    studio.data_page.train_button.click()
    qtbot.waitUntil(lambda: is_over(studio), timeout=PATIENCE)
    session = studio.studio.session
    assert session is not None
    assert session.run.phase is Phase.FINISHED
    assert list(session.run.losses["total_loss"].steps) == list(range(1, 41))
    places = {folder.path.name[5:]: read_place(folder.path) for folder in session.instrument.job_folders()}
    assert places["train"] is not None
    assert places["prepare"] is None
    clip = session.run.clips[40]["take_08 at 0:12"]
    assert Path(clip.output_audio).is_relative_to(session.instrument.path)
    assert Path(clip.output_audio).exists()


def test_that_the_key_of_a_jump_host_is_shown_before_that_of_the_host_behind_it(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    keys: Keys,
    openssh: OpenSsh,
    open_window: OpenWindow,
    recordings: Path,
    qtbot: QtBot,
) -> None:
    book = known_host(tmp_path, keys, openssh.port, pinned=False)
    jump = Jump(tmp_path / "jump")
    request.addfinalizer(jump.server.close)
    jump.know()
    behind(tmp_path / "ssh_config", "ProxyJump bastion", rest=jump.entry())
    studio = open_window("library")
    add(studio, recordings, qtbot)
    pick(studio.data_page.place, "Another computer")
    dialog = studio.hosts_controller.dialog
    assert dialog is not None
    dialog.address.setText("box")
    dialog.connect_button.click()
    for whose, key in (("bastion, on the way to box,", jump.keys.host_line), ("box", keys.host_line)):
        qtbot.waitUntil(lambda key=key: dialog.fingerprint.text() == fingerprint(key), timeout=PATIENCE)
        assert dialog.message.text() == f"{whose} is new here. The fingerprint of its key is"
        qtbot.waitUntil(lambda: studio.studio.queue.is_idle(), timeout=PATIENCE)
        dialog.accept_button.click()
    qtbot.waitUntil(lambda: studio.hosts_controller._state.phase is Meeting.MET, timeout=PATIENCE)
    assert (book.pinned_key("box"), book.pinned_key("box", "bastion")) == (keys.host_line, jump.keys.host_line)


@pytest.mark.slow
def test_that_several_hosts_are_ticked_and_train_together(
    tmp_path: Path, keys: Keys, openssh: OpenSsh, open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    book = known_host(tmp_path, keys, openssh.port)
    first = book.get("box")
    config = Path(first.ssh_config)
    config.write_text(config.read_text().replace("Host box", "Host box other"))
    book.put(replace(first, address="other", folder=str(tmp_path / "other")))
    book.pin("other", keys.host_line)
    studio = open_window("library")
    add(studio, recordings, qtbot)
    pick(studio.data_page.place, "Several computers")
    dialog = studio.hosts_controller.multi_host_dialog
    assert dialog is not None
    for row in range(2):
        assert not dialog.use_button.isEnabled()
        dialog.list.item(row).setCheckState(Qt.CheckState.Checked)
    dialog.use_button.click()
    assert studio.data_page.place.currentText() == "On box and other"

    studio.data_page.train_button.click()
    qtbot.waitUntil(lambda: is_over(studio), timeout=PATIENCE)
    session = studio.studio.session
    assert session is not None
    assert session.run.phase is Phase.FINISHED
    assert list(session.run.losses["total_loss"].steps) == list(range(1, 41))
    (place,) = [read_place(folder.path) for folder in session.instrument.job_folders() if "train" in folder.path.name]
    assert place is not None
    assert place.addresses == ("box", "other")
    assert not list((tmp_path / "other" / "runs").iterdir())


@pytest.mark.slow
def test_that_a_restarted_window_goes_on_with_a_run_whose_follower_died(
    tmp_path: Path, keys: Keys, wire: Wire, open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    known_host(tmp_path, keys, wire.port, folder=str(tmp_path / "calm and endless host"))
    first = open_window("endless library")
    add(first, recordings, qtbot)
    pick(first.data_page.place, "On box")
    first.data_page.train_button.click()
    session = first.studio.session
    qtbot.waitUntil(lambda: session.run.step is not None and session.run.step.step > 12, timeout=PATIENCE)
    first.studio.leave_everything()
    qtbot.waitUntil(first.studio.queue.is_idle, timeout=PATIENCE)
    (relay,) = [each for each in psutil.Process().children() if "run" in each.cmdline()]
    relay.kill()  # as when the computer is switched off
    relay.wait()
    first.window.allow_close()
    first.window.close()
    first.shut_down()

    second = open_window("endless library")
    session = second.studio.session
    assert session is not None
    at = session.run.step.step
    qtbot.waitUntil(lambda: session.run.step.step > at + 20, timeout=PATIENCE)
    assert session.item().badge is Badge.RUNNING
    second.training_page.activity.stop_button.click()
    qtbot.waitUntil(lambda: session.run.phase is Phase.STOPPED, timeout=PATIENCE)
    steps = session.run.losses["total_loss"].steps
    assert list(steps) == list(range(1, len(steps) + 1))
    qtbot.waitUntil(lambda: not session.is_busy, timeout=PATIENCE)


@pytest.mark.slow
def test_that_a_host_that_vanishes_is_lost_and_resume_finds_it_again(
    tmp_path: Path, keys: Keys, wire: Wire, open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    known_host(tmp_path, keys, wire.port, folder=str(tmp_path / "calm and endless host"), patience=0.3)
    studio = open_window("endless library")
    add(studio, recordings, qtbot)
    pick(studio.data_page.place, "On box")
    studio.data_page.train_button.click()
    session = studio.studio.session
    qtbot.waitUntil(lambda: session.run.step is not None and session.run.step.step > 30, timeout=PATIENCE)
    wire.take_down()
    qtbot.waitUntil(lambda: session.run.phase is Phase.FAILED, timeout=PATIENCE)
    assert "box was lost" in session.notice().title
    assert session.run.clips
    qtbot.waitUntil(lambda: not session.is_busy, timeout=PATIENCE)
    lost_at = session.run.step.step
    wire.put_up()
    studio.training_page.go_on_button.click()
    qtbot.waitUntil(lambda: session.run.step.step > lost_at + 20, timeout=PATIENCE)
    studio.training_page.activity.stop_button.click()
    qtbot.waitUntil(lambda: session.run.phase is Phase.STOPPED, timeout=PATIENCE)
    steps = session.run.losses["total_loss"].steps
    assert list(steps) == list(range(1, len(steps) + 1))
    qtbot.waitUntil(lambda: not session.is_busy, timeout=PATIENCE)
