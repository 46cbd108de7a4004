"""Audio and features between the stages of a preparation: raw floats, of which any stretch can be read."""

# N = values in a column, W = columns

import uuid
from collections.abc import Generator, Iterable
from pathlib import Path

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.files import naming_errors

_DTYPE = np.dtype("<f4")


def write_scratch(path: Path, blocks: Iterable[Array]) -> Generator[None, None, None]:
    """Writes the blocks, [N] or [N, W] each, one after the other; yields after each. The file is whole or not there."""
    # Unlike `written_whole` not flushed to the disk: after a crash of the machine nobody looks at it any more.
    temporary = path.with_name(f".{uuid.uuid4().hex[:12]}")
    try:
        with naming_errors(path), temporary.open("wb") as file:
            for block in blocks:
                file.write(np.ascontiguousarray(block, _DTYPE).data)
                yield
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_scratch(path: Path, start: int, stop: int) -> Array:
    """values_N[start:stop]; silence where that lies outside."""
    first = max(start, 0)
    inside_N = np.fromfile(path, _DTYPE, max(0, stop - first), offset=first * _DTYPE.itemsize)
    before = min(max(-start, 0), stop - start)
    return np.pad(inside_N, (before, stop - start - before - len(inside_N)))


def read_columns(path: Path, n_columns: int, start: int, stop: int) -> Array:
    """values_NW[start:stop], shorter where the file ends."""
    size = n_columns * _DTYPE.itemsize
    return np.fromfile(path, _DTYPE, n_columns * (stop - start), offset=start * size).reshape(-1, n_columns)
