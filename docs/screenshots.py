"""Takes the pictures of the documentation: the real window over the demo instrument, really trained.

.venv/bin/python docs/screenshots.py                    trains it first, in some five minutes on two cores
.venv/bin/python docs/screenshots.py --library FOLDER   keeps it there; one that is there already is shown as it is
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.application import TimbreStudio, make_application  # noqa: E402
from app.controllers.session import InstrumentSession  # noqa: E402
from app.state.window import Page  # noqa: E402
from app.views.look import Look  # noqa: E402

# A sound output that plays into nothing (ALSA, on Linux): a machine without one would be told so in the picture.
SPEAKER = "pcm.!default { type null }\nctl.!default { type null }\n"
SIZE = QSize(1320, 860)
PATIENCE = 15 * 60  # seconds; what the demo takes on a slow machine
SETTLED = 0.6  # seconds in which curves are drawn, sounds are loaded and pictures are read


class Photographer:
    """Shows the window and turns its pages."""

    def __init__(self, library: Path, settings: Path, target: Path) -> None:
        self._application = make_application(["timbre-studio"])
        self._studio = TimbreStudio(library, settings)
        self._target = target

    def run(self) -> None:
        window = self._studio.window
        window.resize(SIZE)
        self._studio.show()
        self._wait(lambda: not self._studio.studio.is_reading, 60)
        if self._studio.studio.session is None:
            self._studio.studio.run_demo()
            self._wait(self._is_two_thirds_trained, PATIENCE)
            self._take(Page.TRAINING)  # alive, as one sees it most of the time
            self._wait(lambda: self._studio.studio.page is Page.LISTENING, PATIENCE)
        else:
            self._take(Page.TRAINING)
        self._show(Page.LISTENING)
        self._wait(self._can_be_heard, 120)
        self._studio.listening_controller.sounds.seek(1.3)
        self._take(Page.LISTENING)
        self._take(Page.DATA)
        self._show(Page.PLAY)
        self._wait(lambda: self._studio.play_page.keys.isEnabled(), 120)
        self._take(Page.PLAY)
        window.close()
        self._wait(lambda: not window.isVisible(), 60)
        self._studio.shut_down()

    def _session(self) -> InstrumentSession:
        session = self._studio.studio.session
        assert session is not None
        return session

    def _is_two_thirds_trained(self) -> bool:
        session = self._studio.studio.session
        if session is None:
            return False
        self._fail_with(session)
        step = session.run.step
        return step is not None and step.step > 2 * step.total_steps / 3

    def _can_be_heard(self) -> bool:
        return self._studio.listening_controller.sounds.sound is not None

    def _show(self, page: Page) -> None:
        self._studio.studio.show_page(page)

    def _take(self, page: Page) -> None:
        self._show(page)
        end = time.monotonic() + SETTLED
        self._wait(lambda: time.monotonic() > end, 2 * SETTLED)
        look = self._application.findChild(Look)
        for scheme, ending in ((Qt.ColorScheme.Light, "-light"), (Qt.ColorScheme.Dark, "")):
            if ending and page is not Page.TRAINING:
                continue  # one picture says how the light scheme looks
            look.use(scheme)
            path = self._target / f"{page.title.lower()}{ending}.png"
            if not self._studio.window.grab().save(str(path)):
                raise SystemExit(f"{path} cannot be written")
            print(path)

    def _wait(self, condition: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if self._studio.studio.session is not None:
                self._fail_with(self._studio.studio.session)
            if time.monotonic() > end:
                raise SystemExit(f"The window did not come so far in {seconds:.0f} s")
            QApplication.processEvents()
            time.sleep(0.005)

    @staticmethod
    def _fail_with(session: InstrumentSession) -> None:
        failure = session.run.failure
        if failure is not None:
            raise SystemExit(f"{failure.title}. {failure.hint}\n{failure.traceback}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, help="where the demo instrument is, or is to be")
    parser.add_argument("--target", type=Path, default=ROOT / "docs", help="the pictures' folder")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        speaker = Path(folder) / "asound.conf"
        speaker.write_text(SPEAKER)
        os.environ["ALSA_CONFIG_PATH"] = str(speaker)
        library = options.library or Path(folder) / "library"
        Photographer(library.resolve(), Path(folder) / "settings.json", options.target).run()


if __name__ == "__main__":
    main()
