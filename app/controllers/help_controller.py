"""Opens the guide, the keys and what this program is."""

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from app.controllers.studio import Studio
from app.main_window import MainWindow
from app.paths import guide_file
from app.state.help import GUIDE_SECTIONS, KEY_GROUPS, about_text, guide_text
from app.views.help_windows import AboutWindow, GuideWindow, KeysWindow
from ddsp_backend import __version__


class HelpController(QObject):
    def __init__(self, window: MainWindow, studio: Studio) -> None:
        super().__init__(window)
        self._window = window
        self._studio = studio
        self._guide: GuideWindow | None = None
        menu = window.sidebar.menu
        menu.guide_requested.connect(self._show_guide)
        menu.keys_requested.connect(lambda: self._show(KeysWindow(KEY_GROUPS, window)))
        menu.about_requested.connect(self._show_about)

    def _show_guide(self) -> None:
        """At the place that is about the page shown."""
        if self._guide is None:
            try:
                text = guide_file().read_text(encoding="utf-8")
            except OSError as error:
                self._studio.report("The guide cannot be read", f"{error.strerror or error}: {error.filename}")
                return
            self._guide = GuideWindow(guide_text(text), self._window)
        self._guide.show()
        self._guide.activateWindow()
        self._guide.show_section(GUIDE_SECTIONS[self._studio.page])

    def _show_about(self) -> None:
        parts = {"Python": platform.python_version(), "Qt": _version_of("PySide6-Essentials")}
        self._show(
            AboutWindow(about_text(__version__, {**parts, "TensorFlow": _version_of("tensorflow")}), self._window)
        )

    def _show(self, dialog: QDialog) -> None:
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
