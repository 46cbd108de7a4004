"""Continues a library's work when its window is gone: `python -m app --carry-on` (app/headless/caretaker.py)."""

import sys
from pathlib import Path

from app.jobs.child import backend_folder
from ddsp_backend.jobs.detached_process import Heir, start_detached
from ddsp_backend.jobs.owner import process_owner


def heir_of(library: Path) -> Heir:
    """For the jobs of this process: they start it at their end, should this process have died."""
    return Heir(_command(library), process_owner())


def start_caretaker(library: Path) -> None:
    """Ends by itself when nothing remains. Raises OSError."""
    start_detached(_command(library), backend_folder())


def _command(library: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "app", "--carry-on", "--library", str(library.resolve()))
