"""The one entry point of the backend: a typed spec in, a stream of events out."""

import errno
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from typing import Any, TypeAlias

from ddsp_backend import kernel_store
from ddsp_backend.allocator import kept_memory
from ddsp_backend.errors import OWN_FAULT, Cancelled, Cause, DdspError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, Failed, Finished, Started, Stopped
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.spec import JobSpec, kind_of
from ddsp_backend.storage import prepare_environment
from ddsp_backend.storage_errors import storage_error

Job: TypeAlias = Callable[[Any, CancelToken], Generator[Event, None, dict[str, str]]]

JOBS = {kind: kind.entry_point for kind in JobKind}  # a test can put another job into the place of one

_KEPT = "then start again: finished work is kept."
_FREE = f"Free some space or choose another folder, {_KEPT}"
_ALLOW = f"Give yourself permission to write there or choose another folder, {_KEPT}"
if sys.platform == "win32":  # the same error as for a file that another program has open
    _ALLOW = f"Close other programs that use the file, or choose another folder, {_KEPT}"
_BRING_BACK = f"Was it moved, renamed or deleted, or its disk disconnected? Put it back, {_KEPT}"
_ELSEWHERE = f"Choose another folder, {_KEPT}"
_DISK_ERRORS = {
    errno.ENOSPC: ("The disk is full", _FREE),
    errno.EDQUOT: ("Your disk quota is full", _FREE),
    errno.EFBIG: ("The file is too large for this disk's file system", _FREE),
    errno.EACCES: ("You have no permission to read or write here", _ALLOW),
    errno.EPERM: ("You have no permission to read or write here", _ALLOW),
    errno.EROFS: ("This disk is read-only", _ELSEWHERE),
    errno.ENOENT: ("A file or a folder is missing", _BRING_BACK),
    errno.ENODEV: ("A disk is missing", _BRING_BACK),
    errno.ENXIO: ("A disk is missing", _BRING_BACK),
    errno.ESTALE: ("A network disk is not connected any more", _BRING_BACK),
    errno.EIO: ("A disk failed or was disconnected", f"Connect it again or choose another folder, {_KEPT}"),
    errno.ENOTDIR: ("A file is in the place of a folder", _ELSEWHERE),
    errno.ENAMETOOLONG: ("A name is too long for this disk", f"Choose a shorter name, {_KEPT}"),
    errno.EMFILE: ("This program has too many files open", f"Close and open Timbre Studio, {_KEPT}"),
    errno.ENFILE: ("This computer has too many files open", f"Close other programs, {_KEPT}"),
}


def run(spec: JobSpec, cancel: CancelToken) -> Iterator[Event]:
    """Runs a job to its end.

    Yields:
      `Started`, then the job's own events, then exactly one of `Finished`, `Failed` or `Stopped`.
      Nothing follows, nothing is raised.
    """
    return events_of_job(kind_of(spec), lambda: _work(spec, cancel))


def _work(spec: JobSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    with kept_memory() if kind_of(spec).compiles else nullcontext():
        return (yield from load(spec)(spec, cancel))


def events_of_job(kind: JobKind, work: Callable[[], Generator[Event, None, dict[str, str] | None]]) -> Iterator[Event]:
    """Lets a job speak as `run` promises. One that relays another's last word returns None after it."""
    yield Started(kind)
    try:
        result = yield from work()
    except Cancelled:
        yield Stopped()
    except DdspError as error:
        yield failure(error)
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            yield _fault(error)
        else:
            title, hint = _DISK_ERRORS[error.errno]
            yield Failed(f"{title}: {error.filename or 'a file of this job'}", hint, cause=Cause.DISK)
    except MemoryError:
        hint = "Close other programs, or choose a smaller batch size."
        yield Failed("The computer ran out of memory", hint, cause=Cause.MEMORY)
    except Exception as error:  # noqa: BLE001 - the one boundary: whatever a job dies of must reach its user
        yield _fault(error)
    else:
        if result is not None:
            yield Finished(result)


def failure(error: DdspError) -> Failed:
    """An expected error as a last word."""
    without_file = error.without_file if error.without_file != error.title else ""
    return Failed(error.title, error.hint, cause=error.cause, without_file=without_file)


def _fault(error: Exception) -> Failed:
    if refused := storage_error(error):
        return failure(refused)
    # TensorFlow's writers have no errno; that the disk is full, they say in the system's words alone.
    cause = Cause.DISK if os.strerror(errno.ENOSPC) in str(error) else Cause.FAULT
    return Failed(f"{type(error).__name__}: {error}", OWN_FAULT, traceback.format_exc(), cause)


def load(spec: JobSpec) -> Job:
    """Imports what runs a job."""
    prepare_environment()
    if kind_of(spec).compiles:
        kernel_store.lend()
    module, _, name = JOBS[kind_of(spec)].partition(":")
    return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]
