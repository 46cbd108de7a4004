"""Refuses what Windows refuses of files, as far as Python asks for it: what is done below Python is not seen.

- A file that this process has open, or has mapped into its memory, is neither renamed nor removed, nor is a folder
  that holds one renamed.
- No file and no folder is made whose name Windows does not take.
"""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

_FORBIDDEN = set('<>:"\\|?*') | {chr(code) for code in range(32)}
_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³"
}
_IN_USE = "The process cannot access the file because it is being used by another process"
_is_looking = False  # what is opened to find that out


def install() -> None:
    sys.addaudithook(_on_event)


def is_refused(name: str) -> bool:
    """Whether Windows takes no file of this name."""
    return (
        any(char in _FORBIDDEN for char in name)
        or name.endswith((" ", "."))
        or name.partition(".")[0].rstrip(" ").casefold() in _DEVICES
    )


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    global _is_looking
    if _is_looking or event not in _CHECKS:
        return
    _is_looking = True
    try:
        _CHECKS[event](*arguments)
    finally:
        _is_looking = False


def _on_open(path: Any, _mode: Any, flags: Any) -> None:
    if isinstance(path, str | bytes | os.PathLike) and isinstance(flags, int) and flags & os.O_CREAT:
        _require_name(_absolute(path, -1))


def _on_mkdir(path: Any, _mode: int, folder: int) -> None:
    _require_name(_absolute(path, folder))


def _on_rename(source: Any, target: Any, source_folder: int, target_folder: int) -> None:
    _require_name(_absolute(target, target_folder))
    for path in (_absolute(source, source_folder), _absolute(target, target_folder)):
        _require_closed(path)


def _on_remove(path: Any, folder: int) -> None:
    _require_closed(_absolute(path, folder))


_CHECKS = {"open": _on_open, "os.mkdir": _on_mkdir, "os.rename": _on_rename, "os.remove": _on_remove}


def _absolute(path: Any, folder: int) -> Path:
    """With the folder's own path, and the last name as it is given: a link is removed, and not what it leads to."""
    base = Path.cwd() if folder in (-1, None) else Path(f"/proc/self/fd/{folder}").readlink()
    given = base / os.fsdecode(path)
    return given.parent.resolve() / given.name


def _require_name(path: Path) -> None:
    if not path.is_relative_to("/proc") and any(is_refused(name) for name in path.parts[1:]):
        raise OSError(22, "The filename, directory name, or volume label syntax is incorrect", str(path))


def _require_closed(path: Path) -> None:
    """That this process has no file open or mapped which is this one, or lies in this folder."""
    if path.is_relative_to("/dev"):
        return  # memory that Python shares between processes in its own way on each system
    is_open = any(held.is_relative_to(path) for held in _open_files())
    maps = Path("/proc/self/maps").read_text()
    if is_open or f" {path}\n" in maps or f" {path}/" in maps:
        raise PermissionError(13, _IN_USE, str(path))


def _open_files() -> Iterator[Path]:
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if stat.S_ISREG(descriptor.stat().st_mode):
                yield descriptor.readlink()
