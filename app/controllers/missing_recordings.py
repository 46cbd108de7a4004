"""Looks, in threads, for recordings that are not where they were: a disk may be slow, or gone."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from ddsp_backend.audio.content import hash_content
from ddsp_backend.audio.search import search
from ddsp_backend.errors import AudioError
from ddsp_backend.jobs.steps import drain


class PresenceReader(QThread):
    """Signals: read: A frozenset of those paths that lead nowhere."""

    read = Signal(object)

    def __init__(self, paths: Iterable[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._paths = tuple(paths)

    def run(self) -> None:
        self.read.emit(frozenset(path for path in self._paths if not _is_there(path)))


class MovedFinder(QThread):
    """Signals: found: New paths by old ones, of those that lie in the folder now."""

    found = Signal(object)

    def __init__(self, folder: str, contents: Mapping[str, str], parent: QObject | None = None) -> None:
        """Args: contents: The hashes of what is looked for, by old path; empty where nobody knows."""
        super().__init__(parent)
        self._folder = folder
        self._contents = dict(contents)

    def run(self) -> None:
        self.found.emit(find_moved(self._folder, self._contents))


def find_moved(folder: str, contents: Mapping[str, str]) -> dict[str, str]:
    """Recordings of the same name and, where it is known, the same content, in a folder and all below it."""
    there: dict[str, list[Path]] = {}
    for path in search([folder]).files:
        there.setdefault(path.name.casefold(), []).append(path)
    places = {}
    for old, content in contents.items():
        candidates = there.get(Path(old).name.casefold(), [])
        # Of several that are alike, the one whose folders are called as they were.
        by_likeness = sorted(candidates, key=lambda path: -_common_tail(Path(old), path))
        place = next((path for path in by_likeness if not content or _content_of(path) == content), None)
        if place is not None:
            places[old] = str(place)
    return places


def _common_tail(one: Path, other: Path) -> int:
    n_common = 0
    for mine, yours in zip(reversed(one.parts), reversed(other.parts), strict=False):
        if mine.casefold() != yours.casefold():
            break
        n_common += 1
    return n_common


def _content_of(path: Path) -> str:
    try:
        return drain(hash_content(path))
    except (OSError, AudioError):
        return ""


def _is_there(path: str) -> bool:
    try:
        return "://" in path or Path(path).exists()
    except OSError:
        return False
