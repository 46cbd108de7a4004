"""Puts the window together: style, pages, controllers, and the order of start and end."""

import gc
import sys
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QIcon

from app.controllers.bucket_controller import BucketController
from app.controllers.data_controller import DataController
from app.controllers.help_controller import HelpController
from app.controllers.hosts_controller import HostsController
from app.controllers.instrument_bin import InstrumentBin
from app.controllers.listening_controller import ListeningController
from app.controllers.machines_controller import MachinesController
from app.controllers.model_opening import ModelOpening
from app.controllers.play_controller import PlayController
from app.controllers.record_controller import RecordController
from app.controllers.rendering import Rendering
from app.controllers.settings_controller import SettingsController
from app.controllers.studio import Studio
from app.controllers.training_controller import TrainingController
from app.controllers.window_controller import WindowController
from app.file_opening import FileOpeningApplication
from app.jobs.child import PROGRAM
from app.main_window import MainWindow
from app.paths import resources_folder
from app.state.instrument import Instrument
from app.state.window import Page
from app.views.data_page import DataPage
from app.views.focus_ring import FocusRing
from app.views.listening_page import ListeningPage
from app.views.look import Look
from app.views.play_page import PlayPage
from app.views.training_page import TrainingPage


def make_application(arguments: list[str]) -> FileOpeningApplication:
    """The one QApplication, in our style."""
    application = FileOpeningApplication(arguments)
    application.setApplicationName("timbre-studio")
    application.setApplicationDisplayName("Timbre Studio")
    application.setDesktopFileName("timbre-studio")
    # A thread that reads events hands Python's lock back to the window after 1 ms instead of 5.
    sys.setswitchinterval(0.001)
    Look(application)
    application.setWindowIcon(QIcon(str(resources_folder() / "icons" / "app.svg")))
    return application


class TimbreStudio(QObject):
    """The window with everything behind it."""

    def __init__(self, library: Path | None, settings_path: Path, program: tuple[str, ...] = PROGRAM) -> None:
        super().__init__()
        self.studio = Studio(library, settings_path, program, self)
        self.window = MainWindow()
        self.focus_ring = FocusRing(self.window)
        self.window.restore(self.studio.settings.geometry)
        self.window_controller = WindowController(self.window, self.studio, self)
        self.data_page = DataPage()
        self.data_controller = DataController(self.data_page, self.studio, self)
        self.window.add_page(Page.DATA, self.data_page)
        self.training_page = TrainingPage()
        self.training_controller = TrainingController(self.training_page, self.studio, self)
        self.window.add_page(Page.TRAINING, self.training_page)
        boxes = (self.data_page.place, self.training_page.place)
        self.hosts_controller = HostsController(boxes, self.window, self.studio)
        self.machines_controller = MachinesController(boxes, self.window, self.studio, self.hosts_controller, program)
        self.settings_controller = SettingsController(self.window, self.studio)
        self.data_page.settings_requested.connect(self.settings_controller.open)
        self.bucket_controller = BucketController(self.window, self.studio, program)
        self.data_page.bucket_requested.connect(self.bucket_controller.open)
        self.record_controller = RecordController(self.window, self.studio)
        self.data_page.record_requested.connect(self.record_controller.open)
        self.listening_page = ListeningPage()
        self.rendering = Rendering(self.studio.queue, program, self)
        self.listening_controller = ListeningController(self.listening_page, self.studio, self.rendering, self)
        self.window.add_page(Page.LISTENING, self.listening_page)
        self.play_page = PlayPage()
        self.play_controller = PlayController(self.play_page, self.studio, program, self)
        self.window.add_page(Page.PLAY, self.play_page)
        self.window_controller.midi_requested.connect(self.play_controller.play_midi_file)
        kept = self.listening_controller.kept
        self.bin = InstrumentBin(self.window, self.studio, self.rendering, kept, self._forget)
        self.window.sidebar.remove_requested.connect(self.bin.remove)
        self.window.sidebar.menu.quit_requested.connect(self.window.close)
        self.help_controller = HelpController(self.window, self.studio)
        self.window_controller.play_requested.connect(self.listening_controller.play_recordings)
        self.opening = ModelOpening(self.window, self.studio, self.rendering.worker, self)
        self.window_controller.open_requested.connect(self.opening.open)
        self.window.sidebar.menu.open_requested.connect(self.opening.choose)
        self.window.sidebar.menu.double_click_requested.connect(self.opening.use_double_click)
        self.studio.changed.emit()

    def show(self, *, demo: bool = False, models: tuple[str, ...] = ()) -> None:
        """Args: models: Paths of models that others have shared, to be opened."""
        # After the first picture: neither the plots' library nor the user's must delay it.
        self.window.painted.connect(self._open_demo if demo else self._open)
        if models:
            self.window.painted.connect(lambda: self.opening.open(models))
        self.window.show()

    def shut_down(self) -> None:
        self.bin.close()
        self.data_controller.close()
        self.training_controller.close()
        self.listening_controller.close()
        self.play_controller.close()
        self.rendering.close()
        self.machines_controller.close()
        self.bucket_controller.close()
        self.record_controller.close()
        self.studio.shut_down()

    def _forget(self, instrument: Instrument) -> None:
        self.listening_controller.forget(instrument)
        self.play_controller.forget(instrument)

    def _open(self) -> None:
        self.training_page.build_charts()
        # What is here now stays to the end. Left out of it, a collection takes a few ms instead of some thirty.
        gc.collect()
        gc.freeze()
        self.studio.open()
        self.machines_controller.look_for_running()

    def _open_demo(self) -> None:
        self._open()
        self.studio.run_demo()
