"""The command line for other machines."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.paths import settings_file
from ddsp_backend.cli import ddsp_remote
from ddsp_backend.cli.ddsp_remote import config_folder, default_book
from ddsp_backend.remote.hosts import fingerprint
from tests.remote.servers import Keys, OpenSsh, write_book

SCRIPTED = Path(__file__).resolve().parents[1] / "gui" / "child"


@pytest.fixture(autouse=True)
def own_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(SCRIPTED), str(SCRIPTED.parents[2]))))


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ddsp_backend.cli.ddsp_remote", *words], capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_that_a_host_is_added_and_runs_what_ddsp_run_runs(tmp_path: Path, keys: Keys, openssh: OpenSsh) -> None:
    book = write_book(tmp_path, keys, openssh.port, sys.executable, pinned=False)
    host = book.get("box")
    settings = [f"--python={host.python}", f"--folder={host.folder}", f"--ssh_config={host.ssh_config}"]
    asked = command("add", "box", *settings)
    assert asked.returncode == 1
    assert fingerprint(keys.host_line) in asked.stdout
    assert default_book().pinned_key("box") is None

    added = command("add", "box", *settings, f"--accept={fingerprint(keys.host_line)}")
    assert added.returncode == 0, added.stdout
    assert "cores" in added.stdout
    assert command("probe", "box").returncode == 0

    ran = command("run", "box", f"--save_dir={tmp_path / 'run'}", "--gin_file=models/solo_instrument.gin")
    assert ran.returncode == 0, ran.stdout
    assert "Checkpoint saved, the best so far" in ran.stdout
    assert (tmp_path / "run" / "ckpt-40.index").exists()
    (folder,) = (tmp_path / "run" / "jobs").iterdir()
    again = command("attach", str(folder))
    assert again.returncode == 0
    assert "ckpt-40" in again.stdout


def test_that_an_unknown_host_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ddsp_remote.main(["run", "nobody", f"--save_dir={tmp_path}"]) == 1
    assert "nobody is not known here" in capsys.readouterr().err
    assert ddsp_remote.main(["add", "a b"]) == 1


def test_that_the_window_and_the_commands_know_the_same_hosts() -> None:
    assert default_book().folder == settings_file().parent / "hosts"


def test_that_on_other_systems_too_hosts_are_kept_where_qt_keeps_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALAPPDATA", "D:/Nina/Local")
    assert config_folder("win32") == Path("D:/Nina/Local")
    monkeypatch.delenv("LOCALAPPDATA")
    assert config_folder("win32") == Path.home() / "AppData" / "Local"
    assert config_folder("darwin") == Path.home() / "Library" / "Preferences"
