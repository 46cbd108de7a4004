"""Locks on a library: for one window at a time, and for one process that continues the remaining work."""

from enum import Enum
from pathlib import Path

from PySide6.QtCore import QLockFile


class Role(Enum):
    """The files that stand in a library as long as somebody has the role."""

    WINDOW = ".window.lock"
    CARETAKER = ".caretaker.lock"


class Occupancy:
    """One role in a library. A process that died gives up its own.

    A library that is not there, or cannot be written, can be taken by everybody: nothing can be done in it.
    """

    def __init__(self, library: Path, role: Role) -> None:
        self._library = library
        self._lock = QLockFile(str(library / role.value))
        self._lock.setStaleLockTime(0)  # a live process keeps it, however long ago it took it
        self._path = library / role.value

    def take(self, patience_ms: int = 0) -> bool:
        """Whether it is ours now."""
        if self._lock.isLocked() or not self._library.is_dir():
            return True
        return self._lock.tryLock(patience_ms) or self._lock.error() is not QLockFile.LockError.LockFailedError

    def is_taken(self) -> bool:
        """Whether another process has it."""
        if not self._path.exists():  # asked again and again, for hours: most of the time that is all
            return False
        if self._lock.tryLock(0):
            self._lock.unlock()
            return False
        return self._lock.error() is QLockFile.LockError.LockFailedError

    def give_up(self) -> None:
        self._lock.unlock()
