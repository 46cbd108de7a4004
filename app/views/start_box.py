"""Chooses what a new model starts from."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QWidget

from app.state.start_choices import StartChoice


class StartBox(QComboBox):
    """Signals: chosen: The key of the choice."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("What the model starts from")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._choices: tuple[StartChoice, ...] = ()
        self.activated.connect(lambda place: self.chosen.emit(self.itemData(place)))

    def set_choices(self, choices: Sequence[StartChoice], key: str) -> None:
        """What cannot be chosen is shown with its reason. Where there is one choice alone, there is nothing to show."""
        if tuple(choices) != self._choices:
            self._choices = tuple(choices)
            self.clear()
            for place, choice in enumerate(choices):
                self.addItem(f"{choice.title}: {choice.reason}" if choice.reason else choice.title, choice.key)
                self.setItemData(place, choice.summary, Qt.ItemDataRole.ToolTipRole)
                items = self.model()
                assert isinstance(items, QStandardItemModel)
                items.item(place).setEnabled(not choice.reason)
        self.setCurrentIndex(self.findData(key))
        self.setToolTip(self.currentData(Qt.ItemDataRole.ToolTipRole) or "")
