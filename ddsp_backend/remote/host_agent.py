"""What runs on the host, started through ssh: one request on stdin, answers as lines on stdout, then the end.

python -m ddsp_backend.remote.host_agent

The first line of the answer is GREETING; whatever a login script prints comes before it. A request is a JSON object:
{"do": the name of a function below without its underscore, and its arguments}.
"""

import errno
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

from ddsp_backend import kernel_store
from ddsp_backend.jobs.codec import spec_from_json, to_json
from ddsp_backend.jobs.folder import JobFolder
from ddsp_backend.remote.both_ends import GREETING
from ddsp_backend.remote.content_store import KEPT_SECONDS, ContentStore, size_of, sum_of
from ddsp_backend.remote.sealed_worker import take_seat

_POLL_SECONDS = 0.05
_NAP_SECONDS = 0.12  # events that come meanwhile wake both ends once
_ALIVE_SECONDS = 1.0  # how often is asked whether the job lives; each time costs a hundredth of a poll's pause
_START_SECONDS = 60.0
_GRACE_SECONDS = 10.0
_END_SECONDS = 18.0  # that a process may take after its last word, on a busy machine; MultiHostRelay waits for 20
_PIECE = 1 << 20
# Notes the end of the job, whatever it dies of: nobody else waits for it.
_GUARD = """
trap '' HUP; trap : TERM INT
folder="$1"; shift
"$@" "$folder"; code=$?
test -f "$folder/rc" || echo $((code > 128 ? 128 - code : code)) >"$folder/rc"
"""


def main() -> int:
    request: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    _say(GREETING)
    try:
        _DO[request.pop("do")](**request)
    except OSError as error:
        if error.errno is None:
            raise
        file = error.filename or "a file of this job"
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        _answer({"refused": f"{file}" if is_full else f"{error.strerror}: {file}", "full": is_full})
    return 0


# --- what goes up -----------------------------------------------------------------------------------------------------
def _take(store: str, folder: str, keep: bool) -> None:
    """Takes what a run reads: a line of [sha256, path] of each file; the answer is what of it is here; then a line of
    [sha256, how many bytes of it are here, size] of what is missing, and its bytes; the answer is what lacks still.
    """
    shelf, source = ContentStore(store), cast(BufferedReader, sys.stdin.buffer)
    while line := source.readline():
        files: list[list[str]] = json.loads(line)
        here, free = shelf.missing([sha for sha, _ in files])
        _answer({"here": here, "free": free})
        shelf.receive(json.loads(source.readline() or b"[]"), source)
        _answer({"lacking": shelf.place(folder, files, keep)})


# --- the job ----------------------------------------------------------------------------------------------------------
def _started(folder: str) -> None:
    """Whether the job runs or ran."""
    _answer({"started": Path(folder, "pid").exists()})


def _seat() -> None:
    """Where one worker of several will sit, and whether it can be sealed in there."""
    folder, is_sealed = take_seat()
    _answer({"folder": folder, "sealed": is_sealed})


def _start(folder: str, spec: str, task: str = "") -> None:
    """Starts the job, once: a second request, even at the same time, learns that it runs or ran.

    With a `task` it is one worker of several (see sealed_worker.py).
    """
    job = JobFolder(folder)
    program = ["ddsp_backend.remote.sealed_worker", task] if task else ["ddsp_backend", "run"]
    job.path.mkdir(parents=True, exist_ok=True)
    _sweep(job.path.parents[1])
    with (job.path / "lock").open("w") as lock:
        begun = time.monotonic()
        while not (job.path / "pid").exists() and job.rc() is None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Another one starts it. He hands the lock on to the job, so that it is never free while that runs.
                if time.monotonic() - begun > _START_SECONDS:
                    raise
                time.sleep(_POLL_SECONDS)
                continue
            if not (job.path / "job.json").exists():
                job.create(spec_from_json(spec))
            guard = subprocess.Popen(
                ["/bin/sh", "-c", _GUARD, "sh", str(job.path), sys.executable, "-m", *program],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, kernel_store.VARIABLE: str(job.path.parents[2] / "kernels")},
                start_new_session=True,  # the end of the connection is not the end of the job
                pass_fds=(lock.fileno(),),
            )
            while not (job.path / "pid").exists() and guard.poll() is None:
                time.sleep(_POLL_SECONDS)
            break
    _answer({})


