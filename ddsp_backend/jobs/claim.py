"""The right to write to a place, which one process of this computer has at a time.

A file in that place names the process. Nothing else is asked of the system, so it holds on every disk and everywhere; a
process that died gives up its own. As long as the file is there, the place is still the one that was claimed: a disk
that was unplugged, or a folder that was moved, took it along.
"""

import hashlib
import json
import os
import time
import uuid
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from ddsp_backend.files import naming_errors, patiently
from ddsp_backend.jobs.owner import Owner, owner_from_text, process_owner
from ddsp_backend.storage import AnyPath

_LOOKS, _PAUSE_SECONDS = 20, 0.05  # whoever has just made the file says within a second who he is
_held: set[bytes] = set()  # what the files of this process say


class Claim:
    """Of one process to one place. Use as a context manager once it is taken: leaving it gives it up.

    Args:
      file: The file that stands there meanwhile. In a bucket nobody can be kept out, and nothing is written.
    """

    def __init__(self, file: AnyPath) -> None:
        self._file = file
        self._mine = b""
        self._made: Path | None = None

    @property
    def folder(self) -> AnyPath:
        return self._file.parent

    def take(self) -> Owner | None:
        """The living process that holds it, or None if it is ours now. Makes the folder. Raises OSError."""
        if not isinstance(self._file, Path):
            return None
        if not self._file.parent.exists():
            self._made = self._file.parent
            self._made.mkdir(parents=True, exist_ok=True)
        while not self._written(self._file):
            found, owner = _read(self._file)
            if owner is not None and owner.is_alive() and (owner.pid != os.getpid() or found in _held):
                return owner
            _remove(self._file, found)
        return None

    def is_held(self) -> bool:
        """Whether the place is still there and still ours."""
        if not isinstance(self._file, Path):
            return True
        try:
            return self._mine != b"" and patiently(self._file.read_bytes) == self._mine
        except OSError:
            return False

    def give_up(self) -> None:
        """A folder that was made for it and is still empty goes as well."""
        if not isinstance(self._file, Path):
            return
        with suppress(OSError):  # a disk that is gone took it along
            if self.is_held():
                self._file.unlink()
                if self._made is not None:
                    self._made.rmdir()
        _held.discard(self._mine)
        self._mine = b""

    def __enter__(self) -> "Claim":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.give_up()

    def _written(self, file: Path) -> bool:
        """False where somebody else's is there."""
        mine = json.dumps(asdict(process_owner()) | {"claim": uuid.uuid4().hex}).encode()
        try:
            with naming_errors(file.parent, file), file.open("xb", buffering=0) as opened:
                opened.write(mine)
        except FileExistsError:
            return False
        except OSError:
            with suppress(OSError):
                file.unlink(missing_ok=True)  # a full disk takes the name, and no content
            raise
        self._mine = mine
        _held.add(mine)
        return True


def _read(file: Path) -> tuple[bytes, Owner | None]:
    """What it says, and whom it names; nobody where it is gone, or has stayed unreadable."""
    found = b""
    for _ in range(_LOOKS):
        try:
            found = file.read_bytes()
        except FileNotFoundError:
            return b"", None
        if (owner := owner_from_text(found)) is not None:
            return found, owner
        time.sleep(_PAUSE_SECONDS)
    return found, None


def _remove(file: Path, left: bytes) -> None:
    """What a dead process left. One at a time may do so, and only as long as it is still there.

    Whoever came too late would otherwise remove what the quicker one has put in its place.
    """
    right = Claim(file.with_name(f"{file.name}-{hashlib.sha256(left).hexdigest()[:8]}"))
    if right.take() is not None:
        time.sleep(_PAUSE_SECONDS)
        return
    with right, suppress(FileNotFoundError):
        if file.read_bytes() == left:
            patiently(file.unlink)
