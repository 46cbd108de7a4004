"""A long job is a folder, the same here and on any host.

    job.json      the spec; written whole before anything starts
    place.json    where it runs, if that is not here (see jobs/place.py); then the process here relays the events
    events.jsonl  one event a line: {"seq": 0, "at": 1700000000.0, "type": "Started", ...}
    pid           which process runs it: number, start time, and the boot that these belong to
    rc            how that process ended; missing while it runs, or when nobody saw it end
    log.txt       everything that any library printed
    cancel        exists once somebody asked the job to stop

To attach to a job is to follow `events.jsonl` from an offset. Nothing here trusts what it reads.
"""

import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from ddsp_backend.errors import Cause, ConfigError, DataError
from ddsp_backend.files import written_whole
from ddsp_backend.jobs.codec import event_from_json, spec_from_json, to_json
from ddsp_backend.jobs.events import LAST_WORDS, Event, Failed, Noted, Started
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.owner import Owner, owner_from_text, process_owner
from ddsp_backend.jobs.spec import JobSpec, kind_of
from ddsp_backend.json_reading import read_regular

_LONGEST_LINE = 4_000_000  # bytes; no event is that long, so a longer "line" is garbage
_SIGKILL = 9  # what a host reports has this number also where Windows shows it, which has no such name
_LOG_TAIL = 6_000  # bytes of the log that a report carries
_BYTES_AT_ONCE = 16_000  # a millisecond's work: whoever listens in a thread must not keep Python to himself
_FULL_DISK = 1_000_000  # bytes; with less than this left, a process that died without a word died of it
_ENVELOPE = re.compile(rb'^\{"seq": (\d{1,18}), "at": (\d{1,12}(?:\.\d{1,9})?), (?:"from": \d{1,18}, )?')


