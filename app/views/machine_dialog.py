"""Machines in Google Cloud: those that run and cost money, and the form that makes one."""

import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.plots.sizes import widened
from app.state.machines import MachinesState, machine_sentence
from app.views.growing_dialog import GrowingDialog
from app.views.machine_form import MachineForm
from app.views.style import label, line, set_text
from ddsp_backend.jobs.events import MachineFound

_WIDTH = 620


class MachineDialog(GrowingDialog):
    """Signals:

    create_requested: `MachineChoices`, whose cost was shown.
    join_requested, delete_requested: A `MachineFound`.
    key_accepted: The user found the fingerprint to be the right one.
    stop_requested: What is being done shall end.
    """

    create_requested = Signal(object)
    join_requested = Signal(object)
    delete_requested = Signal(object)
    key_accepted = Signal(str)
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Machines in Google Cloud")
        self.setMinimumWidth(widened(_WIDTH))
        self._state = MachinesState()
        self._shown: tuple[tuple[MachineFound, ...], bool] | None = None
        self._lines = QVBoxLayout()
        self.none = label("", "dim", wraps=True)
        self.form = MachineForm()
        self.form.create_requested.connect(self.create_requested)
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.message = label("", "", wraps=True)
        self.fingerprint = label("", "heading", wraps=True)
        self.hint = label("", "small", wraps=True)
        for text in (self.message, self.fingerprint, self.hint):
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.accept_button = QPushButton("It is the right one")
        self.accept_button.setAutoDefault(False)
        self.accept_button.clicked.connect(lambda: self.key_accepted.emit(self._state.fingerprint))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.rejected.connect(self.reject)
        self.stop_button = self.buttons.addButton("Stop", QDialogButtonBox.ButtonRole.ActionRole)
        self.stop_button.clicked.connect(self.stop_requested)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(label("Running, and costing money", "heading"))
        column.addWidget(self.none)
        column.addLayout(self._lines)
        column.addWidget(line())
        column.addWidget(label("Make one", "heading"))
        column.addWidget(self.form)
        for widget in (self.busy, self.message, self.fingerprint, self.hint, self.accept_button):
            column.addWidget(widget)
        column.addStretch()
        self.set_content(inside, self.buttons)
        self.set_state(self._state)

    def set_state(self, state: MachinesState) -> None:
        self._state = state
        self.form.set_working(state.is_working)
        self.form.suggest_project(state.project)
        self.busy.setVisible(state.is_working)
        self.stop_button.setVisible(state.is_working)
        self._set_machines(state.machines, state.is_working)
        message, hint = f"{state.title}." if state.title else "", state.hint
        if state.is_working:
            message, hint = state.detail, ""
        elif state.fingerprint:
            message = f"The fingerprint of the key of {state.jump or state.ready} is"
        elif state.ready and not state.title:
            message = f"{state.ready} is ready. The open instrument trains there."
        set_text(self.message, message)
        set_text(self.hint, hint)
        set_text(self.fingerprint, state.fingerprint)
        self.message.setVisible(bool(message))
        self.hint.setVisible(bool(hint))
        for widget in (self.fingerprint, self.accept_button):
            widget.setVisible(bool(state.fingerprint) and not state.is_working)
        self.grow()

    def _set_machines(self, machines: tuple[MachineFound, ...], is_working: bool) -> None:
        if self._shown == (machines, is_working):
            return
        self._shown = (machines, is_working)
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for machine in machines:
            self._lines.addWidget(self._line(machine, is_working))
        set_text(self.none, "" if machines else "Looking ..." if is_working else "None")
        self.none.setVisible(not machines)

    def _line(self, machine: MachineFound, is_working: bool) -> QWidget:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(machine.name))
        words.addWidget(label(machine_sentence(machine, time.time()), "small", wraps=True))
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addLayout(words, 1)
        for text, signal in (("Train there", self.join_requested), ("Delete", self.delete_requested)):
            if signal is self.join_requested and not machine.is_ours:
                continue
            button = QPushButton(text)
            button.setAutoDefault(False)
            button.setEnabled(not is_working)
            button.setAccessibleName(f"{text}: {machine.name}")
            button.clicked.connect(lambda _=False, signal=signal: signal.emit(machine))
            row.addWidget(button)
        widget = QWidget()
        widget.setLayout(row)
        return widget
