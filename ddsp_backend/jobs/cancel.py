"""Cooperative cancellation: the caller asks, the job decides where to stop."""

import threading

from ddsp_backend.errors import Cancelled


class CancelToken:
    """A flag set from any thread and polled by the job where it is safe to stop."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    def raise_if_set(self) -> None:
        if self._event.is_set():
            raise Cancelled
