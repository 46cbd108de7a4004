"""Chooses several computers that train together."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.plots.sizes import widened
from app.views.style import label

_WIDTH = 520
_ABOUT = (
    "Each computer processes a part of every batch; the result is the same as on one computer. All traffic passes "
    "through this computer, so keep it on and connected: otherwise training saves and stops. This is worth it only "
    "if one step takes seconds."
)


class MultiHostDialog(QDialog):
    """Args:

    addresses: Of the hosts that are known, each of which can be ticked.
    chosen: Those that are ticked at first.
    """

    def __init__(self, addresses: Sequence[str], chosen: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Train on several computers")
        self.setMinimumWidth(widened(_WIDTH))
        self.list = QListWidget()
        self.list.setAccessibleName("Computers that train together")
        for address in addresses:
            item = QListWidgetItem(address)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable)
            item.setCheckState(Qt.CheckState.Checked if address in chosen else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.itemChanged.connect(self._refresh)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel | QDialogButtonBox.StandardButton.Ok)
        self.use_button = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.use_button.setText("Train there")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(label(_ABOUT, "dim", wraps=True))
        column.addWidget(self.list)
        column.addWidget(self.buttons)
        self._refresh()

    def chosen(self) -> tuple[str, ...]:
        """The ticked addresses, in the order of the list. The first one's worker saves and tells."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return tuple(item.text() for item in items if item.checkState() is Qt.CheckState.Checked)

    def _refresh(self) -> None:
        self.use_button.setEnabled(len(self.chosen()) > 1)
