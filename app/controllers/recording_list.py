"""The recordings of an open instrument: looked at in the background, edited by the user, with a way back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QThread, Signal

from app.controllers.intake_writer import IntakeWriter
from app.controllers.missing_recordings import MovedFinder, PresenceReader
from app.jobs.queue import JobQueue
from app.jobs.thread import JobThread
from app.jobs.worker import Worker, WorkerJob
from app.state.instrument import Instrument
from app.state.recording_edits import (
    Edit,
    History,
    Moment,
    added,
    as_at,
    moved_files,
    relocated,
    ticked,
    without,
    without_any,
)
from app.state.recordings import Recording, recordings_of
from app.state.run_state import Phase, RunState, fold_all
from ddsp_backend.jobs.events import Event, FileInspected
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.spec import InspectSpec


class RecordingList(QObject):
    """Signals:

    changed: The list, or what is known of it.
    told: A tuple of events, as the look told them.
    looked: The first look is over: jobs that wait for it may begin.
    located: How many of how many missing recordings were found in the folder that the user named.
    """

    changed = Signal()
    told = Signal(object)
    looked = Signal()
    located = Signal(int, int)

    def __init__(
        self,
        intake: RunState,
        instrument: Callable[[], Instrument],
        keep: Callable[[Instrument], None],
        queue: JobQueue,
        worker: Worker,
        parent: QObject | None = None,
    ) -> None:
        """Args: instrument, keep: Tell the instrument as it is now, and take it as it is after an edit."""
        super().__init__(parent)
        self.intake = intake
        self.history = History()
        self.missing: frozenset[str] = frozenset()
        self._instrument = instrument
        self._keep = keep
        self._queue = queue
        self._worker = worker
        self._thread: JobThread | None = None
        self._looks_again = False
        self._before = RunState()  # what was known before the look that goes on
        self._readers: set[QThread] = set()
        self._writer = IntakeWriter(self)
        self._worked_out_of = (instrument(), RunState(), self.missing)
        self._recordings: tuple[Recording, ...] = ()

    @property
    def is_looking(self) -> bool:
        """Whether nobody knows yet what there is."""
        return self._thread is not None and (self.intake.is_looking or self._looks_again)

    @property
    def is_inspecting(self) -> bool:
        """Whether it is still looked, or listened to what was found."""
        return self._thread is not None

    def recordings(self) -> tuple[Recording, ...]:
        """Asked for several times a turn: worked out where something has changed since."""
        now = (self._instrument(), self.intake, self.missing)
        if any(new is not old for new, old in zip(now, self._worked_out_of, strict=True)):
            self._worked_out_of, self._recordings = now, recordings_of(*now)
        return self._recordings

    def chosen(self) -> tuple[FileInspected, ...]:
        """What a model learns from."""
        return tuple(each.file for each in self.recordings() if each.is_ticked)

    # --- edits ------------------------------------------------------------------------------------------------------
    def add(self, paths: Iterable[str]) -> None:
        self._edit(Edit.ADD, added(self._instrument(), paths), looks=True)

    def remove(self, paths: Iterable[str]) -> None:
        self._edit(Edit.REMOVE, without(self._instrument(), paths))

    def remove_all(self) -> None:
        self._edit(Edit.REMOVE_ALL, without_any(self._instrument()), looks=True)

    def tick(self, paths: Iterable[str], is_ticked: bool) -> None:
        wanted = set(paths)
        recordings = [each for each in self.recordings() if each.file.path in wanted]
        self._edit(Edit.TICK if is_ticked else Edit.UNTICK, ticked(self._instrument(), recordings, is_ticked))

    def undo(self) -> None:
        if (step := self.history.back(self._instrument(), self.intake)) is not None:
            self._go_to(*step)

    def redo(self) -> None:
        if (step := self.history.forth(self._instrument(), self.intake)) is not None:
            self._go_to(*step)

    def _edit(self, edit: Edit, instrument: Instrument, *, looks: bool = False) -> None:
        self.history = self.history.after(edit, self._instrument(), self.intake)
        self._keep(instrument)
        if looks:
            self.look_again()
        else:
            self.changed.emit()

    def _go_to(self, history: History, moment: Moment) -> None:
        self.history = history
        self._keep(as_at(self._instrument(), moment))
        if self._thread is not None or moment.intake.phase.is_active:
            self.look_again()
            return
        self.intake = moment.intake
        self._save()
        self.changed.emit()

    # --- what is not where it was ------------------------------------------------------------------------------------
    def check_presence(self) -> None:
        """Finds out, in a thread, which recordings are gone."""
        if self.intake.files and self._thread is None:
            self._look_for([file.path for file in self.intake.files], self._on_presence_read)

    def locate(self, folder: str) -> None:
        """Looks for all that is missing in a folder, and goes on with what is there."""
        wanted = {file.path: file.content for file in self.intake.files if file.path in self.missing}
        finder = MovedFinder(folder, wanted, self)
        finder.found.connect(self._on_found)
        self._start(finder)

    def close(self) -> None:
        for reader in tuple(self._readers):
            reader.wait()
        self._writer.close()

    def _on_presence_read(self, missing: frozenset[str]) -> None:
        if missing != self.missing:
            self.missing = missing
            self.changed.emit()

    def _keep_what_moved(self) -> None:
        """Recordings whose folder is gone stay on the list, so that they can be located; those that were deleted from
        a folder do not."""
        known = {file.path for file in self.intake.files}
        gone = [file.path for file in self._before.files if file.path not in known]
        inputs = self._instrument().inputs
        if gone:
            self._look_for([*known, *gone, *inputs], self._on_moved_read)
        else:
            self.missing = frozenset()

    def _on_moved_read(self, missing: frozenset[str]) -> None:
        before, self._before = self._before, RunState()
        moved = moved_files(before, self.intake, self._instrument().inputs, missing)
        heard = {file.path: before.inspections[file.path] for file in moved if file.path in before.inspections}
        self.intake = replace(
            self.intake, files=(*self.intake.files, *moved), inspections={**heard, **self.intake.inspections}
        )
        self.missing = missing & {file.path for file in self.intake.files}
        self._save()
        self.changed.emit()

    def _on_found(self, places: Mapping[str, str]) -> None:
        n_wanted = len(self.missing)
        if places:
            known = [file.path for file in self.intake.files]
            self.missing -= places.keys()
            self._edit(Edit.LOCATE, relocated(self._instrument(), known, places), looks=True)
        self.located.emit(len(places), n_wanted)

    def _look_for(self, paths: Iterable[str], then: Callable[[frozenset[str]], None]) -> None:
        reader = PresenceReader(paths, self)
        reader.read.connect(then)
        self._start(reader)

    def _start(self, reader: QThread) -> None:
        self._readers.add(reader)
        reader.finished.connect(self._drop_readers)
        reader.start()

    def _drop_readers(self) -> None:
        for reader in [each for each in self._readers if each.isFinished()]:
            self._readers.discard(reader)
            reader.deleteLater()

    # --- looking ----------------------------------------------------------------------------------------------------
    def look_again(self) -> None:
        """Inspects the inputs; the newest request counts."""
        if self._thread is not None:
            self._looks_again = True
            self._queue.cancel(self._thread)
            return
        instrument = self._instrument()
        if not instrument.inputs:
            self.intake = RunState()
            self._save()
            self.changed.emit()
            return
        if self.intake.files and self.intake.phase in (Phase.FINISHED, Phase.FAILED):
            self._before = self.intake
        self._writer.forget(instrument)  # until this look is over, nothing is known
        self.intake = RunState(phase=Phase.RUNNING, job=JobKind.INSPECT)
        self._thread = JobThread(
            WorkerJob(InspectSpec(inputs=instrument.inputs, cache_dir=str(instrument.heard_path)), self._worker), self
        )
        self._thread.reported.connect(self._on_reported)
        self._thread.closed.connect(self._on_closed)
        self._queue.submit(self._thread, JobKind.INSPECT.lane)
        self.changed.emit()

    def stop_looking(self) -> None:
        if self._thread is not None:
            self._queue.cancel(self._thread)

    def _on_reported(self, events: Sequence[Event]) -> None:
        was_looking = self.intake.is_looking
        self.intake = fold_all(self.intake, events)
        self.told.emit(events)
        self.changed.emit()
        if was_looking and self.intake.has_looked and not self._looks_again:
            self.looked.emit()

    def _on_closed(self) -> None:
        self._thread = None
        if self._looks_again:
            self._looks_again = False
            self.look_again()
            return
        if self.intake.has_looked or self.intake.phase is not Phase.STOPPED:
            self._save()
        self._keep_what_moved()
        self.changed.emit()
        self.looked.emit()

    def _save(self) -> None:
        self._writer.write(self._instrument(), (*self.intake.files, *self.intake.inspections.values()))
