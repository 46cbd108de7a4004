"""Ctrl-C, and what else asks a command to end: once to stop and save, twice to end at once."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ddsp_backend.jobs.cancel import CancelToken

EXIT_STOPPED = 130


@contextmanager
def stopped_by_signals(cancel: CancelToken) -> Iterator[None]:
    """The first signal asks the job to stop and save, the second raises KeyboardInterrupt, the third ends the process.

    The second lets everything on the way out tidy up; who cannot wait for that either has the third.
    """
    n_asked = 0

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal n_asked
        n_asked += 1
        if n_asked == 1:
            cancel.set()
        elif n_asked == 2:
            raise KeyboardInterrupt
        else:
            os._exit(EXIT_STOPPED)

    before = listen(ask)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def listen(handler: Callable[[int, FrameType | None], None]) -> dict[int, Callable[..., object] | int | None]:
    """Lets `handler` hear what asks a program to end: Ctrl-C, SIGTERM, and the terminal that was closed.

    Returns the handlers that were there before.
    """
    numbers: list[int] = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:  # as nohup wants it
        numbers.append(hangup)
    if sys.platform == "win32":
        numbers.append(signal.SIGBREAK)  # Ctrl-Break
    return {number: signal.signal(number, handler) for number in numbers}
