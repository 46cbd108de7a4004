"""Finds recordings in files, folders and patterns, in a fixed order."""

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ddsp_backend.audio.formats import AUDIO_SUFFIXES


@dataclass(frozen=True, slots=True)
class Problem:
    """What stood in the way: a title that names the file or folder, and a sentence that cures."""

    title: str
    cure: str

    def __str__(self) -> str:
        return f"{self.title}. {self.cure}"


@dataclass(slots=True)
class FoundFiles:
    """Recordings in order, and what stood in the way: {path as text: problem}."""

    files: list[Path] = field(default_factory=list)
    problems: dict[str, Problem] = field(default_factory=dict)


def find_recordings(inputs: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The recordings among files, folders (searched recursively) and patterns, sorted, each once."""
    return search(inputs).files


def search(inputs: Iterable[str | os.PathLike[str]], suffixes: frozenset[str] = AUDIO_SUFFIXES) -> FoundFiles:
    """As `find_recordings`, with the folders and names that led nowhere. `suffixes` are taken from folders.

    Hidden files (also macOS's `._*` twins) and folders are left out, links are followed, but never in a circle.
    """
    found = FoundFiles()
    seen: set[tuple[int, int]] = set()
    for given in inputs:
        for path in _expanded(os.fspath(given), found):
            for file in _recordings_of(path, suffixes, found):
                identity = _identity(file)
                if identity is None or identity not in seen:
                    found.files.append(file)
                if identity is not None:
                    seen.add(identity)
    return found


def _expanded(given: str, found: FoundFiles) -> list[Path]:
    path = Path(given).expanduser()
    if os.path.lexists(path):  # a name with [ or * in it is a name first, and a pattern only if there is no such file
        return [path]
    matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - absolute patterns too
    if not matches:
        found.problems[given] = _nowhere(given)
    return [Path(match) for match in matches if not Path(match).name.startswith(".")]


def _recordings_of(path: Path, suffixes: frozenset[str], found: FoundFiles) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return

    def note(error: OSError) -> None:
        found.problems[str(error.filename)] = _closed(error)

    visited: set[tuple[int, int]] = set()
    for folder, folders, files in os.walk(path, followlinks=True, onerror=note):
        identity = _identity(Path(folder))
        if identity is not None and identity in visited:
            folders.clear()
            continue
        if identity is not None:
            visited.add(identity)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in suffixes:
                yield Path(folder) / name


def _nowhere(given: str) -> Problem:
    if glob.has_magic(given):
        return Problem(f"No file matches this pattern: {given}", "Check it for typing errors.")
    return Problem(
        f"There is no such file or folder: {given}",
        "If it was moved, choose it in its new place. If it is on another disk, connect that disk.",
    )


def _closed(error: OSError) -> Problem:
    if isinstance(error, PermissionError):
        return Problem(
            f"You have no permission to read this folder: {error.filename}",
            "Change its permissions, or copy the recordings somewhere else.",
        )
    return Problem(
        f"This folder cannot be read: {error.filename}",
        f"The disk says: {error.strerror}. Copy the recordings somewhere else.",
    )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
