"""What every test gets: a display that needs no screen, quiet libraries, and nothing left behind."""

import atexit
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from ddsp_backend import kernel_store

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# What is compiled here, and in the processes that are started from here, is compiled once, and gone in the end.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("TF_XLA_FLAGS", None)  # of the process that hands out the tests: each one here is lent a folder too
else:
    os.environ[kernel_store.VARIABLE] = tempfile.mkdtemp(prefix="kernels-")
    atexit.register(shutil.rmtree, os.environ[kernel_store.VARIABLE], ignore_errors=True)
kernel_store.lend()
# Nor is anything kept among the settings of the user who runs the tests: how fast his computer works, say.
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="config-")
atexit.register(shutil.rmtree, os.environ["XDG_CONFIG_HOME"], ignore_errors=True)

_PATIENCE = 5  # seconds that an end which was asked for may take
_started_threads: weakref.WeakSet[Any] = weakref.WeakSet()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # The display without a screen says this of every dialog; it has no window manager to tell sizes to.
        item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints", extend=True))


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fails a test that leaves a child process or a running QThread."""
    _note_threads()
    this = psutil.Process()
    before = {child.pid for child in this.children(recursive=True)}
    yield
    threads = _running_threads()
    children = [child for child in this.children(recursive=True) if child.pid not in before and _still_runs(child)]
    for child in children:
        child.kill()
    assert not children, f"processes left behind: {children}"
    assert not threads, f"threads left running: {threads}"


def _still_runs(process: psutil.Process) -> bool:
    try:
        # One that has ended says no more what it was; waiting takes it off the system's list.
        is_over = process.status() == psutil.STATUS_ZOMBIE
        if not is_over and any("multiprocessing.resource_tracker" in word for word in process.cmdline()):
            return False  # Python's own; it ends with this process
        process.wait(_PATIENCE)
    except psutil.TimeoutExpired:
        return True
    except psutil.NoSuchProcess:
        pass
    return False


def _note_threads() -> None:
    """Keeps an eye on each QThread that is started: to look for them among all objects takes a tenth of a second."""
    if "PySide6.QtCore" not in sys.modules:
        return  # a test without Qt must not load it
    from PySide6.QtCore import QThread

    start = QThread.start
    if getattr(start, "is_noted", False):
        return

    def noted(thread: QThread, *priority: QThread.Priority) -> None:
        _started_threads.add(thread)
        start(thread, *priority)

    noted.is_noted = True
    QThread.start = noted


def _running_threads() -> list[object]:
    if not _started_threads:
        return []
    import shiboken6

    running = [thread for thread in _started_threads if shiboken6.isValid(thread) and thread.isRunning()]
    return [thread for thread in running if not thread.wait(_PATIENCE * 1000)]
