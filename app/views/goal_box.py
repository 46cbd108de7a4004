"""Chooses when a training ends."""

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.plots.sizes import scaled
from app.state.goal import MOST_STEPS, Goal, GoalKind
from app.state.goal_offers import goal_of, key_of, offers
from app.views.number_fields import CountField
from app.views.shrinking_box import ShrinkingBox


class GoalBox(QWidget):
    """Signals: chosen: The `Goal` that was chosen."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._goal: Goal | None = None
        self.kinds = ShrinkingBox()
        self.kinds.setAccessibleName("When training ends")
        self.kinds.activated.connect(self._on_kind_activated)
        self.steps = CountField()
        self.steps.setRange(1, MOST_STEPS)
        self.steps.setSingleStep(500)
        self.steps.setAccessibleName("How many steps")
        self.steps.setMinimumWidth(scaled(96))
        self.steps.setKeyboardTracking(False)  # a number is chosen when it is complete
        self.steps.lineEdit().setTextMargins(6, 0, 0, 0)
        self.steps.valueChanged.connect(self._on_steps_changed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.kinds, 1)
        row.addWidget(self.steps)
        self.setFocusProxy(self.kinds)
        self.set_goal(Goal())

    def set_goal(self, goal: Goal) -> None:
        if goal == self._goal:
            return  # told twenty times a second, while somebody types
        self._goal = goal
        choices = offers(goal)
        if [self.kinds.itemData(place) for place in range(self.kinds.count())] != [choice.key for choice in choices]:
            self.kinds.clear()
            for place, choice in enumerate(choices):
                self.kinds.addItem(choice.title, choice.key)
                self.kinds.setItemData(place, choice.summary, Qt.ItemDataRole.ToolTipRole)
        self.kinds.setCurrentIndex(self.kinds.findData(key_of(goal)))
        self.kinds.setToolTip(self.kinds.currentData(Qt.ItemDataRole.ToolTipRole))
        self.steps.setVisible(goal.kind is GoalKind.STEPS)
        with QSignalBlocker(self.steps):
            self.steps.setValue(goal.steps)

    def finish_typing(self) -> None:
        """Takes over a number that is still being typed."""
        self.steps.interpretText()

    def _on_kind_activated(self) -> None:
        assert self._goal is not None
        self._choose(goal_of(self.kinds.currentData(), self._goal))

    def _on_steps_changed(self, steps: int) -> None:
        assert self._goal is not None
        self._choose(replace(self._goal, steps=steps))

    def _choose(self, goal: Goal) -> None:
        if goal != self._goal:
            self.set_goal(goal)
            self.chosen.emit(goal)
