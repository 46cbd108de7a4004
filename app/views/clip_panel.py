"""A phrase that the model has never heard, original above resynthesized, as the model of a chosen step plays it."""

from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.plots.colors import Ink
from app.plots.sizes import widened
from app.plots.spectrogram_view import SpectrogramView
from app.plots.time_axis import TimeAxis
from app.state.training_page import TrainingPageState
from app.views.icons import icon_button, set_icon
from app.views.style import label

Side = Literal["original", "resynthesized"]
_NEWEST = 0  # the step that stands for "always the newest"
_TITLES: dict[Side, tuple[str, Ink]] = {
    "original": ("Original", Ink.ORIGINAL),
    "resynthesized": ("Resynthesized", Ink.RESYNTHESIZED),
}


class ClipPanel(QFrame):
    """Signals:

    clip_chosen, step_chosen: What to show; step 0 is "always the newest".
    play_requested: "original" or "resynthesized"; asked for again, it pauses.
    """

    clip_chosen = Signal(str)
    step_chosen = Signal(int)
    play_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setMinimumWidth(widened(280))
        self.axis = TimeAxis(self)
        self.names = QComboBox()
        self.names.setAccessibleName("Phrase")
        self.names.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.names.setMinimumContentsLength(8)  # the room that is left; the list shows each title whole
        self.names.activated.connect(self._on_name_activated)
        self.steps = QComboBox()
        self.steps.setAccessibleName("Step of the model")
        self.steps.activated.connect(self._on_step_activated)
        self._known_steps: tuple[int, ...] = ()
        self.hear_button = icon_button("play", "", Ink.ON_ACCENT)
        self.hear_button.setProperty("role", "primary")
        self.hear_button.setMinimumHeight(44)
        self.hear_button.clicked.connect(lambda: self.play_requested.emit("resynthesized"))
        self._hear_text = ""
        self._is_heard = False
        self.buttons: dict[Side, QPushButton] = {}
        self.views: dict[Side, SpectrogramView] = {}

        choices = QHBoxLayout()
        choices.setSpacing(8)
        choices.addWidget(self.names, 1)
        choices.addWidget(self.steps)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.hear_button)
        column.addLayout(choices)
        for side, (title, ink) in _TITLES.items():
            column.addLayout(self._make_head(side, title, ink))
            self.views[side] = SpectrogramView(self.axis)
            self.views[side].setAccessibleName(f"Spectrogram: {title.lower()}")
            column.addWidget(self.views[side], 1)

    def _make_head(self, side: Side, title: str, ink: Ink) -> QHBoxLayout:
        button = icon_button("play", f" {title}", ink)
        button.setProperty("role", "quiet")
        button.setToolTip(f"Play the {title.lower()} clip")
        button.clicked.connect(lambda: self.play_requested.emit(side))
        self.buttons[side] = button
        row = QHBoxLayout()
        row.addWidget(button)
        row.addStretch()
        if side == "resynthesized":
            self._at_step = label("", "small")
            row.addWidget(self._at_step)
        return row

    def set_state(self, state: TrainingPageState) -> None:
        shown = [(self.names.itemText(place), self.names.itemData(place)) for place in range(self.names.count())]
        wanted = list(zip(state.clip_titles, state.clip_names, strict=True))
        if shown != wanted:
            self.names.clear()
            for title, name in wanted:
                self.names.addItem(title, name)
        if self.names.currentData() != state.clip_name:
            self.names.setCurrentIndex(self.names.findData(state.clip_name))
        if state.clip_steps != self._known_steps:
            self._set_steps(state.clip_steps)
        chosen = state.chosen_step or _NEWEST
        if self.steps.currentData() != chosen:
            self.steps.setCurrentIndex(self.steps.findData(chosen))
        text = f"model of step {state.clip.step:,}" if state.clip else ""
        if self._at_step.text() != text:
            self._at_step.setText(text)
        self._hear_text = state.hear
        self._show_hear_button()
        for widget in (self.hear_button, self.names, self.steps, *self.buttons.values()):
            widget.setEnabled(state.clip is not None)

    def _set_steps(self, steps: tuple[int, ...]) -> None:
        known = self._known_steps
        self._known_steps = steps
        if not known or steps[: len(known)] != known:
            chosen = self.steps.currentData()
            known = ()
            self.steps.clear()
            self.steps.addItem("Newest", _NEWEST)
            self.steps.setCurrentIndex(max(0, self.steps.findData(chosen)))
        for step in steps[len(known) :]:
            self.steps.insertItem(1, f"Step {step:,}", step)

    def set_spectrograms(
        self,
        original: npt.NDArray[np.uint8] | None,
        resynthesized: npt.NDArray[np.uint8] | None,
        seconds: float,
        highest_hz: float,
    ) -> None:
        """uint8 [bands, frames], low bands first, over `seconds`; None for a picture that is not there."""
        self.axis.set_length(seconds)
        self.views["original"].set_spectrogram(original, seconds, highest_hz)
        self.views["resynthesized"].set_spectrogram(resynthesized, seconds, highest_hz)

    def set_playing(self, side: Side | None, seconds: float | None) -> None:
        """Which of the two is heard, and where."""
        for each, button in self.buttons.items():
            is_playing = each == side
            if button.property("playing") != is_playing:
                button.setProperty("playing", is_playing)
                set_icon(button, "pause" if is_playing else "play", _TITLES[each][1])
        if self._is_heard != (side == "resynthesized"):
            self._is_heard = side == "resynthesized"
            set_icon(self.hear_button, "pause" if self._is_heard else "play", Ink.ON_ACCENT)
            self._show_hear_button()
        self.axis.set_playhead(seconds)

    def _show_hear_button(self) -> None:
        text = "Pause" if self._is_heard else self._hear_text
        if self.hear_button.text() != text:
            self.hear_button.setText(text)

    def _on_name_activated(self) -> None:
        self.clip_chosen.emit(self.names.currentData())

    def _on_step_activated(self) -> None:
        self.step_chosen.emit(self.steps.currentData())
