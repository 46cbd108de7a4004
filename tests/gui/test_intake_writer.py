"""What is known of recordings is written beside the window's work, whole, and the newest last."""

import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.controllers import intake_writer
from app.controllers.intake_writer import IntakeWriter
from app.state.instrument import create, load_intake, save_intake
from ddsp_backend.jobs.events import FileInspected
from tests.gui.conftest import PATIENCE


def looks(n: int) -> tuple[FileInspected, ...]:
    return tuple(FileInspected(f"/takes/{place}.wav", 1.0, 44100, 1, 0.5) for place in range(n))


def test_that_the_window_s_thread_writes_nothing_and_the_newest_stays(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    flute, writer = create(tmp_path, "Flute"), IntakeWriter()
    threads: list[int] = []

    def watched(*arguments: object) -> None:
        threads.append(threading.get_ident())
        save_intake(*arguments)

    monkeypatch.setattr(intake_writer, "save_intake", watched)
    for n in (2000, 3, 2, 5):
        writer.write(flute, looks(n))
    qtbot.waitUntil(lambda: load_intake(flute) == looks(5), timeout=PATIENCE)
    assert threads
    assert threading.get_ident() not in threads
    writer.close()
    assert sorted(path.name for path in flute.path.iterdir()) == ["intake.jsonl", "project.json"]


def test_that_closing_waits_until_all_is_written(tmp_path: Path, qtbot: QtBot) -> None:
    flute, writer = create(tmp_path, "Flute"), IntakeWriter()
    writer.write(flute, looks(2000))
    writer.write(flute, looks(7))
    writer.close()
    assert load_intake(flute) == looks(7)


def test_that_what_is_forgotten_while_it_is_written_does_not_come_back(tmp_path: Path, qtbot: QtBot) -> None:
    flute, writer = create(tmp_path, "Flute"), IntakeWriter()
    writer.write(flute, looks(2000))
    writer.write(flute, looks(7))
    writer.forget(flute)
    assert not (flute.path / "intake.jsonl").exists()
    writer.close()
    assert load_intake(flute) == ()


def test_that_a_folder_that_is_gone_stays_gone(tmp_path: Path, qtbot: QtBot) -> None:
    flute, writer = create(tmp_path, "Flute"), IntakeWriter()
    (flute.path / "project.json").unlink()
    flute.path.rmdir()
    writer.write(flute, looks(3))
    writer.close()
    assert not flute.path.exists()
