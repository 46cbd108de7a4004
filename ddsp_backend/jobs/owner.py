"""Which process something belongs to, so that nobody takes another one of the same number for it."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from ddsp_backend.json_reading import parse_json

_START_TOLERANCE = 5.0  # seconds; the start times that a system reports move when its clock is set
_BOOT_TOLERANCE = 20.0  # seconds; no computer boots twice within them


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: its number, its start in seconds since 1970, and the boot of the computer that these belong to."""

    pid: int
    started: float
    boot: str

    def is_alive(self) -> bool:
        """Whether that process still runs, and is still the same one."""
        if not self.is_of_this_boot():
            return False
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return bool(abs(process.create_time() - self.started) < _START_TOLERANCE)
        except (psutil.Error, ValueError, OverflowError):
            return False

    def is_of_this_boot(self) -> bool:
        return is_same_boot(self.boot, _boot_id())

    def to_text(self) -> str:
        return json.dumps(asdict(self))


def process_owner(pid: int | None = None) -> Owner:
    """Of this process, or of another that runs. Raises psutil.Error where there is none."""
    number = os.getpid() if pid is None else pid
    return Owner(number, psutil.Process(number).create_time(), _boot_id())


def owner_from_text(text: str | bytes) -> Owner | None:
    """None where the text names no process."""
    try:
        fields = parse_json(text)
        return Owner(int(fields["pid"]), float(fields["started"]), str(fields["boot"]))
    except (ValueError, KeyError, TypeError):
        return None


def is_same_boot(one: str, other: str) -> bool:
    """A boot that has no name is known by its time, which moves when the clock is set, and on Windows by itself."""
    if one.isdecimal() and other.isdecimal():
        return abs(int(one) - int(other)) < _BOOT_TOLERANCE
    return one == other


def _boot_id() -> str:
    """What Linux calls it; elsewhere when it was, in seconds since 1970."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return f"{psutil.boot_time():.0f}"
