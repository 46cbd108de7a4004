"""Tells the system that files of shared models are opened by this program: a double click then does so.

Only the user's own settings are changed, and only when he asks for it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from app.paths import resources_folder
from ddsp_backend.errors import ConfigError
from ddsp_backend.files import written_whole
from ddsp_backend.sharing.card import SUFFIX

_TYPE = "application/x-timbre-studio-model"
_KEY = "TimbreStudio.Model"  # of the registry
_DESCRIPTION = "Timbre Studio model"
_PATIENCE = 30  # seconds
_MIME = f"""<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="{_TYPE}">
    <comment>{_DESCRIPTION}</comment>
    <sub-class-of type="application/zip"/>
    <glob pattern="*{SUFFIX}"/>
  </mime-type>
</mime-info>
"""
_DESKTOP = """[Desktop Entry]
Type=Application
Name=Timbre Studio
Comment=Train timbre models on your own recordings
Exec={command} %F
Path={folder}
Icon={icon}
Terminal=false
Categories=AudioVideo;Audio;
MimeType={type};
StartupWMClass=timbre-studio
"""


def associate() -> None:
    """Raises ConfigError where the system has no such setting, or does not take it."""
    try:
        if sys.platform == "win32":
            _associate_on_windows()
        elif sys.platform == "darwin":
            raise ConfigError(
                "macOS lets only programs in its Applications folder open files with a double click",
                "Drop the file on the window, or use Open a shared model in the menu.",
            )
        else:
            _associate_on_linux()
    except OSError as error:
        raise ConfigError(
            f"The setting cannot be written: {error.strerror or error}: {error.filename or ''}".rstrip(": "),
            "Drop the file on the window, or use Open a shared model in the menu.",
        ) from error


def _associate_on_linux() -> None:
    """As freedesktop.org describes it: a type of file, a program that opens it, and which one is asked first."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    mime, desktop = data / "mime" / "packages" / "timbre-studio.xml", data / "applications" / "timbre-studio.desktop"
    command = " ".join(_quoted(word) for word in (sys.executable, "-m", "app"))
    entry = _DESKTOP.format(
        command=command,
        folder=Path(__file__).resolve().parents[1],
        icon=resources_folder() / "icons" / "app.svg",
        type=_TYPE,
    )
    for path, text in ((mime, _MIME), (desktop, entry)):
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    _prefer(config / "mimeapps.list", desktop.name)
    for tool, folder in (("update-mime-database", data / "mime"), ("update-desktop-database", desktop.parent)):
        found = shutil.which(tool)
        if found is not None:  # where it is missing, nothing is kept that would have to be renewed
            subprocess.run([found, str(folder)], check=False, capture_output=True, timeout=_PATIENCE)


def _prefer(choices: Path, program: str) -> None:
    """Makes `program` the first for such files; every other line stays as it is."""
    try:
        lines = choices.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        lines = []
    head = "[Default Applications]"
    kept = [line for line in lines if not line.startswith(f"{_TYPE}=")]
    place = kept.index(head) + 1 if head in kept else len(kept) + 1
    if head not in kept:
        kept.append(head)
    kept.insert(place, f"{_TYPE}={program}")
    choices.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(choices) as temporary:
        temporary.write_text("\n".join(kept) + "\n", encoding="utf-8")


def _quoted(word: str) -> str:
    """As a desktop entry wants a word of its command."""
    for special in ("\\", '"', "`", "$"):
        word = word.replace(special, f"\\{special}")
    escaped = word.replace("\\", "\\\\").replace("%", "%%")
    return f'"{escaped}"'


def _associate_on_windows() -> None:
    if sys.platform != "win32":
        raise NotImplementedError("only Windows has a registry")
    import winreg

    program = Path(sys.executable)
    windowed = program.with_name("pythonw.exe")
    command = f'"{windowed if windowed.exists() else program}" -m app "%1"'
    values = {_KEY: _DESCRIPTION, f"{_KEY}\\shell\\open\\command": command, SUFFIX: _KEY}
    for key, value in values.items():
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, f"Software\\Classes\\{key}") as opened:
            winreg.SetValueEx(opened, None, 0, winreg.REG_SZ, value)
