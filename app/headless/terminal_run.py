"""One instrument goes its whole way while a terminal tells of it."""

from collections.abc import Callable, Sequence
from enum import Enum

from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.rendering import Rendering
from app.controllers.session import InstrumentSession
from app.headless.terminal_output import TerminalOutput
from app.state import formatting
from app.state.advice import closing_advice
from app.state.estimate import estimate_text
from app.state.goal_offers import sentence_of
from app.state.listening_page import SoundFiles, SoundPart, clip_files, render_files
from app.state.plan import DEMO_WAY, WHOLE_WAY, Task, held_out_phrase
from app.state.recording_edits import History
from app.state.recordings_panel import recordings_state
from app.state.renders import RenderOptions, RenderPhase
from app.state.run_state import Phase
from ddsp_backend.cli.console import EXIT_FAILED, EXIT_FINISHED, Teller
from ddsp_backend.cli.signals import EXIT_STOPPED
from ddsp_backend.jobs.events import Event

_MOST_CLIPS = 3  # named at the end


class _Stage(Enum):
    LOOKING = "looking"
    WORKING = "working"
    PLAYING = "playing"  # the demo's phrase through the model
    OVER = "over"


class TerminalRun(QObject):
    """Signals: ended: The exit code of a command line. Said once."""

    ended = Signal(int)

    def __init__(self, session: InstrumentSession, rendering: Rendering, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._rendering = rendering
        self._teller = Teller()
        self._output = TerminalOutput(session, self._teller)
        self._stage = _Stage.LOOKING
        # Looked at from the event loop: in the middle of what a session does, it may seem idle.
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.setInterval(0)
        self._look.timeout.connect(self._go_on)
        session.told.connect(self._tell)
        session.recordings.told.connect(self._tell_look)
        session.changed.connect(self._look.start)
        rendering.changed.connect(self._look.start)

    def start(self) -> None:
        session = self._session
        preset = session.preset
        self._say(
            f"{session.instrument.name}: {preset.title}. {preset.summary}" if preset else session.instrument.name,
            f"Everything is kept in {session.instrument.path}",
            "",
        )
        if not session.instrument.is_demo:
            session.recordings.look_again()
        else:
            self._stage = _Stage.WORKING
            self._begin(DEMO_WAY if not session.instrument.inputs else WHOLE_WAY)

    def _begin(self, way: Sequence[Task]) -> None:
        session = self._session
        session.choose_goal(session.goal)
        session.time_estimates.look_around()
        expected = session.expected(way, session.goal)
        if expected.parts:
            self._say(f"{estimate_text(expected)}.", "")
        session.start(way)

    def stop(self) -> None:
        """Asks what runs to save its work and end; asked again, leaves it to that and ends at once."""
        if self._session.is_stop_requested:
            self._say("What was asked to stop saves its work by itself and ends then.")
            self._end(EXIT_STOPPED)
            return
        self._session.stop()
        self._session.recordings.stop_looking()

    # --- one stage after the other ------------------------------------------------------------------------------------
    def _go_on(self) -> None:
        if self._session.is_busy or self._session.recordings.is_inspecting:
            return
        match self._stage:
            case _Stage.LOOKING:
                self._end_looking()
            case _Stage.WORKING:
                self._end_work()
            case _Stage.PLAYING:
                self._end_playing()

    def _end_looking(self) -> None:
        intake = self._session.intake
        if intake.phase is not Phase.FINISHED:
            self._end(EXIT_STOPPED if intake.phase is Phase.STOPPED else EXIT_FAILED)
            return
        self._write(self._output.tell_recordings)
        if all(file.refusal for file in intake.files):
            self._say("Failed: none of these files can be used. The lines above say why.")
            self._end(EXIT_FAILED)
        else:
            self._say("", *self._summary(), "")
            self._stage = _Stage.WORKING
            self._begin(WHOLE_WAY)

    def _end_work(self) -> None:
        session = self._session
        notice = session.problem
        if notice is not None:
            self._say(f"Failed: {notice.title}.", *filter(None, (notice.hint,)))
            self._end(EXIT_FAILED)
        elif session.run.phase is not Phase.FINISHED:
            self._end(EXIT_STOPPED if session.run.phase is Phase.STOPPED else EXIT_FAILED)
        elif session.instrument.is_demo:
            self._play_phrase()
        else:
            self._say_clips("Done.")
            self._end(EXIT_FINISHED)

    def _play_phrase(self) -> None:
        """Ends the demo: a phrase that was held out, played as any recording of the user's would be."""
        self._stage = _Stage.PLAYING
        self._say("Playing a phrase through the model ...")
        try:
            self._rendering.start(self._session.instrument, held_out_phrase(self._session.run), RenderOptions())
        except OSError as error:
            self._say(f"Failed: {error.strerror or error}: {error.filename}.")
            self._end(EXIT_FAILED)

    def _end_playing(self) -> None:
        render = self._rendering.renders(self._session.instrument)[-1]
        if render.phase in (RenderPhase.WAITING, RenderPhase.RUNNING):
            return
        if render.phase is not RenderPhase.DONE:
            self._say(f"Failed: {render.problem}.", *filter(None, (render.hint,)))
            self._end(EXIT_FAILED)
            return
        self._say_clips("Done.")
        self._say("", "The same performance, played through the model as a recording of any length:")
        self._say(*_places(render_files(render)))
        self._end(EXIT_FINISHED)

    def _end(self, code: int) -> None:
        if self._stage is not _Stage.OVER:
            self._stage = _Stage.OVER
            self.ended.emit(code)

    # --- what is said -------------------------------------------------------------------------------------------------
    def _tell(self, events: tuple[Event, ...]) -> None:
        self._write(lambda: self._output.tell(events))

    def _tell_look(self, events: tuple[Event, ...]) -> None:
        self._write(lambda: self._output.tell_look(events))

    def _say(self, *lines: str) -> None:
        self._write(lambda: self._teller.say(*lines))

    def _write(self, say: Callable[[], object]) -> None:
        try:
            say()
        except OSError:
            pass  # the terminal is closed, or whoever read along has left: the work goes on

    def _summary(self) -> list[str]:
        session = self._session
        state = recordings_state(session.recordings.recordings(), session.intake, History())
        lines = [f"{state.headline}.", f"{state.note}.", state.blind_spots, sentence_of(session.goal)]
        return [line for line in lines if line]

    def _say_clips(self, opening: str) -> None:
        run = self._session.run
        if not run.clips:
            self._say("", f"{opening} There was too little audio to keep a phrase back for comparison.")
            return
        clips = list(run.clips[max(run.clips)].values())
        self._say("", f"{opening} Compare phrases that the model has never heard with how it plays them:")
        for clip in clips[:_MOST_CLIPS]:
            self._say("", clip.title or formatting.phrase(clip.name), *_places(clip_files(clip)))
        self._say(
            "", f"More phrases, and how the model played them earlier: {self._session.instrument.model_path / 'clips'}"
        )
        if run.trend is not None:
            self._say(closing_advice(run.trend))
        self._say("With a display, ./start shows this instrument in the window.")


def _places(files: SoundFiles) -> list[str]:
    return [f"  {part.title:14} {files.audio[part.value]}" for part in SoundPart if files.audio[part.value]]
