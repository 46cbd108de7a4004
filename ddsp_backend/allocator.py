"""How this process keeps memory that it has given up, for the next array of the same size.

glibc hands large arrays back to the system as soon as they are freed, and the system fills the next one with zeros,
page by page: half of the time of a training step. So a job that works in steps keeps what it has, and gives it back at
its end. Other systems' allocators keep memory by themselves; there, nothing happens.
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Parameters of mallopt, from glibc's malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8
_MOST = 2**31 - 1  # mallopt takes an int


@contextmanager
def kept_memory() -> Iterator[None]:
    """Within it, freed memory stays with this process."""
    libc = _glibc()
    if libc is None:
        yield
        return
    # One heap, which grows by 64 MB at a time: threads with heaps of their own cannot use what another has freed.
    for parameter, value in (
        (_MMAP_MAX, 0),
        (_TRIM_THRESHOLD, _MOST),
        (_TOP_PAD, 64 << 20),
        (_ARENA_MAX, 1),
    ):
        libc.mallopt(parameter, value)
    try:
        yield
    finally:
        libc.malloc_trim(0)


def _glibc() -> Any:
    """The C library of this process; None where it is not glibc."""
    if sys.platform != "linux":
        return None
    try:
        libc = ctypes.CDLL(None)
        return libc if hasattr(libc, "gnu_get_libc_version") and hasattr(libc, "mallopt") else None
    except OSError:
        return None
