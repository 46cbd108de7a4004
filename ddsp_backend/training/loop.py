"""The training job: steps, and between them what is due: held-out losses, checkpoints, clips, curves."""

import functools
import math
from collections.abc import Generator

import tensorflow as tf

from ddsp_backend import kernel_store
from ddsp_backend.arrays import Batch
from ddsp_backend.errors import Cancelled, DataError, DdspError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    CheckpointSaved,
    EndReason,
    Event,
    HeldOutMeasured,
    Progressed,
    StepDone,
    Trend,
    TrendJudged,
)
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.spec import TrainSpec
from ddsp_backend.reporting.held_out_loss import LossMeasure, batch_size, mean_losses
from ddsp_backend.reporting.tensorboard import Summaries
from ddsp_backend.storage_errors import storage_error
from ddsp_backend.training.fixed_clips import FixedClips
from ddsp_backend.training.goal import already_there, why_it_ends
from ddsp_backend.training.guard import Guard
from ddsp_backend.training.schedule import Schedule
from ddsp_backend.training.session import TrainingSession, open_session
from ddsp_backend.training.step_curves import StepCurves
from ddsp_backend.training.step_speed import StepSpeed, now
from ddsp_backend.training.strategy import keep_signals, reason_of_loss, sign_of_life
from ddsp_backend.training.trainer import StepResult
from ddsp_backend.training.training_errors import (
    lost,
    out_of_memory,
    precision_lost,
    require_folder,
    unreadable_data,
)
from ddsp_backend.training.workers import LOST, WorkerLostError

Events = Generator[Event, None, None]


