"""The second page: curves and clips while the model learns."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.state.training_page import TrainingPageState
from app.views.activity_bar import ActivityBar
from app.views.figures_row import FiguresRow
from app.views.icons import icon
from app.views.style import label, set_text

_MOST_STEPS = 10_000_000


class TrainingPage(QWidget):
    """Signals: requests of the user. `go_on_requested` carries the step to train to."""

    stop_requested = Signal()
    go_on_requested = Signal(int)
    clip_chosen = Signal(str)
    clip_step_chosen = Signal(int)
    play_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.activity = ActivityBar()
        self.activity.stop_requested.connect(self.stop_requested)
        self.figures = FiguresRow()
        self.status = label("", "dim", wraps=True)
        self.goal = QSpinBox()
        self.goal.setRange(1, _MOST_STEPS)
        self.goal.setSingleStep(500)
        self.goal.setGroupSeparatorShown(True)
        self.goal.setAccessibleName("Train up to this step")
        self.goal.setMinimumWidth(110)
        self._told_goal = 0
        self.go_on_button = QPushButton(icon("resume", "#12151b"), "Resume")
        self.go_on_button.setProperty("role", "primary")
        self.go_on_button.clicked.connect(self._go_on)
        self._idle_bar = self._make_idle_bar()
        self._empty = label("", "dim", wraps=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._make_charts())

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        column.addWidget(self.activity)
        column.addWidget(self._idle_bar)
        column.addWidget(self.figures)
        column.addLayout(self._stack, 1)

    def _make_idle_bar(self) -> QWidget:
        bar = QFrame()
        bar.setProperty("role", "card")
        row = QHBoxLayout(bar)
        row.setContentsMargins(14, 10, 12, 10)
        row.setSpacing(10)
        row.addWidget(self.status, 1)
        row.addWidget(label("Train up to step", "dim"))
        row.addWidget(self.goal)
        row.addWidget(self.go_on_button)
        return bar

    def _make_charts(self) -> QWidget:
        return QWidget()

    def set_state(self, state: TrainingPageState) -> None:
        self.activity.set_activity(state.activity)
        self._idle_bar.setVisible(state.can_go_on)
        set_text(self.status, state.status)
        self.go_on_button.setText(state.go_on)
        if state.goal and state.goal != self._told_goal:
            # Only when the proposal changes: what the user typed must not be taken away twenty times a second.
            self._told_goal = state.goal
            self.goal.setValue(state.goal)
        self.figures.setVisible(bool(state.figures))
        self.figures.set_figures(state.figures)
        set_text(self._empty, state.empty)
        self._stack.setCurrentIndex(0 if state.empty else 1)

    def _go_on(self) -> None:
        self.goal.interpretText()
        self.go_on_requested.emit(self.goal.value())
