"""The process that plays a model live, as the window has it: commands go in at once, reports come in batches."""

import subprocess
from collections import deque

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from app.jobs.child import PROGRAM, backend_folder
from ddsp_backend.errors import DdspError
from ddsp_backend.jobs.codec import to_json
from ddsp_backend.jobs.detached_process import detached
from ddsp_backend.live.messages import Command, LiveFailed, Report, Trouble, report_from_json

_BATCH_MS = 40
_PATIENCE = 3.0  # seconds that it gets to end by itself


class _Reader(QThread):
    """Reads reports until the process ends."""

    def __init__(self, process: "subprocess.Popen[bytes]", parent: QObject) -> None:
        super().__init__(parent)
        self._process = process
        self.reports: deque[Report] = deque()

    def run(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                self.reports.append(report_from_json(line))
            except DdspError:
                pass  # a line that was cut by its end


class LiveProcess(QObject):
    """Starts the process with the first command. It ends with `close`, or when the window dies.

    Signals:
      told: A tuple of reports.
      died: The process has ended by itself.
    """

    told = Signal(object)
    died = Signal()

    def __init__(self, program: tuple[str, ...] = PROGRAM, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: _Reader | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_BATCH_MS)
        self._timer.timeout.connect(self._report)

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def say(self, command: Command) -> None:
        """Sends a command. One to a process that is ending is lost; `died` follows."""
        if self._process is None and not self._start():
            return
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(to_json(command).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            pass

    def close(self) -> None:
        """Falls silent and ends the process."""
        process, self._process = self._process, None
        reader, self._reader = self._reader, None
        self._timer.stop()
        if process is None or reader is None:
            return
        _close(process)
        if not reader.wait(round(1000 * _PATIENCE)):
            process.kill()
            reader.wait()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        reader.deleteLater()

    def _start(self) -> bool:
        try:
            self._process = subprocess.Popen(
                [*self._program, "live"],
                cwd=backend_folder(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                **detached(),  # Ctrl+C in the terminal is for the window
            )
        except OSError as error:
            hint = "Start Timbre Studio again. If that does not help, install it again."
            title = f"The process that plays could not be started: {error.strerror or error}"
            self.told.emit((LiveFailed(Trouble.SOUND, title, hint),))
            return False
        self._reader = _Reader(self._process, self)
        self._reader.start()
        self._timer.start()
        return True

    def _report(self) -> None:
        reader = self._reader
        if reader is None:
            return
        is_over = reader.isFinished()
        if batch := tuple(reader.reports.popleft() for _ in range(len(reader.reports))):
            self.told.emit(batch)
        if is_over and reader is self._reader:
            self.close()
            self.died.emit()


def _close(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    try:
        process.stdin.close()
    except OSError:
        pass  # a command that a dead process will never read
