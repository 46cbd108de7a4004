"""What XLA compiled on this computer is kept, so that a job which starts later need not compile it again.

TensorFlow can keep its kernels itself, but fails of a file that is damaged or of a disk that is full, and never throws
one away. So a process is lent a folder of its own with the intact kernels, and what it compiled in addition is
given back: after a checkpoint, and when it ends.

    <kernels>/<key>/<sum>-<name>    a kernel; its name begins with the sum of what it holds
    <kernels>/lent/<pid>-...        what a process works with; removed when it ends, or when it is found dead

<kernels> is ~/.cache/timbre-studio/kernels, or what TIMBRE_KERNELS names.
"""

import atexit
import hashlib
import os
import platform
import shutil
import sys
import tempfile
import uuid
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from ddsp_backend.cores import usable_cores

VARIABLE = "TIMBRE_KERNELS"
_FLAGS = "TF_XLA_FLAGS"
_WHOLE = ".pb"  # TensorFlow writes under another name first
_LARGEST = 64_000_000  # bytes of all kernels; a model has one million
_SPARE = 500_000_000  # bytes that must be free: TensorFlow ends a step whose kernels it cannot write
_SUM = 16  # digits of the sum in a name

_lent: tuple[Path, Path] | None = None  # where the kept ones are, and the folder of this process


def lend() -> None:
    """Lets TensorFlow find and keep kernels. Must come before it is loaded; does nothing where it cannot be done."""
    global _lent
    if _lent is not None or "tensorflow" in sys.modules or "persistent_cache" in os.environ.get(_FLAGS, ""):
        return
    machine = _machine()
    if machine is None:
        return
    folder = kernels_folder()
    store = folder / hashlib.sha256(machine.encode()).hexdigest()[:_SUM]
    try:
        store.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(store).free < _SPARE:
            return
        _remove_of_the_dead(folder / "lent")
        own = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=folder / "lent"))
        _copy_whole_ones(store, own)
    except OSError:
        return  # a home folder that cannot be written to: everything is compiled, as it would be without this
    flags = f"--tf_xla_persistent_cache_directory={own} --tf_xla_persistent_cache_device_types=CPU"
    os.environ[_FLAGS] = f"{os.environ.get(_FLAGS, '')} {flags}".strip()
    _lent = store, own
    atexit.register(_end, os.getpid())


def give_back() -> None:
    """Keeps what this process has compiled so far."""
    if _lent is None:
        return
    store, own = _lent
    try:
        kept = {path.name.partition("-")[2] for path in store.iterdir()}
        for path in own.glob(f"*{_WHOLE}"):
            if path.name not in kept:
                content = path.read_bytes()
                # Not flushed to the disk, which takes long at the end of a process: the sum tells whether it is whole.
                new = store / f".{uuid.uuid4().hex[:_SUM]}"
                new.write_bytes(content)
                new.replace(store / f"{_sum(content)}-{path.name}")
    except OSError:
        pass  # it is compiled again then


def kernels_folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get(VARIABLE) or Path(cache) / "timbre-studio" / "kernels")


def _end(pid: int) -> None:
    if _lent is not None and os.getpid() == pid:  # not in a process that was forked from it
        give_back()
        shutil.rmtree(_lent[1], ignore_errors=True)


def _machine() -> str | None:
    """Everything that a kernel depends on besides its program; None if unknown, because a wrong kernel would crash."""
    try:
        tensorflow = version("tensorflow")
        description = Path("/proc/cpuinfo").read_text()
    except (PackageNotFoundError, OSError):
        return None
    processor = {line for line in description.splitlines() if line.startswith(("flags", "Features", "model name"))}
    threads = os.environ.get("TF_NUM_INTRAOP_THREADS", ""), usable_cores()
    flags = os.environ.get("XLA_FLAGS", ""), os.environ.get(_FLAGS, "")
    return repr((tensorflow, platform.machine(), sorted(processor), threads, flags)) if processor else None


def _copy_whole_ones(store: Path, own: Path) -> None:
    """Newest first, up to the largest size; what is damaged or does not fit is removed."""
    size = 0
    for path in sorted(store.iterdir(), key=lambda path: -path.stat().st_mtime):
        sum_, _, name = path.name.partition("-")
        content = path.read_bytes()
        size += len(content)
        if size > _LARGEST or _sum(content) != sum_:
            path.unlink(missing_ok=True)
        else:
            (own / name).write_bytes(content)


def _remove_of_the_dead(lent: Path) -> None:
    lent.mkdir(exist_ok=True)
    for path in lent.iterdir():
        pid = path.name.partition("-")[0]
        if not (pid.isdecimal() and psutil.pid_exists(int(pid))):
            shutil.rmtree(path, ignore_errors=True)


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_SUM]
