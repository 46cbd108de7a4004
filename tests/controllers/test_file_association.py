"""A double click on a shared model opens it here: in the user's own settings, which keep all else that stands there."""

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.file_association import associate
from ddsp_backend.errors import ConfigError

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these are the settings of Linux")
OTHER = "[Added Associations]\nimage/png=viewer.desktop;\n\n[Default Applications]\nimage/png=viewer.desktop\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def defaults(home: Path) -> dict[str, str]:
    parser = configparser.ConfigParser(delimiters="=", interpolation=None)
    parser.read(home / "config" / "mimeapps.list", encoding="utf-8")
    return dict(parser["Default Applications"])


def test_that_the_system_finds_this_program_for_such_a_file(home: Path) -> None:
    associate()
    assert defaults(home) == {"application/x-timbre-studio-model": "timbre-studio.desktop"}
    parser = configparser.ConfigParser(delimiters="=", interpolation=None)
    parser.read(home / "data" / "applications" / "timbre-studio.desktop", encoding="utf-8")
    entry = parser["Desktop Entry"]
    assert shlex.split(entry["exec"]) == [sys.executable, "-m", "app", "%F"]
    assert Path(entry["icon"]).is_file()
    assert (Path(entry["path"]) / "app" / "__main__.py").is_file()
    if shutil.which("gio") is None or shutil.which("update-mime-database") is None:
        pytest.skip("this system has no gio to ask")
    (home / "Tuba.timbre").write_bytes(b"PK\x03\x04")
    words = ("info", "-a", "standard::content-type", str(home / "Tuba.timbre"))
    found = subprocess.run(["gio", *words], env=dict(os.environ), capture_output=True, text=True, check=True).stdout
    assert "standard::content-type: application/x-timbre-studio-model" in found
    kind = ("mime", "application/x-timbre-studio-model")
    found = subprocess.run(["gio", *kind], env=dict(os.environ), capture_output=True, text=True, check=True).stdout
    assert "timbre-studio.desktop" in found


def test_that_choices_of_the_user_stay_and_twice_is_as_good_as_once(home: Path) -> None:
    choices = home / "config" / "mimeapps.list"
    choices.parent.mkdir()
    choices.write_text(OTHER)
    associate()
    first = choices.read_text()
    associate()
    assert choices.read_text() == first
    assert defaults(home) == {
        "image/png": "viewer.desktop",
        "application/x-timbre-studio-model": "timbre-studio.desktop",
    }
    added = "application/x-timbre-studio-model=timbre-studio.desktop\n"
    assert first.replace(added, "") == OTHER


def test_that_settings_that_cannot_be_written_are_named(home: Path) -> None:
    (home / "data").write_text("a file where a folder should be")
    with pytest.raises(ConfigError, match="The setting cannot be written"):
        associate()
