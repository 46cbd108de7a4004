"""python -m tests.remote.open_window LIBRARY SETTINGS REPORT: the application, over a library with one instrument.

Its user presses Train where nothing was ever trained, and nothing else. When the training is over, what the window
shows of it is written to REPORT, and the window is closed.
"""

import json
import sys
from pathlib import Path

from PySide6.QtCore import QTimer

from app.application import TimbreStudio, make_application
from app.interrupts import InterruptListener
from app.state.run_state import Phase
from ddsp_backend.jobs.job_table import JobKind

_LOOKS_EVERY_MS = 50


class User:
    """Looks at the window now and then, and does what there is to do."""

    def __init__(self, studio: TimbreStudio, report: Path) -> None:
        self._studio, self._report = studio, report
        self._timer = QTimer(studio)
        self._timer.setInterval(_LOOKS_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        session = self._studio.studio.session
        if session is None:
            return
        run = session.run
        if run.job == JobKind.PREPARE and not session.is_busy:
            self._studio.training_page.go_on_requested.emit()
        elif run.job == JobKind.TRAIN and (run.phase is Phase.FINISHED or not session.is_busy):
            self._timer.stop()
            clips = [[step, name] for step, clips in sorted(run.clips.items()) for name in sorted(clips)]
            shown = {
                "is finished": run.phase is Phase.FINISHED,
                "failure": run.failure.title if run.failure else "",
                "steps": run.losses["total_loss"].steps.tolist() if run.losses else [],
                "held out": run.held_out["total_loss"].steps.tolist() if run.held_out else [],
                "checkpoints": sorted(saved.step for saved in run.checkpoints),
                "clips": clips,
            }
            self._report.write_text(json.dumps(shown))
            session.stop()  # neither evaluation nor another look at the clips is wanted here
            self._studio.window.close()
            button = self._studio.window_controller.question_button("Stop and save")
            if button is not None:
                button.click()


def main(library: str, settings: str, report: str) -> int:
    application = make_application(sys.argv[:1])
    studio = TimbreStudio(Path(library), Path(settings))
    interrupts = InterruptListener()
    interrupts.interrupted.connect(studio.window.close)
    user = User(studio, Path(report))
    studio.show()
    code = application.exec()
    del user
    interrupts.close()
    studio.shut_down()
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