def train(spec: TrainSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Trains up to the wanted step, from where the newest whole checkpoint of the run ends.

    A stop is acknowledged while a step runs, takes effect after it, and ends with a checkpoint.

    Raises:
      ConfigError, DataError, CheckpointError: most of them before anything is written.
      DdspError: the loss is no longer a number; the checkpoints before that step stay as they are.
      Cancelled: after the checkpoint.
    """
    run: _TrainingRun | None = None
    try:
        with Interruptible(cancel, sign_of_life(spec.tpu)) as watch:
            yield Progressed("Building the model", 0, 1, Unit.MODELS)
            restore_signals = keep_signals()
            session = yield from watch.run(lambda: open_session(spec))
            with session.claim:
                restore_signals()
                yield Progressed("Building the model", 1, 1, Unit.MODELS)
                yield from session.notes
                folder = session.folder / "summaries"
                with Summaries(folder / "train") as curves, Summaries(folder / "eval") as held_out_curves:
                    run = _TrainingRun(session, watch, curves, held_out_curves)
                    yield from run.work()
            return run.result()
    except (tf.errors.OpError, DdspError) as error:
        # Whatever was being done when those who compute elsewhere were gone: a step, a measurement, a checkpoint.
        if reason := reason_of_loss(spec.tpu, error):
            at = (-1, -1, 0) if run is None else (run.step, run.saved_at, run.steps_per_save)
            raise lost(spec.tpu, reason, *at) from error
        raise


class _TrainingRun:
    """A session at work. Its methods are generators of events."""

    def __init__(
        self, session: TrainingSession, watch: Interruptible, curves: Summaries, held_out_curves: Summaries
    ) -> None:
        self._session = session
        self._settings = session.settings
        self._watch = watch
        self._curves = curves
        self._held_out_curves = held_out_curves
        self._measure_losses = LossMeasure(session.model)
        self._clips = FixedClips(session, watch)
        self._guard = Guard(session, watch, self._clips)
        self._step = session.trainer.step
        self._saved_at = self._step if session.is_resumed else -1
        self._first_step = self._step
        self._ended: EndReason | None = None
        # What lies in the checkpoint was judged already, but for its step nobody remembers how.
        self._judged_at = session.course.points[-1].step if session.course.points else session.progress.measured_at
        self._trend, self._best_step = Trend.EARLY, self._step
        self._schedule = Schedule(session.settings, session.goal.is_of_this_process or session.settings.milestones)
        self._step_curves = StepCurves(curves, session.settings.steps_per_summary)
        self._speed = StepSpeed()
        self._precision = session.trainer.target.precision

    @property
    def step(self) -> int:
        """The last one done."""
        return self._step

    @property
    def saved_at(self) -> int:
        """The step of the newest checkpoint; -1 where there is none."""
        return self._saved_at

    @property
    def steps_per_save(self) -> int:
        return self._settings.steps_per_save

    def work(self) -> Events:
        self._curves.config(self._step, self._session.operative_text)
        goal, course = self._session.goal, self._session.course
        self._ended = self._agreed(goal.reached(self._step, course.seconds))
        if self._ended is not None:
            yield already_there(goal, self._ended, self._step)
            return
        if self._session.is_resumed:
            # A stop, or a crash, may have come between a step and what was due after it.
            yield from self._do_what_is_due()
        while self._ended is None:
            yield from self._stop_here()
            self._speed.start()
            try:
                result = yield from self._watch.run(self._take_step)
            except (WorkerLostError, DataError):
                yield from self._save()
                raise
            course.pass_time(self._speed.stop())
            if result is None:
                yield from self._stop()
                raise Cancelled
            self._step += 1
            yield from self._say_precision()
            if (yield from self._guard.look(result, self._step, self._saved_at)):
                yield from self._go_on_from(self._session.trainer.step)
                continue
            yield self._step_done(result)
            smoothed = self._session.progress.train_loss.add(result.losses["total_loss"])
            self._ended = self._agreed(goal.reached(self._step, course.seconds))
            if self._ended is None and self._session.ends_early_at(smoothed):
                self._ended = EndReason.LOSS
            self._step_curves.add(
                self._step,
                result,
                self._session.trainer.learning_rate,
                self._speed.steps_per_second,
                is_last=self._ended is not None,
            )
            yield from self._do_what_is_due()
            if self._ended is None and self._agreed(self._judged_flat()):
                self._ended = EndReason.FLAT
                yield from self._do_what_is_due()
        yield from self._say_why()

    def result(self) -> dict[str, str]:
        best = self._session.checkpoints.best
        found = {"save_dir": str(self._session.folder), "step": str(self._step)}
        if self._ended is not None:
            found["ended_because"] = self._ended.value
        if self._saved_at >= 0:
            found["checkpoint"] = str(self._session.checkpoints.path(self._saved_at))
        if best is not None:
            found["best_checkpoint"] = str(self._session.checkpoints.path(best.step))
        return found

    def _step_done(self, result: StepResult) -> StepDone:
        goal, seconds = self._session.goal, self._session.course.seconds
        return StepDone(
            self._step,
            goal.total_steps,
            result.losses,
            self._speed.steps_per_second,
            goal.seconds_left(self._step, seconds, self._speed.seconds_a_step),
            seconds,
        )

    def _agreed(self, reason: EndReason | None) -> EndReason | None:
        """What one of several workers finds in its time or measurements holds for all: they end after the same step."""
        goal = self._session.goal
        if not (goal.is_of_this_process and self._session.workers.anyone(reason is not None)):
            return reason
        return reason or (EndReason.FLAT if goal.until_flat else EndReason.MINUTES)

    def _go_on_from(self, step: int) -> Events:
        """What came after it did not happen. Its state is saved, so that a crash does not lead further back."""
        self._step, self._judged_at, self._saved_at = step, -1, -1
        self._step_curves.forget()
        if step:
            yield from self._save()

    def _take_step(self) -> StepResult | None:
        """None where any of the workers was asked to stop: they do so at the same step."""
        workers = self._session.workers
        if workers.are_several and workers.anyone(self._watch.stop_requested):
            return None
        try:
            batch: Batch = next(self._session.batches)
        except tf.errors.OpError as error:
            refused = storage_error(error)
            if refused is None and workers.are_several and isinstance(error, LOST):
                raise workers.lost(error) from error  # it is told to whoever asks TensorFlow next
            raise refused or unreadable_data(error) from error
        try:
            return self._session.trainer.train_step(batch)
        except tf.errors.ResourceExhaustedError as error:
            raise out_of_memory(self._settings.batch_size) from error
        except tf.errors.OpError as error:
            if workers.are_several:
                raise workers.lost(error) from error
            raise

    def _stop_here(self) -> Events:
        """Between two steps: ends the job if a stop is asked for."""
        yield from self._watch.acknowledge()
        if self._watch.stop_requested and not self._session.workers.are_several:
            yield from self._stop()
            raise Cancelled

    def _stop(self) -> Events:
        yield from self._save()
        if self._settings.milestones and self._step > self._first_step:
            yield from self._play()

    def _do_what_is_due(self) -> Events:
        """The measurement before the checkpoint, which holds its result; the clips last, which nothing waits for."""
        is_last = self._ended is not None
        seconds = self._session.course.seconds
        if self._judged_at != self._step and self._schedule.measurement(self._step, seconds, is_last):
            begun = now()
            yield from self._measure()
            self._schedule.measured(seconds, now() - begun)
        if self._schedule.checkpoint(self._step, is_last) and self._saved_at != self._step:
            yield from self._save()
        # Where a stop is asked for: after it has saved, or when the run is resumed.
        if self._schedule.clips(self._step, is_last) and not self._watch.stop_requested:
            yield from self._play()

    def _measure(self) -> Events:
        """The held-out part, and what it says about going on. Where nothing is held out, the training loss judges."""
        progress = self._session.progress
        if not self._session.workers.is_chief or not progress.train_loss.count:
            return
        loss = progress.train_loss.value
        if self._session.held_out_batches:
            with self._session.trainer.as_heard():
                means = yield from self._held_out_losses()
            if means is None:
                return  # measured when the run is resumed
            loss = progress.held_out(self._step, means["total_loss"])
            yield HeldOutMeasured(self._step, means, loss)
            named = {f"losses/{name}": value for name, value in means.items()}
            self._held_out_curves.scalars(self._step, {**named, "losses/total_loss_smoothed": loss})
        judged = self._session.course.add(self._step, loss, progress.train_loss.value)
        self._judged_at, self._trend, self._best_step = self._step, judged.trend, judged.best_step
        times = judged.seconds / 60, judged.seconds_since_best / 60
        yield TrendJudged(self._step, judged.trend, judged.gain, times[0], judged.best_step, times[1])
        if self._session.held_out_batches and self._is_best(loss):
            yield from self._save(best_loss=loss)

    def _held_out_losses(self) -> Generator[Event, None, dict[str, float] | None]:
        """Means over all of it; None where a stop is asked for meanwhile."""
        measured = []
        for number, batch in enumerate(self._session.held_out_batches):
            if self._watch.stop_requested:
                return None
            losses = yield from self._watch.run(functools.partial(self._measure_losses.losses, batch, number))
            measured.append((batch_size(batch), losses))
        return mean_losses(measured)

    def _judged_flat(self) -> EndReason | None:
        """Right after a measurement."""
        is_flat = self._judged_at == self._step and self._session.goal.is_flat(
            self._trend, self._step - self._first_step
        )
        return EndReason.FLAT if is_flat else None

    def _say_why(self) -> Events:
        assert self._ended is not None
        loss = self._session.progress.train_loss.value
        note = why_it_ends(self._session.goal, self._ended, self._step, self._best_step, loss)
        if note is not None:
            yield note

    def _is_best(self, loss: float) -> bool:
        best = self._session.checkpoints.best
        return math.isfinite(loss) and (best is None or loss < best.held_out_loss)

    def _save(self, best_loss: float | None = None) -> Events:
        """Saves this step, unless it is saved; says which one it is in any case."""
        checkpoints = self._session.checkpoints
        progress = self._session.progress
        if best_loss is None and not self._session.held_out_batches and progress.train_loss.count:
            # Nothing is held out: the smoothed training loss is the best judge there is.
            best_loss = progress.train_loss.value if self._is_best(progress.train_loss.value) else None
        require_folder(self._session.claim, self._step, self._saved_at)
        if self._saved_at != self._step:
            yield from self._watch.run(functools.partial(checkpoints.save, self._step))
            self._saved_at = self._step
            kernel_store.give_back()  # now: whoever ends this process may do it the hard way
        if best_loss is not None:
            checkpoints.mark_best(self._step, best_loss)
        self._curves.flush()
        self._held_out_curves.flush()
        yield CheckpointSaved(self._step, str(checkpoints.path(self._step)), is_best=best_loss is not None)

    def _play(self) -> Events:
        require_folder(self._session.claim, self._step, self._saved_at)
        with self._session.trainer.as_heard():
            yield from self._clips.render(self._step)

    def _say_precision(self) -> Events:
        before, self._precision = self._precision, self._session.trainer.target.precision
        if before != self._precision:
            yield precision_lost(before, self._precision, self._step)