class JobFolder:
    """The files of one job. Reading never raises on damaged contents, except for the spec: nothing replaces it."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"JobFolder({str(self.path)!r})"

    @property
    def events_path(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def log_path(self) -> Path:
        return self.path / "log.txt"

    def create(self, spec: JobSpec) -> None:
        """Makes the folder and writes the spec into it. Raises FileExistsError where a job already lies there."""
        self.path.mkdir(parents=True, exist_ok=True)
        target = self.path / "job.json"
        if self.holds_job():
            raise FileExistsError(17, "There is already a job in this folder", str(target))
        with written_whole(target) as temporary:
            temporary.write_text(to_json(spec) + "\n", encoding="utf-8")

    def holds_job(self) -> bool:
        return (self.path / "job.json").exists()

    def read_spec(self) -> JobSpec:
        """Raises DataError or ConfigError where it is damaged, OSError where it cannot be read."""
        return spec_from_json(read_regular(self.path / "job.json").strip())

    def kind(self) -> JobKind:
        """What it does; UNKNOWN where the spec is damaged or missing."""
        try:
            return kind_of(self.read_spec())
        except (OSError, DataError, ConfigError):
            return JobKind.UNKNOWN

    # --- who runs it ------------------------------------------------------------------------------------------
    def write_pid(self, pid: int) -> None:
        with written_whole(self.path / "pid") as temporary:
            temporary.write_text(process_owner(pid).to_text() + "\n", encoding="utf-8")

    def owner(self) -> Owner | None:
        """The process that runs it, or ran it; None where nobody knows."""
        try:
            return owner_from_text(read_regular(self.path / "pid"))
        except OSError:
            return None

    def is_alive(self) -> bool:
        """Whether the process that this folder names still runs, and is still the one that was started."""
        owner = self.owner()
        return owner is not None and owner.is_alive()

    def write_rc(self, code: int) -> None:
        with written_whole(self.path / "rc") as temporary:
            temporary.write_text(f"{code}\n")

    def rc(self) -> int | None:
        """The exit code (negative: the signal that ended the process), or None when it is not known."""
        try:
            return int((self.path / "rc").read_text())
        except (OSError, ValueError):
            return None

    # --- stopping ---------------------------------------------------------------------------------------------
    def request_cancel(self) -> None:
        (self.path / "cancel").touch()

    def cancel_requested(self) -> bool:
        return (self.path / "cancel").exists()

    # --- what is known of a death -----------------------------------------------------------------------------
    def log_tail(self) -> str:
        try:
            with self.log_path.open("rb") as file:
                file.seek(max(0, self.log_path.stat().st_size - _LOG_TAIL))
                return file.read().decode(errors="replace").strip()
        except OSError:
            return ""

    def crash_failure(self) -> Failed:
        """The last word of a process that could not say one."""
        what = self.kind().noun
        resume = "Everything saved before that is kept: start it again to continue from there."
        try:
            free = shutil.disk_usage(self.path).free
        except OSError:
            return Failed(
                f"The folder of the {what} is gone: {self.path}", "Was a disk unplugged, or the folder moved?"
            )
        if free < _FULL_DISK:
            return Failed(
                f"The {what} ended because the disk is full ({free // 1000} kB left)",
                f"Free some space. {resume}",
                cause=Cause.DISK,
            )
        code = self.rc()
        if code is None:
            title = f"The {what} ended without a message; the computer may have been switched off"
        elif code < 0:
            title = f"The {what} was stopped by another program or the system ({_signal_name(-code)})"
            if -code == _SIGKILL:
                title += "; this happens when the computer runs out of memory"
        else:
            shown = f"{code:#x}" if code > 255 else code  # Windows' own codes are looked up in that form
            title = f"The {what} ended unexpectedly with exit code {shown}"
        return Failed(title, resume, self.log_tail())


class Journal:
    """Appends events to a job's `events.jsonl`. Each line is handed to the system before `append` returns.

    Args:
      origin: For a job that runs elsewhere: the bytes of its journal there that are told by what was appended so far.
        It is written into each line, so that a later follower of the job starts exactly there.
    """

    def __init__(self, folder: JobFolder, origin: Callable[[], int] | None = None) -> None:
        # "x": a job runs once. A second process must not mix its events with those of the first.
        self._file = folder.events_path.open("xb", buffering=0)
        self._seq = 0
        self._origin = origin

    def append(self, event: Event) -> None:
        origin = f'"from": {self._origin()}, ' if self._origin is not None else ""
        line = f'{{"seq": {self._seq}, "at": {time.time():.3f}, {origin}{to_json(event)[1:]}\n'
        self._file.write(line.encode("ascii"))
        self._seq += 1

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


class Follower:
    """Reads a job's events from an offset on, complete lines only.

    Attributes:
      offset: Bytes read so far; a follower made with it goes on exactly there.
      ended: The last word was read. Nothing is read after it.
    """

    def __init__(self, folder: JobFolder, offset: int = 0) -> None:
        self.folder = folder
        self.offset = offset
        self.ended = False
        self._last_seq = -1

    def poll(self, max_bytes: int = 1_000_000) -> list[Event]:
        """What was written since the last call; empty when nothing was. A line that is no event becomes a `Noted`."""
        if self.ended:
            return []
        try:
            with self.folder.events_path.open("rb") as file:
                file.seek(self.offset)
                chunk = file.read(max_bytes)
                if b"\n" not in chunk and len(chunk) == max_bytes:
                    chunk += file.read(max(0, _LONGEST_LINE - max_bytes))
        except OSError:
            return []
        end = chunk.rfind(b"\n") + 1
        if end == 0:
            if len(chunk) < _LONGEST_LINE:
                return []
            self.offset += len(chunk)
            return [_garbage(chunk)]
        events: list[Event] = []
        start = 0
        while start < end and not self.ended:
            stop = chunk.index(b"\n", start) + 1
            event = self._read(chunk[start : stop - 1])
            start = stop
            if event is not None:
                events.append(event)
                self.ended = isinstance(event, LAST_WORDS)
        self.offset += start
        return events

    def _read(self, line: bytes) -> Event | None:
        envelope = _ENVELOPE.match(line)
        if envelope is None:
            return _garbage(line)
        try:
            event = event_from_json(b"{" + line[envelope.end() :])
        except (DataError, ConfigError):
            return _garbage(line)
        seq = int(envelope[1])
        if seq <= self._last_seq:
            return None
        self._last_seq = seq
        return event


def follow(folder: JobFolder, offset: int, is_alive: Callable[[], bool], pause: Callable[[], bool]) -> Iterator[Event]:
    """Yields a job's events from `offset` on until its last word; says that word itself when the process is gone.

    Args:
      offset: Bytes of `events.jsonl` that were read before.
      is_alive: Whether the job's process runs.
      pause: Called when there is nothing to read; waits a moment, and answers False to leave.
    """
    follower = Follower(folder, offset)
    n_read = 0
    while not follower.ended:
        alive = is_alive()  # asked before reading: what a process wrote before it died is still read
        events = follower.poll(_BYTES_AT_ONCE)
        yield from events
        n_read += len(events)
        if events:
            continue
        if not alive:
            if follower.offset == 0 and n_read == 0:
                yield Started(folder.kind())
            yield folder.crash_failure()
            return
        if not pause():
            return


def _garbage(line: bytes) -> Noted:
    text = line[:80].decode(errors="replace")
    return Noted("A line of the job's journal could not be read and was skipped", f"It begins with {text!r}.")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
