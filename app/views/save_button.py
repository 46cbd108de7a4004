"""The button that saves what is heard; its menu says in which form."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.state.sound_forms import depth_title, form_title, rate_title
from app.views.icons import set_icon
from ddsp_backend.jobs.sound_form import SAMPLE_RATES, Depth, SoundForm


class SaveButton(QToolButton):
    """Signals: form_chosen: A `SoundForm`. `clicked` asks to save."""

    form_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = SoundForm()
        set_icon(self, "save")
        self.setAccessibleName("Save what is heard as a wav file")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        menu = QMenu(self)
        self._depths, self._rates = QActionGroup(self), QActionGroup(self)
        for depth in Depth:
            self._add(menu, self._depths, depth_title(depth), depth)
        menu.addSeparator()
        for rate in SAMPLE_RATES:
            self._add(menu, self._rates, rate_title(rate), rate)
        self.setMenu(menu)
        self.set_form(self._form)

    def set_form(self, form: SoundForm) -> None:
        self._form = form
        self.setToolTip(f"Save what is heard as a wav file ({form_title(form)}). The arrow chooses another format.")
        for group, chosen in ((self._depths, form.depth), (self._rates, form.rate)):
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
        self.form_chosen.emit(SoundForm(depth.data(), rate.data()))
