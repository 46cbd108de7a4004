"""The button that saves what is heard; its menu says in which form."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.state.sound_format import RATES, Depth, SoundFormat, rate_title
from app.views.icons import set_icon


class SaveButton(QToolButton):
    """Signals: format_chosen: A `SoundFormat`. `clicked` asks to save."""

    format_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._format = SoundFormat()
        set_icon(self, "save")
        self.setAccessibleName("Save what is heard as a wav file")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        menu = QMenu(self)
        self._depths, self._rates = QActionGroup(self), QActionGroup(self)
        for depth in Depth:
            self._add(menu, self._depths, depth.title, depth)
        menu.addSeparator()
        for rate in RATES:
            self._add(menu, self._rates, rate_title(rate), rate)
        self.setMenu(menu)
        self.set_format(self._format)

    def set_format(self, sound_format: SoundFormat) -> None:
        self._format = sound_format
        self.setToolTip(f"Save what is heard as a wav file ({sound_format.title}). The arrow chooses another format.")
        for group, chosen in ((self._depths, sound_format.depth), (self._rates, sound_format.rate)):
            for action in group.actions():
                action.setChecked(action.data() == chosen)

    def _add(self, menu: QMenu, group: QActionGroup, title: str, value: Depth | int) -> None:
        action = QAction(title, self)
        action.setCheckable(True)
        action.setData(value)
        group.addAction(action)
        menu.addAction(action)
        action.triggered.connect(self._on_chosen)

    def _on_chosen(self) -> None:
        depth, rate = self._depths.checkedAction(), self._rates.checkedAction()
        self.format_chosen.emit(SoundFormat(depth.data(), rate.data()))
