"""The button that saves what is heard; its menu says in which form, and saves all recordings that were played."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.state.sound_forms import LEVELS, all_title, depth_title, form_title, level_title, rate_title
from app.views.icons import set_icon
from ddsp_backend.jobs.sound_form import SAMPLE_RATES, Depth, SoundForm


class SaveButton(QToolButton):
    """Signals: form_chosen: A `SoundForm`. all_requested: Save all. `clicked` asks to save what is heard."""

    form_chosen = Signal(object)
    all_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = SoundForm()
        set_icon(self, "save")
        self.setAccessibleName("Save what is heard as a wav file")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        menu = QMenu(self)
        self.all_action = QAction(self)
        self.all_action.triggered.connect(self.all_requested)
        menu.addAction(self.all_action)
        self._depths, self._rates, self._levels = QActionGroup(self), QActionGroup(self), QActionGroup(self)
        menu.addSeparator()
        for depth in Depth:
            self._add(menu, self._depths, depth_title(depth), depth)
        menu.addSeparator()
        for rate in SAMPLE_RATES:
            self._add(menu, self._rates, rate_title(rate), rate)
        menu.addSeparator()
        for level in LEVELS:
            self._add(menu, self._levels, level_title(level), level)
        self.setMenu(menu)
        self.set_form(self._form, 0)

    def set_form(self, form: SoundForm, n_played: int) -> None:
        """Args: n_played: Recordings that can be saved at once."""
        self._form = form
        self.setToolTip(
            f"Save what is heard as a wav file ({form_title(form)}). The arrow chooses another format, or saves all."
        )
        self.all_action.setText(all_title(n_played))
        self.all_action.setVisible(n_played > 1)
        for group, chosen in ((self._depths, form.depth), (self._rates, form.rate), (self._levels, form.level)):
            for action in group.actions():
                action.setChecked(action.data() == chosen)

    def _add(self, menu: QMenu, group: QActionGroup, title: str, value: Depth | float | None) -> None:
        action = QAction(title, self)
        action.setCheckable(True)
        action.setData(value)
        group.addAction(action)
        menu.addAction(action)
        action.triggered.connect(self._on_chosen)

    def _on_chosen(self) -> None:
        depth, rate, level = (group.checkedAction().data() for group in (self._depths, self._rates, self._levels))
        self.form_chosen.emit(SoundForm(depth, rate, level))
