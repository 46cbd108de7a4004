"""Lets the models that a training has kept play its phrases, in the worker that renders."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.controllers.session import InstrumentSession
from app.jobs.queue import JobQueue
from app.jobs.thread import JobThread
from app.jobs.worker import Worker, WorkerJob
from app.state.kept_models import Playing, kept_steps
from app.state.plan import play_checkpoint_spec
from ddsp_backend.jobs.events import CheckpointSaved, ClipRendered, Event, Failed
from ddsp_backend.jobs.spec import kind_of


@dataclass(slots=True)
class _Asked:
    session: InstrumentSession
    playing: Playing


class KeptPlaying(QObject):
    """Signals:

    changed: A model began to play, went on or ended.
    failed: It could not: title, hint.
    """

    changed = Signal()
    failed = Signal(str, str)

    def __init__(self, queue: JobQueue, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._worker = worker
        self._asked: dict[JobThread, _Asked] = {}
        self._kept: dict[Path, tuple[tuple[CheckpointSaved, ...], tuple[int, ...]]] = {}

    def kept(self, session: InstrumentSession) -> tuple[int, ...]:
        """Steps of the models that can play. The disk is asked again when the training has saved, or a model failed."""
        path, saved = session.instrument.model_path, session.run.checkpoints
        if path not in self._kept or self._kept[path][0] is not saved:
            self._kept[path] = (saved, kept_steps(path))
        return self._kept[path][1]

    def playing(self, session: InstrumentSession, step: int | None) -> Playing | None:
        """What the model of that step is doing."""
        found = (asked.playing for asked in self._asked.values() if asked.session is session)
        return next((playing for playing in found if playing.step == step), None)

    def start(self, session: InstrumentSession, step: int) -> None:
        if session.preset is None or self.playing(session, step) is not None:
            return
        spec = play_checkpoint_spec(session.instrument, session.preset, session.run.dataset, step)
        thread = JobThread(WorkerJob(spec, self._worker), self)
        self._asked[thread] = _Asked(session, Playing(step))
        thread.reported.connect(self._on_reported)
        thread.closed.connect(self._on_closed)
        self._queue.submit(thread, kind_of(spec).lane)
        self.changed.emit()

    def stop(self, session: InstrumentSession, step: int) -> None:
        for thread, asked in tuple(self._asked.items()):
            if asked.session is session and asked.playing.step == step:
                self._queue.cancel(thread)

    def is_playing(self, session: InstrumentSession) -> bool:
        """Whether a model of it still plays, or is about to: it writes into the instrument's folder."""
        return any(asked.session is session for asked in self._asked.values())

    def stop_all(self, session: InstrumentSession) -> None:
        for thread, asked in tuple(self._asked.items()):
            if asked.session is session:
                self._queue.cancel(thread)

    def forget(self, session: InstrumentSession) -> None:
        """Its instrument is going; another one may get its folder's name."""
        for thread in [thread for thread, asked in self._asked.items() if asked.session is session]:
            del self._asked[thread]
            self._queue.cancel(thread)
        self._kept.pop(session.instrument.model_path, None)

    def _on_reported(self, events: tuple[Event, ...]) -> None:
        thread = self.sender()
        assert isinstance(thread, JobThread)
        asked = self._asked.get(thread)
        if asked is None:
            return
        for event in events:
            asked.playing = asked.playing.after(event)
            if isinstance(event, Failed):
                self._kept.pop(asked.session.instrument.model_path, None)
                self.failed.emit(event.title, event.hint)
        clips = tuple(event for event in events if isinstance(event, ClipRendered))
        if clips:
            asked.session.take_clips(clips)
        self.changed.emit()

    def _on_closed(self) -> None:
        thread = self.sender()
        assert isinstance(thread, JobThread)
        self._asked.pop(thread, None)
        self.changed.emit()
