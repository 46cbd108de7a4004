"""What a machine in Google Cloud shall be, how long it may live, and what that can cost."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.state.machines import MachineChoices, cost_sentence
from app.views.number_fields import DecimalField
from app.views.style import label, set_text
from ddsp_backend.jobs.machine_specs import LONGEST_HOURS, SHORTEST_HOURS
from ddsp_backend.machines.book import greatest_cost
from ddsp_backend.machines.kinds import KINDS


class MachineForm(QWidget):
    """Signals: create_requested: The `MachineChoices` whose cost was shown."""

    create_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        first = MachineChoices()
        self._is_working = False
        self.kind = QComboBox()
        for kind in KINDS:
            self.kind.addItem(kind.title, kind.key)
        self.kind.currentIndexChanged.connect(self._on_kind)
        self.remark = label("", "small", wraps=True)
        self.zone = QComboBox()
        self.zone.setEditable(True)
        self.zone.editTextChanged.connect(self._refresh)
        self.project = QLineEdit()
        self.project.setPlaceholderText("the ID of your project")
        self.limit_hours = _spin(SHORTEST_HOURS, LONGEST_HOURS, first.limit_hours, " hours", 0.5)
        self.price = _spin(0.0, 1000.0, 0.0, " an hour", 0.05)
        self.price.setSpecialValueText("type the price")
        for spin in (self.limit_hours, self.price):
            spin.valueChanged.connect(self._refresh)
        self.is_spot = QCheckBox("Spot: cheaper, but Google may take it back at any moment")
        self.is_short = QCheckBox("Delete it when the training on it is over and everything is here")
        self.is_short.setChecked(not first.keeps)
        self.cost = label("", "dim", wraps=True)
        self.create_button = QPushButton("Create")
        self.create_button.setAutoDefault(False)
        self.create_button.clicked.connect(self._create)

        form = QFormLayout()
        for text, widget in (
            ("Machine", self.kind),
            ("", self.remark),
            ("Zone", self.zone),
            ("Project", self.project),
            ("Deletes itself after", self.limit_hours),
            ("Price", self.price),
            ("", self.is_spot),
            ("", self.is_short),
        ):
            form.addRow(text, widget)
            if text:
                widget.setAccessibleName(text)
        last = QHBoxLayout()
        last.addWidget(self.cost, 1)
        last.addWidget(self.create_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(form)
        column.addLayout(last)
        self._on_kind()

    def choices(self) -> MachineChoices:
        return MachineChoices(
            self.kind.currentData(),
            self.project.text().strip(),
            self.zone.currentText().strip(),
            self.limit_hours.value(),
            self.price.value(),
            self.is_spot.isChecked(),
            not self.is_short.isChecked(),
        )

    def set_working(self, is_working: bool) -> None:
        self._is_working = is_working
        self._refresh()

    def suggest_project(self, project: str) -> None:
        if project and not self.project.text():
            self.project.setText(project)

    def _on_kind(self) -> None:
        kind = KINDS[self.kind.currentIndex()]
        set_text(self.remark, kind.remark)
        self.zone.clear()
        self.zone.addItems(list(kind.zones))
        self._refresh()

    def _refresh(self) -> None:
        choices = self.choices()
        set_text(self.cost, cost_sentence(choices))
        has_price = choices.price_per_hour > 0
        cost = f" for at most {greatest_cost(choices.price_per_hour, choices.limit_hours)}" if has_price else ""
        self.create_button.setText(f"Create{cost}")
        self.create_button.setEnabled(has_price and bool(choices.zone) and not self._is_working)

    def _create(self) -> None:
        self.create_requested.emit(self.choices())


def _spin(least: float, most: float, value: float, suffix: str, step: float) -> DecimalField:
    spin = DecimalField()
    spin.setRange(least, most)
    spin.setDecimals(2)
    spin.setSingleStep(step)
    spin.setSuffix(suffix)
    spin.setValue(value)
    spin.lineEdit().setTextMargins(6, 0, 0, 0)  # in line with the fields above it
    return spin
