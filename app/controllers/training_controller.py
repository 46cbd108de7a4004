"""Connects the training page with the open instrument."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer

from app.audio.files import read_sound, read_spectrogram
from app.controllers.clip_player import SIDES, ClipPlayer
from app.controllers.session import InstrumentSession
from app.controllers.studio import Studio
from app.state.estimate import estimate_text
from app.state.goal import Goal
from app.state.training_page import TrainingPageState, training_page_state
from app.state.window import Page
from app.views.training_page import TrainingPage
from ddsp_backend.errors import AudioError, DdspError
from ddsp_backend.jobs.events import ClipRendered

_SHOW_EVERY_MS = 100


class TrainingController(QObject):
    def __init__(self, page: TrainingPage, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page = page
        self._studio = studio
        self._session: InstrumentSession | None = None
        self._clip_name = ""
        self._clip_step: int | None = None  # None: always the newest
        self._clip: ClipRendered | None = None
        self._state = TrainingPageState()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_SHOW_EVERY_MS)
        self._pause.timeout.connect(self._refresh_if_due)
        self._is_due = False
        self._lengths: dict[str, tuple[float, int]] = {}
        self.player = ClipPlayer(self)
        self.player.moved.connect(self._show_playing)
        self.player.failed.connect(self._on_failed)
        studio.changed.connect(self._refresh_soon)
        page.stop_requested.connect(self._stop)
        page.go_on_requested.connect(self._go_on)
        page.goal_chosen.connect(self._choose_goal)
        page.clip_chosen.connect(self._choose_clip)
        page.clip_step_chosen.connect(self._choose_step)
        page.play_requested.connect(self._play)
        page.seek_requested.connect(self.player.seek)

    def _refresh_soon(self) -> None:
        """At once, or a moment later: curves that grow need not be drawn more often than an eye follows."""
        if self._pause.isActive():
            self._is_due = True
        else:
            self.refresh()
            self._pause.start()

    def _refresh_if_due(self) -> None:
        if self._is_due:
            self._is_due = False
            self._refresh_soon()

    def refresh(self) -> None:
        if self._studio.page is not Page.TRAINING:
            self.player.pause()
            return
        session = self._studio.session
        if session is not self._session:
            self._session = session
            self._clip_name, self._clip_step = "", None
            self._lengths.clear()
            self.player.forget()
        if session is None:
            self._show(TrainingPageState(empty="Add recordings on the data page first."))
            return
        self._show(
            training_page_state(
                session.run,
                session.activity(),
                clip_name=self._clip_name,
                clip_step=self._clip_step,
                goal=session.goal,
                expected="" if session.is_busy else estimate_text(session.expected(session.further_way, session.goal)),
                can_prepare=bool(session.recordings.chosen()),
            )
        )

    def close(self) -> None:
        self.player.close()

    def _show(self, state: TrainingPageState) -> None:
        self._state = state
        self._page.set_state(state)
        if state.clip != self._clip:
            self._clip = state.clip
            self._show_pictures(state.clip)

    def _show_pictures(self, clip: ClipRendered | None) -> None:
        if self._page.clips is None:
            self._clip = None  # once the charts are there
            return
        original = _picture(clip.target_spectrogram) if clip else None
        output = _picture(clip.output_spectrogram) if clip else None
        # The same phrase at another step is as long as before.
        seconds, sample_rate = (0.0, 16000)
        if clip is not None:
            if clip.target_audio not in self._lengths:
                self._lengths[clip.target_audio] = _length(clip.target_audio)
            seconds, sample_rate = self._lengths[clip.target_audio]
        self._page.clips.set_spectrograms(original, output, seconds, sample_rate / 2)

    def _choose_clip(self, name: str) -> None:
        self._clip_name = name
        self.refresh()

    def _choose_step(self, step: int) -> None:
        self._clip_step = step or None
        self.refresh()

    def _play(self, side: str) -> None:
        if self._state.clip is not None:
            self.player.toggle(next(each for each in SIDES if each == side), self._state.clip)

    def _show_playing(self, side: object, seconds: float | None) -> None:
        if self._page.clips is not None:
            self._page.clips.set_playing(next((each for each in SIDES if each == side), None), seconds)

    def _on_failed(self, error: DdspError) -> None:
        self._studio.report(error.title, error.hint)

    def _stop(self) -> None:
        if self._studio.session is not None:
            self._studio.session.stop()

    def _go_on(self) -> None:
        if self._studio.session is not None:
            self._studio.session.train_further()

    def _choose_goal(self, goal: Goal) -> None:
        if self._studio.session is not None:
            self._studio.session.choose_goal_from_here(goal)


def _picture(path: str) -> npt.NDArray[np.uint8] | None:
    try:
        return read_spectrogram(Path(path))
    except AudioError:
        return None  # deleted with its checkpoint, or by hand; the panel stays dark


def _length(path: str) -> tuple[float, int]:
    try:
        sound_N, sample_rate = read_sound(Path(path))
    except AudioError:
        return 0.0, 16000
    return len(sound_N) / sample_rate, sample_rate
