"""Connects the page on which one plays live with the open instrument and the process that makes the sound."""

from dataclasses import replace

from PySide6.QtCore import QObject

from app.controllers.studio import Studio
from app.jobs.child import PROGRAM
from app.jobs.live_process import LiveProcess
from app.state.instrument import Instrument
from app.state.play_knobs import turned
from app.state.play_page import PlayPageState, asked_for, heard, opening
from app.state.window import Page
from app.views.play_page import PlayPage
from ddsp_backend.live.messages import CloseSound, LiveFailed, LoadModel, OpenSound, Report, Trouble
from ddsp_backend.live.midi_messages import NoteOff, NoteOn, NotesOff


class PlayController(QObject):
    """The process starts when the page is opened. While another page is shown it keeps the model, and no device."""

    def __init__(
        self, page: PlayPage, studio: Studio, program: tuple[str, ...] = PROGRAM, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._page = page
        self._studio = studio
        self._state = PlayPageState()
        self._is_awake = False
        self.process = LiveProcess(program, self)
        self.process.told.connect(self._on_told)
        self.process.died.connect(self._on_died)
        page.note_pressed.connect(lambda note, velocity: self.process.say(NoteOn(note, velocity)))
        page.note_released.connect(self._release)
        page.octave_chosen.connect(self._choose_octave)
        page.knob_turned.connect(self._turn)
        page.output_chosen.connect(self._open)
        page.look_requested.connect(self._look_again)
        page.notice_dismissed.connect(self._dismiss)
        studio.changed.connect(self.refresh)

    def forget(self, instrument: Instrument) -> None:
        """It is going: nothing of it may stay open."""
        if self._state.model == str(instrument.model_path):
            self.process.close()
            self._state = PlayPageState(knobs=self._state.knobs)
            self._is_awake = False

    def close(self) -> None:
        self.process.close()

    def refresh(self) -> None:
        if self._studio.page is not Page.PLAY:
            self._sleep()
            return
        session = self._studio.session
        model = str(session.instrument.model_path) if session is not None and session.is_trained else ""
        if model and not self._is_awake:
            self._is_awake = True
            self._load(model)  # anew: it may have learned meanwhile
            self._open(self._state.output)
            self._page.setFocus()
        elif model != self._state.model:
            self._load(model)
        self._page.set_state(self._state)

    def _sleep(self) -> None:
        if self._is_awake:
            self._is_awake = False
            self.process.say(CloseSound())
            self._state = opening(self._state)

    def _load(self, model: str) -> None:
        self._state = asked_for(self._state, model)
        if self._is_awake:
            self.process.say(NotesOff(is_reset=True))
            self.process.say(self._state.knobs)
            if model:
                self.process.say(LoadModel(model))

    def _open(self, output: str) -> None:
        self._state = opening(self._state)
        self.process.say(OpenSound(output))
        self._page.set_state(self._state)

    def _look_again(self) -> None:
        if not self.process.is_running:  # it has died
            self._load(self._state.model)
        self._open("")

    def _release(self, note: int) -> None:
        if self.process.is_running:
            self.process.say(NoteOff(note))

    def _choose_octave(self, octave: int) -> None:
        self._show(replace(self._state, octave=octave))

    def _turn(self, name: str, place: int) -> None:
        self._show(replace(self._state, knobs=turned(self._state.knobs, name, place)))
        self.process.say(self._state.knobs)

    def _dismiss(self) -> None:
        self._show(replace(self._state, notice=None))

    def _on_told(self, reports: tuple[Report, ...]) -> None:
        state = self._state
        for report in reports:
            state = heard(state, report)
        if self._is_awake:
            self._show(state)

    def _on_died(self) -> None:
        title = "The process that plays has ended unexpectedly"
        self._on_told((LiveFailed(Trouble.SOUND, title, "Press Look again; a new one starts."),))

    def _show(self, state: PlayPageState) -> None:
        self._state = state
        self._page.set_state(state)
