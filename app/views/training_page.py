"""The second page: curves and clips while the model learns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from app.plots.colors import Ink
from app.state.training_page import EXAMPLE, TrainingPageState, training_page_state
from app.views.activity_bar import ActivityBar
from app.views.figures_row import FiguresRow
from app.views.goal_box import GoalBox
from app.views.icons import icon_button
from app.views.page_view import CurrentOnly
from app.views.place_box import PlaceBox
from app.views.shared_row import SharedRow
from app.views.style import label, set_text

if TYPE_CHECKING:
    from app.plots.loss_plot import LossPlot
    from app.views.clip_panel import ClipPanel


class TrainingPage(QWidget):
    """Signals: requests of the user."""

    stop_requested = Signal()
    go_on_requested = Signal()
    goal_chosen = Signal(object)  # a `Goal`
    clip_chosen = Signal(str)
    clip_step_chosen = Signal(int)  # 0: always the newest
    play_requested = Signal(str)  # "original" or "resynthesized"
    seek_requested = Signal(float)  # seconds

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.activity = ActivityBar()
        self.activity.stop_requested.connect(self.stop_requested)
        self.figures = FiguresRow()
        self.status = label("", "dim", wraps=True)
        self.advice = label("", wraps=True)
        self.goal = GoalBox()
        self.goal.chosen.connect(self.goal_chosen)
        self.place = PlaceBox()
        self.go_on_button = icon_button("resume", "Resume", Ink.ON_ACCENT)
        self.go_on_button.setProperty("role", "primary")
        self.go_on_button.setToolTip("Continues training where it stopped")
        self.go_on_button.clicked.connect(self._go_on)
        self._idle_bar = self._make_idle_bar()
        self._empty = label("", "dim", wraps=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = CurrentOnly()
        self._stack.addWidget(self._empty)
        self.loss_plot: LossPlot | None = None
        self.clips: ClipPanel | None = None
        self._state = TrainingPageState()

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
        column = QVBoxLayout(bar)
        column.setContentsMargins(14, 10, 12, 10)
        column.setSpacing(8)
        column.addWidget(self.status)
        row = QHBoxLayout()
        row.setSpacing(10)
        column.addLayout(row)
        row.addStretch(1)
        row.addWidget(self.goal)
        row.addWidget(self.place)
        row.addWidget(self.go_on_button)
        return bar

    def build_charts(self) -> None:
        """Makes the plots. Apart from the constructor, because their library takes longer to load than all the rest:
        the window calls this when its first picture is on the screen."""
        if self.loss_plot is not None:
            return
        import numpy.ma  # noqa: F401 - numpy.quantile would load it, and take 0.1 s, at the first step of a training

        from app.plots.loss_plot import LossPlot
        from app.views.clip_panel import ClipPanel

        self.loss_plot = LossPlot()
        self.clips = ClipPanel()
        self.clips.clip_chosen.connect(self.clip_chosen)
        self.clips.step_chosen.connect(self.clip_step_chosen)
        self.clips.play_requested.connect(self.play_requested)
        self.clips.axis.seek_requested.connect(self.seek_requested)
        losses = QFrame()
        losses.setProperty("role", "card")
        inside = QVBoxLayout(losses)
        inside.setContentsMargins(14, 10, 10, 8)
        inside.addWidget(self.loss_plot, 1)
        inside.addWidget(self.advice)
        self._stack.addWidget(SharedRow(losses, self.clips, self.loss_plot.width_of_head, self.clips.minimumWidth))
        self._draw_once()

    def _draw_once(self) -> None:
        """The first drawing takes several times as long as any other. It is done here, and not while a job runs."""
        assert self.loss_plot is not None
        state = self._state
        self.set_state(training_page_state(EXAMPLE, None))
        self.loss_plot.fit()
        self.grab()
        self.set_state(state)

    def set_state(self, state: TrainingPageState) -> None:
        self._state = state
        self.activity.set_activity(state.activity)
        self._idle_bar.setVisible(state.can_go_on)
        set_text(self.status, state.status)
        self.go_on_button.setText(state.go_on)
        self.goal.set_goal(state.goal)
        self.figures.set_figures(state.figures)
        set_text(self._empty, state.empty)
        if self.loss_plot is None or self.clips is None:
            return
        self._stack.setCurrentIndex(0 if state.empty else 1)
        if not state.empty:
            self.loss_plot.set_curves(
                state.losses, state.held_out, state.held_out_smoothed, state.best_step, is_stale=state.is_stale
            )
            set_text(self.advice, state.advice)
            self.advice.setVisible(bool(state.advice))
            self.clips.set_state(state)

    def _go_on(self) -> None:
        self.goal.finish_typing()
        self.go_on_requested.emit()
