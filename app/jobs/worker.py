"""A warm worker: one child process that keeps its libraries and models loaded between jobs."""

import subprocess
import tempfile
import threading
from collections.abc import Iterator

from app.jobs.child import PROGRAM, backend_folder
from ddsp_backend.errors import DdspError
from ddsp_backend.jobs.codec import event_from_json, to_json
from ddsp_backend.jobs.detached_process import Heir, detached
from ddsp_backend.jobs.events import LAST_WORDS, Event, Failed, Noted, Started
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.spec import JobSpec, kind_of

_CANCEL_LINE = b'{"cancel": true}\n'
_STDERR_TAIL = 6_000  # bytes
_PATIENCE = 5.0  # seconds that a worker gets to end by itself


class Worker:
    """Owns the process. It starts with the first job, and again when it has died. One job at a time.

    Args:
      heir: What the process starts at its end, if we have died by then.
    """

    def __init__(self, program: tuple[str, ...] = PROGRAM, heir: Heir | None = None) -> None:
        self._program = program
        self._then = () if heir is None else heir.words()
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        self._busy = threading.Lock()
        self._writing = threading.Lock()

    def close(self) -> None:
        """Ends the process: politely, through the end of its stdin, then by force."""
        with self._writing:
            process, self._process = self._process, None
            if process is not None:
                _close_stdin(process)
        if process is not None:
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
            _release(process)
        self._stderr.close()

    def pid(self) -> int | None:
        """The process that is warm now, or None."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    def run(self, spec: JobSpec, job: "WorkerJob") -> Iterator[Event]:
        """Relays one job's events; what the process could not say is said here."""
        kind = kind_of(spec)
        with self._busy:
            try:
                process = self._warm_process()
                with self._writing:
                    _write(process, to_json(spec).encode() + b"\n")
                    job.running = True
                if job.cancelled:
                    self.cancel()
                yield from self._relay(process, kind)
            except OSError as error:
                yield Started(kind)
                yield Failed(
                    f"The worker process could not be started: {error.strerror or error}",
                    "Start Timbre Studio again. If that does not help, install it again.",
                )
            finally:
                job.running = False

    def cancel(self) -> None:
        with self._writing:
            if self._process is not None:
                try:
                    _write(self._process, _CANCEL_LINE)
                except OSError:
                    pass  # it died, which ends the job as well

    def _relay(self, process: subprocess.Popen[bytes], kind: JobKind) -> Iterator[Event]:
        assert process.stdout is not None
        started = False
        for line in process.stdout:
            try:
                event: Event = event_from_json(line)
            except DdspError:
                event = Noted(
                    "The worker process sent a message that could not be read", f"It begins with {line[:80]!r}."
                )
                if not started:
                    continue
            started = True
            yield event
            if isinstance(event, LAST_WORDS):
                return
        with self._writing:
            if self._process is process:
                self._process = None
            code = _release(process)
        if not started:
            yield Started(kind)
        yield Failed(
            f"The worker process ended unexpectedly (exit code {code})",
            "Try again; a new one starts by itself.",
            self._stderr_tail(),
        )

    def _warm_process(self) -> subprocess.Popen[bytes]:
        with self._writing:
            if self._process is not None and self._process.poll() is not None:
                _release(self._process)
                self._process = None
            if self._process is None:
                self._process = subprocess.Popen(
                    [*self._program, "worker", *self._then],
                    cwd=backend_folder(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._stderr,
                    **detached(),  # Ctrl+C in the terminal is for the window
                )
            return self._process

    def _stderr_tail(self) -> str:
        if self._stderr.closed:
            return ""
        size = self._stderr.seek(0, 2)
        self._stderr.seek(max(0, size - _STDERR_TAIL))
        return self._stderr.read().decode(errors="replace").strip()


class WorkerJob:
    """One job in a warm worker. A second one waits for the first."""

    def __init__(self, spec: JobSpec, worker: Worker) -> None:
        self.running = False
        self.cancelled = False
        self._spec = spec
        self._worker = worker

    def events(self) -> Iterator[Event]:
        return self._worker.run(self._spec, self)

    def cancel(self) -> None:
        self.cancelled = True
        if self.running:
            self._worker.cancel()

    def leave(self) -> None:
        self.cancel()


def _close_stdin(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    try:
        process.stdin.close()
    except OSError:
        pass  # bytes that a dead process will never read


def _release(process: subprocess.Popen[bytes]) -> int:
    """Waits for a process that is ending, closes its pipes, and answers with its exit code."""
    assert process.stdout is not None
    code = process.wait()
    _close_stdin(process)
    process.stdout.close()
    return code


def _write(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(line)
    process.stdin.flush()
