"""An open instrument: its choices, its jobs, and the states that their events fold into."""

import traceback
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.controllers.recording_list import RecordingList
from app.controllers.time_estimates import SpeedBook, TimeEstimates
from app.jobs.child import PROGRAM, AttachedJob, ChildJob
from app.jobs.queue import JobQueue
from app.jobs.thread import NEVER_BEGUN, JobThread
from app.jobs.transport import Transport
from app.jobs.worker import Worker
from app.state import formatting
from app.state.effort import amount_of, efforts
from app.state.estimate import Estimate
from app.state.goal import Goal
from app.state.goal_offers import next_goal
from app.state.going_on import cure_word
from app.state.hosts import placed
from app.state.instrument import Instrument, save
from app.state.library import JobHistory, LibraryItem, item_of, running_job
from app.state.notices import (
    Activity,
    Notice,
    Tone,
    activity_of,
    ending_activity,
    failure_notice,
    note_notices,
    waiting_activity,
)
from app.state.plan import WHOLE_WAY, Task, spec_for
from app.state.remaining import what_remains
from app.state.remaining_tasks import RemainingTasks
from app.state.run_state import Phase, RunState, fold_all
from ddsp_backend.config.presets import Preset
from ddsp_backend.errors import OWN_FAULT, ConfigError, DdspError
from ddsp_backend.jobs.detached_process import Heir
from ddsp_backend.jobs.events import ClipRendered, Event
from ddsp_backend.jobs.folder import JobFolder
from ddsp_backend.jobs.job_table import JobKind, Lane
from ddsp_backend.jobs.owner import Owner
from ddsp_backend.jobs.spec import kind_of


