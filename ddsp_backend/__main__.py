"""The process that a job runs in.

python -m ddsp_backend run FOLDER   runs the job of a folder (see jobs/folder.py) and ends.
python -m ddsp_backend worker       stays warm: spec lines in on stdin, event lines out on stdout. The end of stdin ends
                                    it, and the line {"cancel": true} stops what runs and what waits.
python -m ddsp_backend live         plays a model live: commands in on stdin, reports out on stdout (live/messages.py).

Behind the first two may stand  --then OWNER COMMAND ...   which is started at the end if OWNER died (see
detached_process.py).
"""

import faulthandler
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import psutil

from ddsp_backend.awake import kept_awake
from ddsp_backend.errors import DdspError
from ddsp_backend.files import written_whole
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.codec import spec_from_json, to_json
from ddsp_backend.jobs.detached_process import heir_from
from ddsp_backend.jobs.events import CheckpointSaved, Event, Failed, Finished, Started, StopAcknowledged, Stopped
from ddsp_backend.jobs.folder import JobFolder, Journal
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.place import EXIT_LEFT, read_place
from ddsp_backend.jobs.run import events_of_job, failure, run
from ddsp_backend.jobs.spec import JobSpec, kind_of
from ddsp_backend.storage import any_path, is_bucket_path

if TYPE_CHECKING:
    from ddsp_backend.remote.multi_host import MultiHostRelay
    from ddsp_backend.remote.relay import Relay

_CANCEL_POLL = 0.25  # seconds; each look costs a fifth of a millisecond, as long as the job runs
_NICENESS = 5
_EXIT_CODES = {Finished: 0, Failed: 1, Stopped: 3}


def main(arguments: list[str]) -> int:
    match arguments:
        case ["run", folder, *then]:
            return _with_heir(then, lambda: _run_folder(JobFolder(folder)))
        case ["worker", *then]:
            return _with_heir(then, _work)
        case ["live"]:
            return _play_live()
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def _play_live() -> int:
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in the terminal is for the window, which then closes stdin
    from ddsp_backend.live.live_process import main as play_live  # no other process needs sound

    return play_live()


def _with_heir(then: list[str], work: Callable[[], int]) -> int:
    """Whatever `work` ends of: a worker whose window has died cannot even write that."""
    try:
        return work()
    finally:
        if heir := heir_from(then):
            heir.start_if_needed()


def _run_folder(folder: JobFolder) -> int:
    # Before anything can print: Python's streams and those of C libraries both end in the log.
    log = os.open(folder.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    faulthandler.enable()
    _make_way()
    code = 70
    try:
        folder.write_pid(os.getpid())
        with kept_awake():
            code = _journal_events(folder)
    finally:
        folder.write_rc(code)
    return code


def _make_way() -> None:
    """The window and its sound come first on a machine with few cores."""
    if hasattr(os, "nice"):
        os.nice(max(0, _NICENESS - os.nice(0)))
    elif sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)


def _journal_events(folder: JobFolder) -> int:
    cancel = CancelToken()
    events, relay = _job_of(folder, cancel)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: cancel.set())
    writing = threading.Lock()
    over = threading.Event()
    acknowledged = threading.Event()

    def acknowledge() -> None:
        # Called with the lock held. A job may be in the middle of a step of several seconds; the user who pressed Stop
        # gets an answer at once.
        if not (acknowledged.is_set() or over.is_set()):
            acknowledged.set()
            journal.append(StopAcknowledged())

    def watch() -> None:
        while not over.wait(_CANCEL_POLL):
            if folder.cancel_requested():
                cancel.set()
            if cancel.is_set():
                with writing:
                    acknowledge()
                return

    last: Event = Started(JobKind.UNKNOWN)
    watcher: threading.Thread | None = None
    with Journal(folder, None if relay is None else lambda: relay.offset) as journal:
        for event in events:
            with writing:
                if isinstance(event, StopAcknowledged):
                    acknowledge()
                    continue
                if isinstance(event, tuple(_EXIT_CODES)):
                    over.set()
                journal.append(event)
            last = event
            if relay is None and isinstance(event, (CheckpointSaved, Finished, Stopped)):
                _copy_journal(folder)
            if watcher is None:  # only now: the first word must be Started
                watcher = threading.Thread(target=watch, name="cancel watcher", daemon=True)
                watcher.start()
        over.set()
    return EXIT_LEFT if relay is not None and relay.is_left else _EXIT_CODES.get(type(last), 70)


def _copy_journal(folder: JobFolder) -> None:
    """Into the run's folder, if that is in a bucket. The journal itself grows here: an object cannot."""
    save_dir = getattr(folder.read_spec(), "save_dir", "")
    if is_bucket_path(save_dir):
        try:
            with written_whole(any_path(save_dir) / f"jobs/{folder.path.name}/{folder.events_path.name}") as copy:
                copy.write_bytes(folder.events_path.read_bytes())
        except (DdspError, OSError) as error:
            print(f"The journal was not copied to {save_dir}: {error}", file=sys.stderr)


def _job_of(folder: JobFolder, cancel: CancelToken) -> tuple[Iterator[Event], "MultiHostRelay | Relay | None"]:
    """The events of the folder's job, and what relays them if it runs elsewhere."""
    try:
        spec = folder.read_spec()
        place = read_place(folder.path)
    except (DdspError, OSError) as error:
        return iter((Started(JobKind.UNKNOWN), Failed(f"The job in {folder.path} cannot be read", str(error)))), None
    if place is None:
        return run(spec, cancel), None
    # Only a job elsewhere needs the libraries for it.
    from ddsp_backend.machines.releasing import until_released
    from ddsp_backend.remote.multi_host import MultiHostRelay
    from ddsp_backend.remote.relay import Relay

    relay: MultiHostRelay | Relay = MultiHostRelay(spec, place, cancel) if place.others else Relay(spec, place, cancel)
    return events_of_job(kind_of(spec), lambda: until_released(relay.events(), place)), relay


def _work() -> int:
    """Runs the specs that come in on stdin, one after the other, in this one process."""
    events = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in the terminal is for the window, which then closes stdin

    waiting: queue.SimpleQueue[tuple[bytes, CancelToken] | None] = queue.SimpleQueue()
    tokens: list[CancelToken] = []

    def read_stdin() -> None:
        for line in sys.stdin.buffer:
            if line.strip() == b'{"cancel": true}':
                for token in tokens:
                    token.set()
            elif line.strip():
                tokens.append(CancelToken())
                waiting.put((line, tokens[-1]))
        for token in tokens:
            token.set()
        waiting.put(None)

    threading.Thread(target=read_stdin, name="stdin", daemon=True).start()
    while (work := waiting.get()) is not None:
        line, cancel = work
        try:
            spec: JobSpec = spec_from_json(line)
        except DdspError as error:
            for word in (Started(JobKind.UNKNOWN), failure(error)):
                events.write(to_json(word) + "\n")
        else:
            for event in run(spec, cancel):
                events.write(to_json(event) + "\n")
        tokens.remove(cancel)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
