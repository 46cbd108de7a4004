"""Ctrl+C, SIGTERM, and a terminal that is closed, for a process that waits in Qt's event loop."""

import signal
import socket

from PySide6.QtCore import QObject, QSocketNotifier, Signal

from ddsp_backend.cli.signals import listen


class InterruptListener(QObject):
    """Qt's loop runs no Python while nothing happens, so that a plain handler would wait for the next mouse move; a
    socket wakes it.

    Signals: interrupted: A signal came.
    """

    interrupted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reading, self._writing = socket.socketpair()
        self._reading.setblocking(False)
        self._writing.setblocking(False)
        self._notifier = QSocketNotifier(self._reading.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_signal)
        signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        listen(lambda *_: None)

    def _on_signal(self) -> None:
        self._reading.recv(64)
        self.interrupted.emit()

    def close(self) -> None:
        signal.set_wakeup_fd(-1)
        self._notifier.setEnabled(False)
        self._reading.close()
        self._writing.close()
