"""Processes that live on by themselves: the end of their parent, and Ctrl+C in its terminal, do not reach them."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ddsp_backend.jobs.owner import Owner, owner_from_text

_left: list["subprocess.Popen[bytes]"] = []


def detached() -> dict[str, Any]:
    """What `subprocess.Popen` must be given for that, on this system."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def leave(process: "subprocess.Popen[bytes]") -> None:
    """Lets it live on; Popen complains when it is dropped before its process has ended."""
    _left[:] = [each for each in (*_left, process) if each.poll() is None]


def start_detached(command: Sequence[str], folder: Path) -> None:
    """Starts a process of which nothing is heard. Raises OSError."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **detached(),
    )
    leave(process)


@dataclass(frozen=True, slots=True)
class Heir:
    """The command that a process of ours starts at its end if the process that asked for it has died meanwhile.

    It is handed over as words of the command line. It stands in no file that others could write, and goes to no host.
    """

    command: tuple[str, ...]
    owner: Owner

    def words(self) -> tuple[str, ...]:
        return ("--then", self.owner.to_text(), *self.command)

    def start_if_needed(self) -> None:
        if self.owner.is_alive():
            return
        try:
            start_detached(self.command, Path.cwd())
        except OSError:
            pass  # what remains is written down; the next window goes on with it


def heir_from(words: Sequence[str]) -> Heir | None:
    """None where the words name none."""
    if len(words) < 3 or words[0] != "--then":
        return None
    owner = owner_from_text(words[1])
    return None if owner is None else Heir(tuple(words[2:]), owner)