def _sweep(runs: Path) -> None:
    """Removes the runs that ended long ago and that nobody has come back for."""
    for run in runs.iterdir():
        end = run / "job" / "rc"
        if end.exists() and time.time() - end.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(run, ignore_errors=True)


def _follow(folder: str, offset: int) -> None:
    """The journal's lines as they are, from a byte on; at the end the last word of a job that could not say one."""
    job = JobFolder(folder)
    asked_at = -_ALIVE_SECONDS
    alive = True
    while True:
        if time.monotonic() - asked_at >= _ALIVE_SECONDS:
            asked_at, alive = time.monotonic(), job.is_alive()
        chunk = b""
        if size_of(job.events_path) > offset:
            with job.events_path.open("rb") as file:
                file.seek(offset)
                chunk = file.read(_PIECE)
        lines = chunk[: chunk.rfind(b"\n") + 1]
        if lines:
            offset += len(lines)
            sys.stdout.buffer.write(lines)
            sys.stdout.buffer.flush()
        elif not alive:
            _answer({"epitaph": to_json(job.crash_failure())})
            return
        # The other side closes stdin when it leaves; a cut connection does so too. No nap where more is there already.
        nap = 0 if lines and len(chunk) == _PIECE else _NAP_SECONDS
        if select.select([0], [], [], nap)[0] and not os.read(0, 64):
            return


def _stop(folder: str, by_force: bool) -> None:
    """Asks the job to stop; or ends it and all its processes, by request first."""
    job = JobFolder(folder)
    job.request_cancel()
    if by_force and job.is_alive():
        group = os.getpgid(json.loads((job.path / "pid").read_text())["pid"])
        os.killpg(group, signal.SIGTERM)
        if not _comes_soon(lambda: not job.is_alive(), _GRACE_SECONDS):
            os.killpg(group, signal.SIGKILL)
    _answer({})


def _remove(folder: str) -> None:
    """Removes a run that is over, once its guard has gone too: what that writes last would be left behind."""
    job = JobFolder(Path(folder, "job"))
    if _comes_soon(lambda: not job.is_alive() and not _is_guarded(job), _END_SECONDS):
        shutil.rmtree(folder, ignore_errors=True)
    _answer({})


def _is_guarded(job: JobFolder) -> bool:
    """Whether anybody still holds the lock that `_start` handed on."""
    try:
        with (job.path / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False


def _comes_soon(is_so: Callable[[], bool], seconds: float) -> bool:
    begun = time.monotonic()
    while not (came := is_so()) and time.monotonic() - begun < seconds:
        time.sleep(_POLL_SECONDS)
    return came


# --- what comes back --------------------------------------------------------------------------------------------------
def _list(folder: str) -> None:
    """For each line of what is known, {name: [size, time of change in ns]}, a line of every file below `folder`."""
    for line in sys.stdin.buffer:
        _answer({"files": _listed(folder, json.loads(line))})


def _listed(folder: str, known: dict[str, list[int]]) -> dict[str, list[int | str]]:
    """Of each file [size, time of change in ns, sha256], the sum left out where the other two are known.

    The sum is that of the first `size` bytes: summaries grow while they are read.
    """
    found: dict[str, list[int | str]] = {}
    for path in sorted(_files_below(folder)):
        name = path.relative_to(folder).as_posix()
        try:
            if path.is_symlink() or not path.is_file():
                continue
            status = path.stat()
            is_known = known.get(name) == [status.st_size, status.st_mtime_ns]
            found[name] = [status.st_size, status.st_mtime_ns, "" if is_known else sum_of(path, status.st_size)]
        except FileNotFoundError:
            continue  # an old checkpoint, removed meanwhile
    return found


def _files_below(folder: str) -> Iterator[Path]:
    """All but what is hidden: what is being written. Such a folder may vanish while it is looked through."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(place, name) for name in names if not name.startswith("."))


_DO: dict[str, Callable[..., None]] = {
    "take": _take,
    "started": _started,
    "seat": _seat,
    "start": _start,
    "follow": _follow,
    "list": _list,
    "stop": _stop,
    "remove": _remove,
}


def _answer(value: object) -> None:
    _say(json.dumps(value))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
