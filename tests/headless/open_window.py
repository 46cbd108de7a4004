"""python -m tests.headless.open_window LIBRARY SETTINGS [WISH ...]: the application, and its user.

A wish is a folder of recordings, which the user drops and trains on, or "demo". The next wish is begun while the one
before is worked on. "close" on stdin closes the window, with "Keep running in the background" where it asks; "stop"
with "Stop and save".
"""

import os
import sys
import threading
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.application import TimbreStudio, make_application
from app.interrupts import InterruptListener

_ANSWERS = {"close": "Keep running in the background", "stop": "Stop and save"}


class User(QObject):
    ordered = Signal(str)

    def __init__(self, studio: TimbreStudio, wishes: tuple[str, ...]) -> None:
        super().__init__()
        self._studio = studio
        self._wishes = list(wishes)
        self._has_dropped = False
        self.ordered.connect(self._close)
        threading.Thread(target=self._listen, daemon=True).start()
        self._timer = QTimer(self)
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._go_on)
        self._timer.start()

    def _listen(self) -> None:
        is_told = False
        for line in sys.stdin:
            is_told = True
            self.ordered.emit(line.strip())
        if not is_told:
            os._exit(1)  # the test was killed

    def _close(self, order: str) -> None:
        self._timer.stop()
        self._studio.window.close()
        button = self._studio.window_controller.question_button(_ANSWERS[order])
        if button is not None:
            button.click()

    def _go_on(self) -> None:
        studio = self._studio.studio
        if studio.is_reading or not self._wishes:
            return
        if self._wishes[0] == "demo":
            self._wishes.pop(0)
            studio.run_demo()
        elif not self._has_dropped:
            self._has_dropped = True
            studio.begin_new()
            studio.add_recordings((self._wishes[0],))
        elif studio.session is not None and studio.session.intake.files and not studio.session.is_looking:
            self._wishes.pop(0)
            self._has_dropped = False
            studio.session.train()


def main(library: str, settings: str, *wishes: str) -> int:
    application = make_application(sys.argv[:1])
    studio = TimbreStudio(Path(library), Path(settings))
    interrupts = InterruptListener()
    interrupts.interrupted.connect(studio.window.close)
    user = User(studio, wishes)
    studio.show()
    code = application.exec()
    del user
    interrupts.close()
    studio.shut_down()
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
