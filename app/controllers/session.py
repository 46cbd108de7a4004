"""An open instrument: its choices, its jobs, and the states that their events fold into."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.jobs.child import PROGRAM, AttachedJob, ChildJob
from app.jobs.queue import HEAVY, JobQueue
from app.jobs.thread import JobThread
from app.jobs.transport import Transport
from app.jobs.worker import Worker, WorkerJob
from app.state import wording
from app.state.hosts import placed
from app.state.instrument import Instrument, save, save_intake
from app.state.library import Glance, Story, glance_of, running_job
from app.state.page_parts import Activity, Notice, Tone, activity_of, failure_notice, note_notices
from app.state.plan import MORE_STEPS, WHOLE_WAY, Task, spec_for
from app.state.run_state import Phase, RunState, fold_all
from ddsp_backend.config.presets import Preset
from ddsp_backend.errors import DdspError
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.spec import InspectSpec

_INTAKE = "intake"


class InstrumentSession(QObject):
    """Signals: changed: Anything that a page shows may have changed."""

    changed = Signal()

    def __init__(
        self,
        story: Story,
        presets: Sequence[Preset],
        queue: JobQueue,
        intake_worker: Worker,
        program: tuple[str, ...] = PROGRAM,
        parent: QObject | None = None,
        *,
        book: str,
    ) -> None:
        super().__init__(parent)
        self.instrument = story.instrument
        self.intake = story.intake
        self.run = story.run
        self.presets = tuple(presets)
        self.is_stop_requested = False
        self._queue = queue
        self._worker = intake_worker
        self._program = program
        self._book = book
        self._thread: JobThread | None = None
        self._intake_thread: JobThread | None = None
        self._looks_again = False
        self._tasks: list[Task] = []
        self._problem: Notice | None = None
        self._dismissed: set[Notice] = set()
        if story.running is not None:
            self._follow(AttachedJob(story.running, story.offset), self._free_lane())
        elif story.left is not None:
            self.start(("train",))

    # --- what there is --------------------------------------------------------------------------------------------
    @property
    def preset(self) -> Preset | None:
        """The chosen one; the first where the choice is none of those that exist."""
        chosen = [preset for preset in self.presets if preset.gin_file == self.instrument.preset]
        return next(iter([*chosen, *self.presets]), None)

    @property
    def is_busy(self) -> bool:
        return self._thread is not None or bool(self._tasks)

    @property
    def is_looking(self) -> bool:
        return self._intake_thread is not None

    @property
    def is_trained(self) -> bool:
        return bool(self.run.checkpoints)

    def activity(self) -> Activity | None:
        """What is being done for this instrument, or None."""
        if self._thread is not None and not self.run.phase.is_active:
            if self._queue.is_waiting(self._thread):
                return Activity("Waiting", None, "Another instrument is being worked on; this one is next")
            return Activity("Starting", None, "")
        if self._thread is None and self._tasks:
            return Activity("Looking at the recordings", None, wording.count(len(self.intake.files), "file"))
        return activity_of(self.run, self.is_stop_requested)

    def notice(self) -> Notice | None:
        """The most important thing that the user has not dismissed."""
        can_resume = self.run.step is not None and not self.is_busy
        candidates = (
            self._problem,
            failure_notice(self.run, "Resume" if can_resume else "Try again" if self.intake.files else ""),
            failure_notice(self.intake),
            *reversed(note_notices(self.run)),
        )
        return next((notice for notice in candidates if notice is not None and notice not in self._dismissed), None)

    def glance(self) -> Glance:
        """This instrument's line in the list, from what is known without asking the disk."""
        return glance_of(self.instrument, self.run, is_looking=self.is_looking and not self.is_busy)

    # --- choices --------------------------------------------------------------------------------------------------
    def add_inputs(self, paths: Iterable[str]) -> None:
        known = dict.fromkeys((*self.instrument.inputs, *paths))
        self._set_inputs(tuple(known))

    def clear_inputs(self) -> None:
        self._set_inputs(())

    def choose_preset(self, gin_file: str) -> None:
        self._keep(replace(self.instrument, preset=gin_file))

    def choose_settings(self, bindings: tuple[str, ...]) -> None:
        """What differs from the chosen preset, from the next training on."""
        if self.preset is not None:
            settings = {**self.instrument.settings, self.preset.gin_file: bindings}
            self._keep(replace(self.instrument, settings=settings))

    def choose_host(self, address: str) -> None:
        self._keep(replace(self.instrument, host=address))

    def choose_pitch(self, key: str) -> None:
        self._keep(replace(self.instrument, pitch=key))

    def rename(self, name: str) -> None:
        if name.strip():
            self._keep(replace(self.instrument, name=name.strip()))

    def dismiss(self, notice: Notice) -> None:
        self._dismissed.add(notice)
        if self._problem == notice:
            self._problem = None
        self.changed.emit()

    def _set_inputs(self, inputs: tuple[str, ...]) -> None:
        self._keep(replace(self.instrument, inputs=inputs))
        self.look_again()

    def _keep(self, instrument: Instrument) -> None:
        self.instrument = instrument
        try:
            save(instrument)
        except OSError as error:
            self._report(f"The choices cannot be saved: {error.strerror}: {instrument.path}")
        self.changed.emit()

    # --- looking at recordings --------------------------------------------------------------------------------------
    def look_again(self) -> None:
        """Inspects the inputs; the newest request counts."""
        if self._intake_thread is not None:
            self._looks_again = True
            self._queue.cancel(self._intake_thread)
            return
        if not self.instrument.inputs:
            self.intake = RunState()
            self._save_intake()
            self.changed.emit()
            return
        self.intake = RunState(phase=Phase.RUNNING, job="InspectSpec")
        self._intake_thread = JobThread(WorkerJob(InspectSpec(inputs=self.instrument.inputs), self._worker), self)
        self._intake_thread.reported.connect(self._on_intake_reported)
        self._intake_thread.closed.connect(self._on_intake_closed)
        self._queue.submit(self._intake_thread, _INTAKE)
        self.changed.emit()

    def _on_intake_reported(self, events: tuple[Event, ...]) -> None:
        self.intake = fold_all(self.intake, events)
        self.changed.emit()

    def _on_intake_closed(self) -> None:
        self._intake_thread = None
        if self._looks_again:
            self._looks_again = False
            self.look_again()
            return
        self._save_intake()
        self.changed.emit()
        self._advance()

    def _save_intake(self) -> None:
        try:
            save_intake(self.instrument, self.intake.files)
        except OSError:
            pass  # only saves a look at the recordings next time

    # --- jobs -----------------------------------------------------------------------------------------------------
    def start(self, tasks: Sequence[Task] = WHOLE_WAY) -> None:
        """Does these one after the other; ends early where one fails or is stopped."""
        if self.is_busy:
            return
        other = running_job(self.instrument)
        if other is not None:  # another window, or a terminal, works on this instrument: join it
            self._follow(AttachedJob(other), self._free_lane())
            return
        self._problem = None
        self._dismissed.clear()
        self._tasks = list(tasks)
        if self.preset is not None and self.preset.gin_file != self.instrument.preset:
            self._keep(replace(self.instrument, preset=self.preset.gin_file))  # a default may change, a model may not
        self._advance()

    def train(self) -> None:
        """The whole way from the recordings on. A model that has reached its goal gets a further one."""
        step = self.run.step
        if step is not None and step.step >= step.total_steps:
            self._keep(replace(self.instrument, steps=step.step + MORE_STEPS))
        self.start(WHOLE_WAY)

    def try_again(self) -> None:
        """Goes on after a failure: with training where there is a model, from the recordings where there is none."""
        if self.run.step is not None and self.run.dataset is not None:
            self.start(WHOLE_WAY[1:])
        elif self.instrument.is_demo and not self.instrument.inputs:
            self.start(("generate",))
        elif self.intake.failure is not None:
            self.look_again()
        else:
            self.start(WHOLE_WAY)

    def forget_tasks(self) -> None:
        self._tasks.clear()

    def train_to(self, steps: int) -> None:
        """Goes on from the last checkpoint up to this step."""
        self._keep(replace(self.instrument, steps=steps))
        self.start(WHOLE_WAY[1:] if self.run.dataset is not None else WHOLE_WAY)

    def stop(self) -> None:
        self._tasks.clear()
        if self._thread is not None:
            self.is_stop_requested = True
            self._queue.cancel(self._thread)
        self.changed.emit()

    def _advance(self) -> None:
        if self._thread is not None or not self._tasks or self.is_looking or self.preset is None:
            return
        task = self._tasks[0]
        try:
            spec = spec_for(task, self.instrument, self.preset, self.intake.files, self.run.dataset)
            spec, place = placed(task, spec, self.instrument, self._book)
            path = self.instrument.new_job_path(task)
        except DdspError as error:
            self._give_up(error.title, error.hint)
            return
        except OSError as error:
            self._give_up(f"The job cannot be written: {error.strerror}: {error.filename}", "Is the disk full?")
            return
        self._tasks.pop(0)
        self._follow(ChildJob(spec, path, self._program, place), HEAVY if place is None else f"on {place.address}")

    def _follow(self, transport: Transport, lane: str) -> None:
        self.is_stop_requested = False
        self._thread = JobThread(transport, self)
        self._thread.reported.connect(self._on_reported)
        self._thread.closed.connect(self._on_closed)
        self._queue.submit(self._thread, lane)
        self.changed.emit()

    def _on_reported(self, events: tuple[Event, ...]) -> None:
        self.run = fold_all(self.run, events)
        self.changed.emit()

    def _on_closed(self) -> None:
        self._thread = None
        self.is_stop_requested = False
        if self.run.phase is not Phase.FINISHED:
            self._tasks.clear()
        elif self.run.job == "GenerateSpec":
            self.add_inputs((str(self.instrument.generated_path),))  # looks at them, then goes on
        self._advance()
        self.changed.emit()

    def _free_lane(self) -> str:
        """The heavy lane, or one beside it: a job that runs already cannot be made to wait."""
        return HEAVY if self._queue.running(HEAVY) is None else f"attached {self.instrument.path}"

    def _give_up(self, title: str, hint: str) -> None:
        self._tasks.clear()
        self._report(title, hint)
        self.changed.emit()

    def _report(self, title: str, hint: str = "") -> None:
        self._problem = Notice(Tone.BAD, title, hint)
