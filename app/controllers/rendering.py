"""Plays recordings through models, in a worker that keeps TensorFlow and the model warm."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.jobs.child import PROGRAM
from app.jobs.queue import JobQueue
from app.jobs.thread import JobThread
from app.jobs.worker import Worker, WorkerJob
from app.state.instrument import Instrument
from app.state.plan import render_spec
from app.state.renders import (
    Render,
    RenderOptions,
    RenderPhase,
    files_of_none_but,
    fold_render,
    load_renders,
    new_render,
    save_render,
)
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.job_table import JobKind


class Rendering(QObject):
    """Signals: changed: A render began, went on, ended or was removed."""

    changed = Signal()

    def __init__(self, queue: JobQueue, program: tuple[str, ...] = PROGRAM, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self.worker = Worker(program)
        self._renders: dict[Path, list[Render]] = {}
        self._threads: dict[JobThread, tuple[Path, str]] = {}
        self._removed: set[str] = set()

    def renders(self, instrument: Instrument) -> tuple[Render, ...]:
        """Of this instrument, oldest first: those on disk, and those being made."""
        if instrument.path not in self._renders:
            self._renders[instrument.path] = list(load_renders(instrument.renders_path))
        return tuple(self._renders[instrument.path])

    def start(self, instrument: Instrument, input_path: str, options: RenderOptions) -> Render:
        """Raises OSError where the folder of renders cannot be made."""
        known = self.renders(instrument)
        instrument.renders_path.mkdir(parents=True, exist_ok=True)
        taken = {*(render.output_path for render in known), *self._removed}
        render = new_render(instrument.renders_path, input_path, options, taken)
        thread = JobThread(WorkerJob(render_spec(instrument, render), self.worker), self)
        self._threads[thread] = (instrument.path, render.output_path)
        thread.reported.connect(self._on_reported)
        thread.closed.connect(self._on_closed)
        self._renders[instrument.path].append(render)
        self._queue.submit(thread, JobKind.RENDER.lane)
        self.changed.emit()
        return render

    def stop(self, output_path: str) -> None:
        """Takes back one that waits or runs; others stay as they are."""
        for thread, (_, path) in tuple(self._threads.items()):
            if path == output_path:
                self._queue.cancel(thread)

    def remove(self, instrument: Instrument, output_path: str) -> None:
        """Takes a render out of the list, whatever became of it, and its files from the disk."""
        renders = self._renders.get(instrument.path, [])
        render = next((each for each in renders if each.output_path == output_path), None)
        if render is None:
            return
        for file in files_of_none_but(render, renders):
            try:
                Path(file).unlink(missing_ok=True)
            except OSError:
                pass  # a file in use, or a disk that is gone: it is not listed again without its json
        renders.remove(render)
        if render.phase.is_active:
            self._removed.add(output_path)
            self.stop(output_path)
        self.changed.emit()

    def forget(self, instrument: Instrument) -> None:
        """Another instrument may get its folder's name."""
        self._renders.pop(instrument.path, None)

    def close(self) -> None:
        self.worker.close()

    def _on_reported(self, events: tuple[Event, ...]) -> None:
        thread = self.sender()
        assert isinstance(thread, JobThread)
        path, name = self._threads[thread]
        renders = self._renders.get(path, [])
        place = next((place for place, render in enumerate(renders) if render.output_path == name), None)
        if place is None:
            return
        for event in events:
            renders[place] = fold_render(renders[place], event)
        if renders[place].phase is RenderPhase.DONE:
            try:
                save_render(renders[place])
            except OSError:
                pass  # it can be heard now; only the next window will not list it
        self.changed.emit()

    def _on_closed(self) -> None:
        thread = self.sender()
        assert isinstance(thread, JobThread)
        _, output_path = self._threads.pop(thread)
        if output_path in self._removed:
            self._removed.discard(output_path)
            Path(output_path).unlink(missing_ok=True)  # it may have been quicker than the wish to stop it
