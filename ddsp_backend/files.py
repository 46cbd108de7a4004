"""Files are written whole or not at all."""

import os
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from ddsp_backend.storage import AnyPath, BucketPath

_Result = TypeVar("_Result")
_TRIES = 8 if sys.platform == "win32" else 1
_FIRST_PAUSE_SECONDS = 0.01  # doubled each time: more than a second in all


@contextmanager
def written_whole(path: str | os.PathLike[str] | BucketPath) -> Iterator[Path]:
    """Yields a temporary path beside `path`; on success it is flushed to disk and takes `path`'s name.

    On any error the temporary file is removed and what stood at `path` before stays as it was; an OSError names `path`.
    The temporary name keeps the suffix of `path`, because writers choose their format by it.
    """
    if isinstance(path, BucketPath):
        with staged(path.parent) as folder:
            yield folder / path.name
            path.upload(folder / path.name)
        return
    target = Path(path)
    temporary = target.with_name(f".{uuid.uuid4().hex[:12]}{target.suffix}")
    try:
        with naming_errors(target, temporary):
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            patiently(lambda: temporary.replace(target))
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def staged(folder: AnyPath, prefix: str = ".staged-") -> Iterator[Path]:
    """A new folder of this machine for what `put` then brings to `folder`: in it; for one in a bucket, apart."""
    within = folder if isinstance(folder, Path) else None
    with tempfile.TemporaryDirectory(prefix=prefix, dir=within) as name:
        yield Path(name)


def put(source: Path, target: AnyPath) -> None:
    """Moves a file to `target`, flushed to disk, or a folder to where none is then but it; into a bucket, copies it."""
    if isinstance(target, Path):
        if target.is_dir():
            shutil.rmtree(target)
        if source.is_file():
            flush(source)
        patiently(lambda: source.replace(target))
    elif source.is_dir():
        target.remove_tree()
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            target.joined(path.relative_to(source)).upload(path)
    else:
        target.upload(source)


def flush(path: Path) -> None:
    """Makes sure that the disk has a file, or the names in a folder."""
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folders
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def patiently(act: Callable[[], _Result], tries: int = _TRIES) -> _Result:
    """What `act` answers: it opens, renames or removes a file.

    Windows refuses that as long as another program has the file open: the other one of our processes, which reads it,
    or a virus scanner. So it is tried again for a second there. Raises PermissionError after the last try.
    """
    for number in range(tries - 1):
        try:
            return act()
        except PermissionError:
            time.sleep(_FIRST_PAUSE_SECONDS * 2**number)
    return act()


@contextmanager
def naming_errors(target: Path, temporary: Path | None = None) -> Iterator[None]:
    """A write that fails does not know its file, or only by a temporary name: an OSError then names `target`."""
    try:
        yield
    except OSError as error:
        if error.filename in (None, str(temporary)):
            error.filename = str(target)
        raise
