"""A job in a process of its own, followed through its folder. It outlives the window, and another can join it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil

import ddsp_backend
from ddsp_backend.jobs.detached_process import Heir, detached, leave
from ddsp_backend.jobs.events import Event, Failed, Started
from ddsp_backend.jobs.folder import JobFolder, follow
from ddsp_backend.jobs.place import Place, create_job
from ddsp_backend.jobs.spec import JobSpec, kind_of

_POLL_SECONDS = 0.03
_TIDYING_SECONDS = 10.0
PROGRAM = (sys.executable, "-m", "ddsp_backend")


def backend_folder() -> Path:
    """Where `python -m ddsp_backend` works from a checkout as well as from an installed wheel."""
    return Path(ddsp_backend.__file__).resolve().parents[1]


class ChildJob:
    """Starts a job in a session of its own, so that neither Ctrl+C nor the end of the window reaches it.

    Args:
      spec: What to do. Its paths are absolute: the process runs elsewhere.
      folder: The job's folder; made by `events()`.
      program: The command that is given `run FOLDER`.
      place: The host that the job runs on, for one that does not run here. The process relays it then.
      heir: What the process starts at its end, if we have died by then.
    """

    def __init__(
        self,
        spec: JobSpec,
        folder: Path,
        program: tuple[str, ...] = PROGRAM,
        place: Place | None = None,
        heir: Heir | None = None,
    ) -> None:
        self.folder = JobFolder(folder)
        self._place = place
        self._spec = spec
        self._program = program
        self._then = () if heir is None else heir.words()
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = False
        self._left = threading.Event()

    def events(self) -> Iterator[Event]:
        try:
            create_job(self.folder, self._spec, self._place)
            if self._cancelled:
                self.folder.request_cancel()
            self._process = subprocess.Popen(
                [*self._program, "run", str(self.folder.path), *self._then],
                cwd=backend_folder(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                **detached(),
            )
        except OSError as error:
            yield Started(kind_of(self._spec))
            yield Failed(
                f"The job could not be started: {error.strerror or error}: {error.filename or self._program[0]}",
                "Check that the disk has space and that Timbre Studio is installed completely.",
            )
            return
        self._note_pid()
        yield from follow(self.folder, 0, self._is_alive, self._pause)
        if not self._left.is_set():
            # After its last word: the next job finds the memory free, and no zombie stays.
            try:
                self._process.wait(_TIDYING_SECONDS)
            except subprocess.TimeoutExpired:
                pass
        leave(self._process)

    def cancel(self) -> None:
        self._cancelled = True
        if self._process is not None:
            request_cancel(self.folder, self._process.pid)

    def leave(self) -> None:
        self._left.set()

    def kill(self) -> None:
        """Ends the process at once; what it had not saved is lost."""
        if self._process is not None:
            self._process.kill()

    def _note_pid(self) -> None:
        """The process does so itself, once Python is there. Until then another window must not take it for dead."""
        assert self._process is not None
        try:
            self.folder.write_pid(self._process.pid)
        except (OSError, psutil.Error):
            pass  # a full disk, or it has ended already

    def _is_alive(self) -> bool:
        assert self._process is not None
        code = self._process.poll()
        if code is None:
            return True
        if self.folder.rc() is None:
            try:
                self.folder.write_rc(code)
            except OSError:
                pass  # a full or missing disk; crash_failure looks at that itself
        return False

    def _pause(self) -> bool:
        return not self._left.wait(_POLL_SECONDS)


class AttachedJob:
    """Joins a job that somebody else started: this window's predecessor, or a terminal.

    Args:
      folder: The job's folder.
      offset: Bytes of its journal that were read before; 0 for the whole of it.
    """

    def __init__(self, folder: JobFolder, offset: int = 0) -> None:
        self.folder = folder
        self._offset = offset
        self._left = threading.Event()

    def events(self) -> Iterator[Event]:
        return follow(self.folder, self._offset, self.folder.is_alive, self._pause)

    def cancel(self) -> None:
        request_cancel(self.folder, None)

    def leave(self) -> None:
        self._left.set()

    def _pause(self) -> bool:
        return not self._left.wait(_POLL_SECONDS)


def request_cancel(folder: JobFolder, pid: int | None) -> None:
    try:
        folder.request_cancel()
    except OSError:
        # A full disk has no room for the request; a signal needs none. Windows has no signal that lets the job save.
        if pid is not None and sys.platform != "win32":
            os.kill(pid, signal.SIGTERM)
