"""The menu at the top left: what concerns the whole window, each with its key."""

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QToolButton, QWidget

from app.plots.colors import Ink
from app.views.icons import set_icon


class MainMenu(QToolButton):
    """Signals: requests of the user; `rename_requested` and `remove_requested` mean the instrument shown."""

    new_requested = Signal()
    open_requested = Signal()
    rename_requested = Signal()
    remove_requested = Signal()
    double_click_requested = Signal()
    guide_requested = Signal()
    keys_requested = Signal()
    about_requested = Signal()
    quit_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_icon(self, "more", Ink.TEXT_DIM)
        self.setAccessibleName("Menu")
        self.setToolTip("Menu: help, keys, and more")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.new_action = self._action("New instrument", self.new_requested, "Ctrl+N")
        self._action("Open a shared model ...", self.open_requested, "Ctrl+O")
        self.rename_action = self._action("Rename", self.rename_requested, "F2")
        self.remove_action = self._action("Move to the bin", self.remove_requested)
        self._separate()
        self.guide_action = self._action("Guide", self.guide_requested, "F1")
        self.keys_action = self._action("Keys", self.keys_requested)
        self.about_action = self._action("About Timbre Studio", self.about_requested)
        self._action("Open models with a double click", self.double_click_requested)
        self._separate()
        self.quit_action = self._action("Quit", self.quit_requested, "Ctrl+Q")

    def set_has_instrument(self, has_instrument: bool) -> None:
        for action in (self.rename_action, self.remove_action):
            action.setEnabled(has_instrument)

    def _action(self, text: str, request: SignalInstance, keys: str = "") -> QAction:
        """The button's menu is made of its actions, and their keys work wherever the focus is in the window."""
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda: request.emit())
        self.addAction(action)
        return action

    def _separate(self) -> None:
        line = QAction(self)
        line.setSeparator(True)
        self.addAction(line)
