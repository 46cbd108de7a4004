"""Connects the page on which one plays live with the open instrument and the process that makes the sound."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from app.audio.take_file import next_take_path
from app.controllers.studio import Studio
from app.jobs.child import PROGRAM
from app.jobs.live_process import LiveProcess
from app.paths import recordings_folder
from app.state.instrument import Instrument
from app.state.play_knobs import turned
from app.state.play_page import MIDI_FILES, PlayPageState, asked_for, heard, opening
from app.state.window import Page
from app.views.play_page import PlayPage
from ddsp_backend.live.messages import (
    CloseSound,
    LiveFailed,
    LoadModel,
    MeasureDelay,
    OpenSound,
    PlayMidiFile,
    RecordTake,
    Report,
    Trouble,
)
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
        self._is_awake = self._was_busy = False
        self._output = ""  # that is asked for; empty for the system's choice
        self._input: str | None = None  # None: keys play
        self.process = LiveProcess(program, self)
        self.process.told.connect(self._on_told)
        self.process.died.connect(self._on_died)
        page.note_pressed.connect(lambda note, velocity: self.process.say(NoteOn(note, velocity)))
        page.note_released.connect(self._release)
        page.octave_chosen.connect(self._choose_octave)
        page.knob_turned.connect(self._turn)
        page.output_chosen.connect(self._choose_output)
        page.input_chosen.connect(self._choose_input)
        page.buffer_chosen.connect(self._choose_buffer)
        page.look_requested.connect(self._look_again)
        page.fit_toggled.connect(self._set_fitting)
        page.measure_requested.connect(self._measure)
        page.record_requested.connect(self._record)
        page.file_requested.connect(self._choose_file)
        page.notice_dismissed.connect(self._dismiss)
        page.notice_action_requested.connect(self._show_take)
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
        is_busy = session is not None and session.is_busy
        if model and not self._is_awake:
            self._is_awake = True
            self._load(model)  # anew: it may have learned meanwhile
            self._open()
            self._page.setFocus()
        elif model != self._state.model:
            self._load(model)
        elif model and self._was_busy and not is_busy:
            self.process.say(LoadModel(model))  # what it has learned is heard as soon as it is loaded
        self._was_busy = is_busy
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

    def _open(self) -> None:
        by = self._input
        self._state = opening(self._state)
        self.process.say(OpenSound(self._output, self._state.buffer, by is not None, by or ""))
        self._page.set_state(self._state)

    # --- devices --------------------------------------------------------------------------------------------------
    def _choose_output(self, name: str) -> None:
        self._output = name
        self._open()

    def _choose_input(self, name: str) -> None:
        self._input = name or None
        self._open()

    def _choose_buffer(self, seconds: float) -> None:
        self._state = replace(self._state, buffer=seconds)
        self._open()

    def _look_again(self) -> None:
        """Takes the system's choice: the one that was chosen may be what has gone."""
        if not self.process.is_running:  # it has died
            self._load(self._state.model)
        self._output = ""
        self._open()

    def _measure(self) -> None:
        self._show(replace(self._state, is_measuring=True))
        self.process.say(MeasureDelay())

    # --- files ----------------------------------------------------------------------------------------------------
    def play_midi_file(self, path: str) -> None:
        """Plays it, or as soon as the model is loaded: the process takes one command after the other."""
        if self._is_awake:
            self.process.say(PlayMidiFile(path))

    def _choose_file(self) -> None:
        if self._state.is_playing_file:
            self.process.say(PlayMidiFile(""))
            return
        folder = recordings_folder(self._studio.settings.last_folder)
        dialog = QFileDialog(self._page, "A MIDI file to play", str(folder), MIDI_FILES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.play_midi_file)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _record(self) -> None:
        session = self._studio.session
        if self._state.take_seconds or session is None:
            self.process.say(RecordTake(""))
        else:
            self.process.say(RecordTake(str(next_take_path(session.instrument.played_path))))

    def _show_take(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self._state.last_take).parent)))

    # --- how it sounds --------------------------------------------------------------------------------------------
    def _set_fitting(self, fits: bool) -> None:
        self._show(replace(self._state, knobs=replace(self._state.knobs, fits=fits)))
        self.process.say(self._state.knobs)

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
