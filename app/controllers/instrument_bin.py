"""Deletes an instrument: into the system's bin, with a way back; where there is no bin, for good, after a question."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QThread
from PySide6.QtWidgets import QPushButton, QWidget

from app.bin import move_to_bin, take_out_of_bin
from app.controllers.kept_playing import KeptPlaying
from app.controllers.rendering import Rendering
from app.controllers.studio import Studio
from app.state import instrument_bin as words
from app.state.instrument import Instrument
from app.state.library import running_job
from app.views.question_box import QuestionBox


class InstrumentBin(QObject):
    """Args: forget: Is told of an instrument that is going."""

    def __init__(
        self,
        window: QWidget,
        studio: Studio,
        rendering: Rendering,
        kept: KeptPlaying,
        forget: Callable[[Instrument], None],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._studio = studio
        self._rendering = rendering
        self._kept = kept
        self._forget = forget
        self._going: set[Path] = set()  # as soon as nothing listens to their recordings, or plays them, any more
        self._work: set[_Work] = set()
        self._question: QuestionBox | None = None
        studio.changed.connect(self._go_on)
        rendering.changed.connect(self._go_on)
        kept.changed.connect(self._go_on)

    def remove(self, key: str) -> None:
        """Args: key: The instrument's folder."""
        instrument = self._studio.instrument(Path(key))
        if instrument is None:
            return
        if self._studio.is_worked_on(instrument) or running_job(instrument) is not None:
            self._studio.offer(words.busy_notice(instrument.name), None)
            return
        self._going.add(instrument.path)
        session = self._studio.session_of(instrument)
        if session is not None:
            session.recordings.stop_looking()
            self._kept.stop_all(session)
        for render in self._rendering.renders(instrument):
            if render.phase.is_active:
                self._rendering.stop(render.output_path)
        self._go_on()

    def question_button(self, text: str) -> QPushButton | None:
        """The button of the open question with this text."""
        return self._question.button_saying(text) if self._question is not None else None

    def close(self) -> None:
        for work in tuple(self._work):
            work.wait()

    def _go_on(self) -> None:
        for path in tuple(self._going):
            instrument = self._studio.instrument(path)
            if instrument is not None and self._is_in_use(instrument):
                continue
            self._going.discard(path)
            if instrument is not None:
                self._forget(instrument)
                self._studio.let_go(instrument)
                self._begin(_Work(instrument, partial(move_to_bin, path), self._on_moved, self))

    def _is_in_use(self, instrument: Instrument) -> bool:
        session = self._studio.session_of(instrument)
        if session is not None and (session.recordings.is_inspecting or self._kept.is_playing(session)):
            return True
        return any(render.phase.is_active for render in self._rendering.renders(instrument))

    def _on_moved(self, work: "_Work") -> None:
        instrument, in_bin = work.instrument, work.in_bin
        if in_bin is None:
            self._ask(instrument)
        elif in_bin != instrument.path and in_bin.exists():
            self._studio.offer(
                words.moved_notice(instrument.name, can_undo=True), lambda: self._take_out(instrument, in_bin)
            )
        else:  # the system does not say where it is
            self._studio.offer(words.moved_notice(instrument.name, can_undo=False), None)

    def _take_out(self, instrument: Instrument, in_bin: Path) -> None:
        self._begin(_Work(instrument, lambda: take_out_of_bin(in_bin, instrument.path), self._on_taken_out, self))

    def _on_taken_out(self, work: "_Work") -> None:
        if work.error is None:
            self._studio.take_in(work.instrument)
        else:
            self._studio.offer(words.not_back_notice(work.instrument.name, work.error), None)

    # --- for good -----------------------------------------------------------------------------------------------------
    def _ask(self, instrument: Instrument) -> None:
        self._question = QuestionBox(
            words.no_bin_question(instrument.name),
            self._window,
            on_yes=lambda: self._delete(instrument),
            on_no=lambda: self._studio.take_in(instrument),
        )
        self._question.finished.connect(self._forget_question)

    def _forget_question(self) -> None:
        self._question = None

    def _delete(self, instrument: Instrument) -> None:
        self._begin(_Work(instrument, lambda: shutil.rmtree(instrument.path), self._on_deleted, self))

    def _on_deleted(self, work: "_Work") -> None:
        if work.error is None:
            self._studio.offer(words.deleted_notice(work.instrument.name), None)
        else:
            self._studio.offer(words.not_deleted_notice(work.instrument.name, work.error), None)

    # --- in threads ---------------------------------------------------------------------------------------------------
    def _begin(self, work: "_Work") -> None:
        self._work.add(work)
        work.finished.connect(self._on_finished)
        work.start()

    def _on_finished(self) -> None:
        work = self.sender()
        assert isinstance(work, _Work)
        self._work.discard(work)
        work.then(work)
        work.deleteLater()


class _Work(QThread):
    """Moves or deletes a folder: a disk may be slow.

    Attributes:
      in_bin: Where the folder lies then, if it was moved to the bin.
      error: Why it failed.
    """

    def __init__(
        self,
        instrument: Instrument,
        do: Callable[[], Path | None],
        then: Callable[["_Work"], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.instrument = instrument
        self.then = then
        self.in_bin: Path | None = None
        self.error: OSError | None = None
        self._do = do

    def run(self) -> None:
        try:
            self.in_bin = self._do()
        except OSError as error:
            self.error = error
