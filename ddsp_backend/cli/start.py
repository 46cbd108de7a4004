"""The installed commands. Ctrl-C while one is still loading ends it with a sentence and without a traceback."""

import os
import sys
from functools import partial
from importlib import import_module
from types import FrameType

from ddsp_backend.cli.signals import EXIT_STOPPED, listen


def _start(command: str) -> int:
    """Returns the exit code."""
    _open_standard_streams()
    listen(_end)
    return import_module(f"ddsp_backend.cli.{command}").main()  # type: ignore[no-any-return]


def _end(_number: int, _frame: FrameType | None) -> None:
    """Before a job listens, and after its last word, there is nothing to save."""
    if sys.stderr is not None:
        print("Stopped.", file=sys.stderr, flush=True)
    os._exit(EXIT_STOPPED)


def _open_standard_streams() -> None:
    """Where one is closed, the next file to be opened would take its place, and get what libraries print."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free


ddsp_run = partial(_start, "ddsp_run")
ddsp_prepare_tfrecord = partial(_start, "ddsp_prepare_tfrecord")
ddsp_remote = partial(_start, "ddsp_remote")
ddsp_export = partial(_start, "ddsp_export")
ddsp_import = partial(_start, "ddsp_import")
ddsp_render = partial(_start, "ddsp_render")
ddsp_generate_synthetic_dataset = partial(_start, "ddsp_generate_synthetic_dataset")
