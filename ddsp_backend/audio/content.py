"""The bytes of a recording: whether they can be read, which they are, and whether they stay the same meanwhile."""

import hashlib
import os
import stat
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from ddsp_backend.errors import AudioError

_READ_BYTES = 1 << 22
_ATTEMPTS = 3

Progress = TypeVar("Progress")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file as the disk knows it. Another one, or one that was written to, has another stamp."""

    device: int
    inode: int
    n_bytes: int
    modified_ns: int


def stamp_of(path: Path) -> Stamp:
    """Looks at a file without opening it: a pipe, or a device, may block the reader, or never end.

    Raises AudioError: it is missing, not permitted, empty, or no file at all.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise AudioError("this is not a file", "Choose an audio file.", file=path.name)
    if not status.st_size:  # so says everything in /proc too, whatever comes out of it
        raise AudioError("the file is empty (0 bytes)", "Record or export it again.", file=path.name)
    return Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def open_content(path: Path) -> IO[bytes]:
    """The open file. Raises AudioError where `stamp_of` does, and where it may not be read."""
    stamp_of(path)
    try:
        return path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error


def hash_content(path: Path) -> Generator[int, None, str]:
    """blake2b of the file's bytes, as hexadecimal text; yields the bytes read so far. Raises AudioError."""
    digest = hashlib.blake2b(digest_size=16)
    n_read = 0
    with open_content(path) as file:
        while block := _next_block(path, file):
            digest.update(block)
            n_read += len(block)
            yield n_read
    return digest.hexdigest()


def unchanged(path: Path, read: Callable[[], Generator[Progress, None, Result]]) -> Generator[Progress, None, Result]:
    """What `read` makes of a file that nobody writes to meanwhile: it is read again where somebody did.

    Raises AudioError where it does not come to rest.
    """
    for _ in range(_ATTEMPTS):
        before = stamp_of(path)
        result = yield from read()
        if stamp_of(path) == before:
            return result
    raise AudioError(
        "the file changes while it is read",
        "Wait until it is completely written or copied, then add it again.",
        file=path.name,
    )


def _next_block(path: Path, file: IO[bytes]) -> bytes:
    try:
        return file.read(_READ_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> AudioError:
    if isinstance(error, PermissionError):
        hint = "Change its permissions, or copy it somewhere else."
        return AudioError("you have no permission to read it", hint, file=path.name)
    if isinstance(error, FileNotFoundError):
        return AudioError("the file does not exist", f"Looked for {os.fspath(path)}.", file=path.name)
    return AudioError(f"the disk could not read it ({error.strerror})", "Copy it again.", file=path.name)
