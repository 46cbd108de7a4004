"""Files are written whole or not at all."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a temporary path beside `path`; on success it is flushed to disk and takes `path`'s name.

    On any error the temporary file is removed and what stood at `path` before stays as it was; an OSError names `path`.
    The temporary name keeps the suffix of `path`, because writers choose their format by it.
    """
    target = Path(path)
    temporary = target.with_name(f".{uuid.uuid4().hex[:12]}{target.suffix}")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        if error.filename in (None, str(temporary)):  # a write that fails does not know the name of its file
            error.filename = str(target)
        raise
    finally:
        temporary.unlink(missing_ok=True)
