"""Adds another computer: its address, the fingerprint of its key, what it has."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.plots.sizes import widened
from app.state.hosts import HostMeeting, Meeting
from app.views.style import label, set_text

_WIDTH = 520


class HostDialog(QDialog):
    """Signals:

    look_requested: An address was typed.
    key_accepted: The user found the fingerprint to be the right one.
    """

    look_requested = Signal(str)
    key_accepted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Train on another computer")
        self.setMinimumWidth(widened(_WIDTH))
        self._state = HostMeeting()
        intro = label(
            "Any Linux computer with Python that you can reach with ssh and a key. Everything is installed "
            "in a separate folder there. Timbre Studio never asks for a password or stores one.",
            "dim",
            wraps=True,
        )
        self.address = QLineEdit()
        self.address.setPlaceholderText("a name from your ssh_config, or user@host")
        self.address.setAccessibleName("Address of the computer")
        self.address.returnPressed.connect(self._look)
        self.connect_button = QPushButton("Connect")
        self.connect_button.setAutoDefault(False)
        self.connect_button.clicked.connect(self._look)
        row = QHBoxLayout()
        row.addWidget(self.address, 1)
        row.addWidget(self.connect_button)
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.message = label("", "", wraps=True)
        self.fingerprint = label("", "heading", wraps=True)
        self.fingerprint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hint = label("", "small", wraps=True)
        self.accept_button = QPushButton("It is the right one")
        self.accept_button.setAutoDefault(False)
        self.accept_button.clicked.connect(lambda: self.key_accepted.emit(self._state.fingerprint))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel | QDialogButtonBox.StandardButton.Ok)
        self.use_button = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.use_button.setText("Train there")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(intro)
        column.addLayout(row)
        for widget in (self.busy, self.message, self.fingerprint, self.hint, self.accept_button):
            column.addWidget(widget)
        column.addStretch()
        column.addWidget(self.buttons)
        self.set_state(self._state)

    def set_state(self, state: HostMeeting) -> None:
        self._state = state
        is_looking = state.phase is Meeting.LOOKING
        is_comparing = state.phase is Meeting.COMPARING
        self.address.setEnabled(not is_looking)
        self.connect_button.setEnabled(not is_looking)
        self.busy.setVisible(is_looking)
        message, hint = state.detail, ""
        if is_comparing:
            whose = f"{state.jump}, on the way to {state.address}," if state.jump else state.address
            message = f"{whose} is new here. The fingerprint of its key is"
            hint = (
                "Compare it with the fingerprint that the computer's owner gives you; on that computer, "
                "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub shows it. Once you confirm it, no other "
                "key is accepted."
            )
        elif state.phase is Meeting.REFUSED:
            message, hint = f"{state.title}.", state.hint
        set_text(self.message, message)
        set_text(self.fingerprint, state.fingerprint if is_comparing else "")
        set_text(self.hint, hint)
        self.message.setVisible(bool(message))
        self.fingerprint.setVisible(is_comparing)
        self.hint.setVisible(bool(hint))
        self.accept_button.setVisible(is_comparing)
        self.use_button.setEnabled(state.phase is Meeting.MET)

    def _look(self) -> None:
        if address := self.address.text().strip():
            self.look_requested.emit(address)