class InstrumentSession(QObject):
    """Signals:

    changed: Anything that a page shows may have changed.
    told: A tuple of events, as a job of this instrument said them.

    Args:
      book: Folder of the host book.
      speeds: How fast computers work.
      heir: The command that continues the remaining work if this process dies.
      by: This process, if nobody else shall go on while it lives.
    """

    changed = Signal()
    told = Signal(object)

    def __init__(
        self,
        history: JobHistory,
        presets: Sequence[Preset],
        queue: JobQueue,
        intake_worker: Worker,
        program: tuple[str, ...] = PROGRAM,
        parent: QObject | None = None,
        *,
        book: str,
        speeds: SpeedBook,
        heir: Heir | None = None,
        by: Owner | None = None,
    ) -> None:
        super().__init__(parent)
        self.instrument = history.instrument
        self.recordings = RecordingList(history.intake, lambda: self.instrument, self._keep, queue, intake_worker, self)
        self.recordings.changed.connect(self.changed)
        self.recordings.looked.connect(self._advance)
        self.time_estimates = TimeEstimates(speeds, self)
        self.time_estimates.moved.connect(self.changed)
        self.run = history.run
        self.presets = tuple(presets)
        self.is_stop_requested = False
        self._queue = queue
        self._program = program
        self._book = book
        self._heir = heir
        self._thread: JobThread | None = None
        self._has_begun = False
        self._is_left = False
        self._remaining = RemainingTasks(by)
        self._left_job = history.left
        self._problem: Notice | None = None
        self._dismissed: set[Notice] = set()
        if history.running is not None:
            self._follow(AttachedJob(history.running, history.offset), self._free_lane())

    # --- what there is --------------------------------------------------------------------------------------------
    @property
    def preset(self) -> Preset | None:
        """The chosen one; the first where the choice is none of those that exist."""
        chosen = [preset for preset in self.presets if preset.gin_file == self.instrument.preset]
        return next(iter([*chosen, *self.presets]), None)

    @property
    def is_busy(self) -> bool:
        return self._thread is not None or self._remaining.next_task is not None

    @property
    def intake(self) -> RunState:
        """What the last look at the recordings found."""
        return self.recordings.intake

    @property
    def is_looking(self) -> bool:
        return self.recordings.is_looking

    @property
    def is_trained(self) -> bool:
        return bool(self.run.checkpoints)

    def activity(self) -> Activity | None:
        """What is being done for this instrument, or None."""
        if self._thread is not None and not self._has_begun:
            if self.is_stop_requested:
                return Activity("Stopping", None, "Nothing was begun yet", True)
            return waiting_activity(self._queue.place_of(self._thread))
        if self._thread is not None and not self.run.phase.is_active:
            return ending_activity(self.run, goes_on=self._remaining.next_task is not None)
        if self._thread is None and self._remaining.next_task is not None:
            return Activity("Looking at the recordings", None, formatting.count(len(self.intake.files), "file"))
        return activity_of(self.run, self.is_stop_requested, self.time_estimates.left())

    def expected(self, tasks: Sequence[Task], goal: Goal, seconds: float | None = None) -> Estimate:
        """How long these would take from now on. Args: seconds: Of the recordings to learn from; None: look there."""
        if self.preset is None:
            return Estimate()
        if seconds is None:
            seconds = sum(file.duration for file in self.recordings.chosen())
        own = bool(self.instrument.settings_of(self.preset.gin_file))
        amount = amount_of(self.run, seconds)
        work = efforts(tasks, self.preset, self.instrument.pitch, goal, amount, has_own_settings=own)
        return self.time_estimates.expected(work, self.instrument.host, is_quiet=self._queue.is_idle())

    def notice(self) -> Notice | None:
        """The most important thing that the user has not dismissed."""
        cure = cure_word(self.run, is_busy=self.is_busy, has_recordings=bool(self.intake.files))
        candidates = (
            self._problem,
            failure_notice(self.run, cure),
            failure_notice(self.intake),
            *reversed(note_notices(self.run)),
            *reversed(note_notices(self.intake)),
        )
        return next((notice for notice in candidates if notice is not None and notice not in self._dismissed), None)

    @property
    def problem(self) -> Notice | None:
        """Why the next job could not be begun."""
        return self._problem

    def item(self) -> LibraryItem:
        """This instrument's line in the list, from what is known without asking the disk."""
        return item_of(self.instrument, self.run, is_looking=self.is_looking and not self.is_busy)

    # --- choices --------------------------------------------------------------------------------------------------
    def choose_preset(self, gin_file: str) -> None:
        self._keep(replace(self.instrument, preset=gin_file))

    def choose_settings(self, bindings: tuple[str, ...]) -> None:
        """What differs from the chosen preset, from the next training on."""
        if self.preset is not None:
            settings = {**self.instrument.settings, self.preset.gin_file: bindings}
            self._keep(replace(self.instrument, settings=settings))

    def choose_host(self, address: str) -> None:
        self._keep(replace(self.instrument, host=address))

    def choose_start(self, key: str) -> None:
        """Args: key: Of a `StartChoice`."""
        self._keep(replace(self.instrument, start_from=key))

    def choose_pitch(self, key: str) -> None:
        self._keep(replace(self.instrument, pitch=key))

    @property
    def goal(self) -> Goal:
        """Of the next training."""
        run = self.run
        step = run.step.step if run.step is not None else 0
        return next_goal(self.instrument.goal, run.is_goal_reached, run.seconds_trained / 60, step)

    def choose_goal(self, goal: Goal) -> None:
        if goal != self.instrument.goal:
            self._keep(replace(self.instrument, goal=goal))

    def choose_goal_from_here(self, goal: Goal) -> None:
        """Counts from what is trained by now."""
        step = self.run.step.step if self.run.step is not None else 0
        self.choose_goal(goal.further(self.run.seconds_trained / 60, step))

    def rename(self, name: str) -> None:
        if name.strip():
            self._keep(replace(self.instrument, name=name.strip()))

    def dismiss(self, notice: Notice) -> None:
        self._dismissed.add(notice)
        if self._problem == notice:
            self._problem = None
        self.changed.emit()

    def _keep(self, instrument: Instrument) -> None:
        self.instrument = instrument
        try:
            save(instrument)
        except OSError as error:
            self._report(f"The choices cannot be saved: {error.strerror}: {instrument.path}")
        self.changed.emit()

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
        self._remaining.ask_for(self.instrument, tasks)
        self.time_estimates.ask()
        if self.preset is not None and self.preset.gin_file != self.instrument.preset:
            self._keep(replace(self.instrument, preset=self.preset.gin_file))  # a default may change, a model may not
        self._advance()

    def train(self) -> None:
        """The whole way from the recordings on."""
        self.choose_goal(self.goal)
        self.start(WHOLE_WAY)

    def try_again(self) -> None:
        """Goes on after a failure: with training where there is a model, from the recordings where there is none."""
        if self.run.step is not None and self.run.dataset is not None:
            self.start(WHOLE_WAY[1:])
        elif self.instrument.is_demo and not self.instrument.inputs:
            self.start(("generate",))
        elif self.intake.failure is not None:
            self.recordings.look_again()
        else:
            self.start(WHOLE_WAY)

    def carry_on(self) -> None:
        """Continues work that another window, or the background process, has left unfinished."""
        if self._remaining.is_asked_for:
            return
        remaining = what_remains(self.instrument)
        if remaining is not None and not remaining.is_taken_care_of():
            self._remaining.take_over(self.instrument, remaining)
            if self._thread is None and remaining.job:
                self._follow(AttachedJob(JobFolder(self.instrument.jobs_path / remaining.job)), self._free_lane())
        elif remaining is None and self._left_job is not None and self._thread is None:
            self.start(("train",))
        self._take_generated()
        if not self.intake.files and self.instrument.inputs and not self.is_looking:
            self.recordings.look_again()  # the last look was never over
        self._advance()

    def take_clips(self, clips: Sequence[ClipRendered]) -> None:
        """What a kept model has played beside all jobs."""
        self.run = fold_all(self.run, clips)
        self.changed.emit()

    def leave(self) -> None:
        """What remains is left to others; a job that runs goes on. Before the queue is left."""
        self._is_left = True
        self._remaining.leave()

    @property
    def further_way(self) -> tuple[Task, ...]:
        """What to do to go on from the last checkpoint."""
        return WHOLE_WAY[1:] if self.run.dataset is not None else WHOLE_WAY

    def train_further(self) -> None:
        self.choose_goal(self.goal)
        self.start(self.further_way)

    def stop(self) -> None:
        self._remaining.give_up(self.instrument)
        if self._thread is not None:
            self.is_stop_requested = True
            self._queue.cancel(self._thread)
        self.changed.emit()

    def _advance(self) -> None:
        task = self._remaining.next_task
        if self._thread is not None or task is None or self.is_looking or self.preset is None:
            return
        try:
            spec = spec_for(task, self.instrument, self.preset, self.recordings.chosen(), self.run.dataset)
            spec, place = placed(task, spec, self.instrument, self._book)
            path = self.instrument.new_job_path(task)
        except ConfigError as error:  # the values are this program's own: those of the user are judged by the job
            self._give_up(error.title, OWN_FAULT, traceback.format_exc())
            return
        except DdspError as error:
            self._give_up(error.title, error.hint)
            return
        except OSError as error:
            self._give_up(
                f"The job cannot be written: {error.strerror}: {error.filename}", "Check whether the disk is full."
            )
            return
        self._remaining.begin_next(self.instrument, path.name)
        job = ChildJob(spec, path, self._program, place, self._heir)
        self._follow(job, kind_of(spec).lane if place is None else f"on {place.address}")

    def _follow(self, transport: Transport, lane: str) -> None:
        self.is_stop_requested = False
        self._has_begun = isinstance(transport, AttachedJob) and self.run.phase.is_active
        is_fresh = isinstance(transport, ChildJob)
        told = self.expected(self._remaining.tasks or self.further_way, self.instrument.goal)
        self.time_estimates.follow(
            self.run.job if self._has_begun else JobKind.UNKNOWN, told, self.instrument.host, is_fresh=is_fresh
        )
        self._thread = JobThread(transport, self, asked_at=self._remaining.asked_at)
        self._thread.reported.connect(self._on_reported)
        self._thread.closed.connect(self._on_closed)
        self._queue.submit(self._thread, lane)
        self.changed.emit()

    def _on_reported(self, events: tuple[Event, ...]) -> None:
        if events[0] == NEVER_BEGUN:
            return
        self._has_begun = True
        self.run = fold_all(self.run, events)
        self.time_estimates.hear(events)
        self.told.emit(events)
        self.changed.emit()

    def _on_closed(self) -> None:
        was_stopped, self.is_stop_requested = self.is_stop_requested, False
        self._thread = None
        self.time_estimates.rest()
        if not self._is_left:
            if self._remaining.task is not None:  # otherwise it was a job of others, joined to be seen
                self._end_task(was_stopped)
            self._take_generated()
            self._advance()
        self.changed.emit()

    def _end_task(self, was_stopped: bool) -> None:
        if self._has_begun and self.run.phase is Phase.FINISHED:
            self._remaining.end_task(self.instrument)
        elif self._has_begun and self.run.phase is Phase.STOPPED and not was_stopped:
            self._remaining.leave()  # stopped by others: the computer shuts down, or another window sees to the rest
        else:
            self._remaining.give_up(self.instrument)

    def _take_generated(self) -> None:
        """What the program has played itself is looked at like anybody's recordings."""
        is_generated = self.run.job == JobKind.GENERATE and self.run.phase is Phase.FINISHED
        if is_generated and not self.instrument.inputs:
            self.recordings.add((str(self.instrument.generated_path),))

    def _free_lane(self) -> str:
        """The heavy lane, or one beside it: a job that runs already cannot be made to wait."""
        return Lane.HEAVY if self._queue.running() is None else f"attached {self.instrument.path}"

    def _give_up(self, title: str, hint: str, report: str = "") -> None:
        self._remaining.give_up(self.instrument)
        self._report(title, hint, report)
        self.changed.emit()

    def _report(self, title: str, hint: str = "", report: str = "") -> None:
        self._problem = Notice(Tone.BAD, title, hint, report)
