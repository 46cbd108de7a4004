"""A computer that works for hours without a key being pressed does not fall asleep over it, where the system allows.

Only the sleep for want of use is held off. Who closes the lid or chooses Sleep is obeyed; the job goes on afterwards.
"""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Of SetThreadExecutionState in Windows' winbase.h.
_CONTINUOUS, _SYSTEM_REQUIRED = 0x80000000, 0x00000001
_REASON = "Timbre Studio is working"


@contextmanager
def kept_awake() -> Iterator[None]:
    """Within it, the computer does not sleep for want of use. Where it cannot be asked, nothing happens.

    To be left by the thread that entered it: Windows keeps the wish of a thread.
    """
    if sys.platform == "win32":
        ctypes.windll.kernel32.SetThreadExecutionState(_CONTINUOUS | _SYSTEM_REQUIRED)
        try:
            yield
        finally:
            ctypes.windll.kernel32.SetThreadExecutionState(_CONTINUOUS)
        return
    asking = _started(_command(os.getpid()))
    try:
        yield
    finally:
        if asking is not None:
            asking.terminate()
            asking.wait()


def _command(pid: int) -> list[str]:
    """A program that asks the system as long as process `pid` lives; empty where there is none."""
    if caffeinate := shutil.which("caffeinate"):  # macOS
        return [caffeinate, "-i", "-w", str(pid)]
    if (inhibit := shutil.which("systemd-inhibit")) and (tail := shutil.which("tail")):
        return [inhibit, "--what=idle", f"--who={_REASON}", f"--why={_REASON}", tail, f"--pid={pid}", "-f", os.devnull]
    return []


def _started(command: list[str]) -> "subprocess.Popen[bytes] | None":
    if not command:
        return None
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        return None
