"""Connects the training page with the open instrument."""

from PySide6.QtCore import QObject

from app.controllers.studio import Studio
from app.state.training_page import TrainingPageState, training_page_state
from app.state.window import Page
from app.views.training_page import TrainingPage


class TrainingController(QObject):
    def __init__(self, page: TrainingPage, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page = page
        self._studio = studio
        self._clip_name = ""
        self._clip_step: int | None = None
        studio.changed.connect(self.refresh)
        page.stop_requested.connect(self._stop)
        page.go_on_requested.connect(self._go_on)

    def refresh(self) -> None:
        if self._studio.page is not Page.TRAINING:
            return
        session = self._studio.session
        if session is None:
            self._page.set_state(TrainingPageState(empty="Add recordings on the data page first."))
            return
        state = training_page_state(
            session.run,
            session.activity(),
            clip_name=self._clip_name,
            clip_step=self._clip_step,
            goal=session.instrument.steps,
            can_prepare=any(not file.refusal for file in session.intake.files),
        )
        self._page.set_state(state)

    def _stop(self) -> None:
        if self._studio.session is not None:
            self._studio.session.stop()

    def _go_on(self, steps: int) -> None:
        if self._studio.session is not None:
            self._studio.session.train_to(steps)
