"""The training job: steps, and between them what is due: held-out losses, checkpoints, clips, curves."""

import functools
import math
from collections.abc import Generator

import tensorflow as tf

from ddsp_backend import kernel_store
from ddsp_backend.errors import Cancelled, DataError, DdspError
from ddsp_backend.inference.clips import ClipPlayer, PlayedClip, harmonics_have_died, write_clip
from ddsp_backend.inference.measuring import Measure, mean_losses, size
from ddsp_backend.inference.tensorboard import Summaries
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import CheckpointSaved, Event, HeldOutMeasured, Noted, Progressed, StepDone
from ddsp_backend.jobs.spec import TrainSpec
from ddsp_backend.jobs.watch import Watch
from ddsp_backend.refusals import refusal
from ddsp_backend.training.session import Session, open_session
from ddsp_backend.training.strategy import keep_signals, reason_of_loss, sign_of_life
from ddsp_backend.training.tempo import Tempo
from ddsp_backend.training.trainer import Batch, StepResult
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
    run: _Run | None = None
    try:
        with Watch(cancel, sign_of_life(spec.tpu)) as watch:
            yield Progressed("Building the model", 0, 1, "model")
            restore_signals = keep_signals()
            session = yield from watch.run(lambda: open_session(spec))
            restore_signals()
            yield Progressed("Building the model", 1, 1, "model")
            yield from session.notes
            folder = session.folder / "summaries"
            with Summaries(folder / "train") as curves, Summaries(folder / "eval") as held_out_curves:
                run = _Run(session, watch, curves, held_out_curves)
                yield from run.work()
            return run.result()
    except (tf.errors.OpError, DdspError) as error:
        # Whatever was being done when those who compute elsewhere were gone: a step, a measurement, a checkpoint.
        if reason := reason_of_loss(spec.tpu, error):
            raise _lost(spec.tpu, reason, run) from error
        raise


def _lost(tpu: str, reason: str, run: "_Run | None") -> DdspError:
    back = f"Start it again when {tpu} is back, or elsewhere without --tpu"
    if run is None or run.saved_at < 0:
        return DdspError(f"{tpu} was lost before anything was saved: {reason}", f"{back}: it begins anew.")
    return DdspError(
        f"{tpu} was lost after step {run.step}: {reason}",
        f"{back}: it goes on from the checkpoint of step {run.saved_at}. "
        f"One is written every {run.steps_per_save} steps (train.steps_per_save).",
    )


class _Run:
    """A session at work. Its methods are generators of events."""

    def __init__(self, session: Session, watch: Watch, curves: Summaries, held_out_curves: Summaries) -> None:
        self._session = session
        self._settings = session.settings
        self._watch = watch
        self._curves = curves
        self._held_out_curves = held_out_curves
        self._measure = Measure(session.model)
        self._player = ClipPlayer(session.model)
        self._step = session.trainer.step
        self._saved_at = self._step if session.is_resumed else -1
        self._rendered_at = -1
        self._is_last = False
        self._is_told_of_noise = False
        self._since_summary: list[StepResult] = []
        self._tempo = Tempo()
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
        total = self._session.total_steps
        if self._step >= total:
            yield Noted(
                f"This run is at step {self._step} already, and no more than {total} were asked for",
                "To train it further, ask for more steps: train.num_steps.",
            )
            return
        if self._session.is_resumed:
            # A stop, or a crash, may have come between a step and what was due after it.
            yield from self._do_what_is_due()
        while not self._is_last:
            yield from self._stop_here()
            self._tempo.start()
            try:
                result = yield from self._watch.run(self._take_step)
            except WorkerLostError:
                yield from self._save()
                raise
            self._tempo.stop()
            if result is None:
                yield from self._save()
                raise Cancelled
            self._step += 1
            yield from self._say_precision()
            self._require_finite(result)
            yield StepDone(
                self._step,
                total,
                result.losses,
                self._tempo.steps_per_second,
                self._tempo.seconds_left(total - self._step),
            )
            smoothed = self._session.progress.train_loss.add(result.losses["total_loss"])
            self._is_last = self._step >= total
            if not self._is_last and self._session.ends_early_at(smoothed):
                self._is_last = True
                yield Noted(f"The smoothed loss is down to {smoothed:.3f}: training ends at step {self._step}")
            self._summarize(result)
            yield from self._do_what_is_due()

    def result(self) -> dict[str, str]:
        best = self._session.checkpoints.best
        found = {"save_dir": str(self._session.folder), "step": str(self._step)}
        if self._saved_at >= 0:
            found["checkpoint"] = str(self._session.checkpoints.path(self._saved_at))
        if best is not None:
            found["best_checkpoint"] = str(self._session.checkpoints.path(best.step))
        return found

    def _take_step(self) -> StepResult | None:
        """None where any of the workers was asked to stop: they do so at the same step."""
        workers = self._session.workers
        if workers.are_several and workers.anyone(self._watch.stop_requested):
            return None
        try:
            batch: Batch = next(self._session.batches)
        except tf.errors.OpError as error:
            refused = refusal(error)
            if refused is None and workers.are_several and isinstance(error, LOST):
                raise workers.lost(error) from error  # it is told to whoever asks TensorFlow next
            raise refused or DataError(
                f"An example of the data set cannot be read: {str(error).splitlines()[0]}",
                "Prepare the data set again; the checkpoints of this run are whole.",
            ) from error
        try:
            return self._session.trainer.train_step(batch)
        except tf.errors.ResourceExhaustedError as error:
            n = self._settings.batch_size
            raise DdspError(
                f"There is not enough memory for a step with batch_size={n}",
                f'Try --gin_param="batch_size={max(1, n // 2)}", or a smaller model.',
            ) from error
        except tf.errors.OpError as error:
            if workers.are_several:
                raise workers.lost(error) from error
            raise

    def _stop_here(self) -> Events:
        """Between two steps: saves and ends the job if a stop is asked for."""
        yield from self._watch.acknowledge()
        if self._watch.stop_requested and not self._session.workers.are_several:
            yield from self._save()
            raise Cancelled

    def _do_what_is_due(self) -> Events:
        """The measurement before the checkpoint, which holds its result; the clips last, which nothing waits for."""
        progress = self._session.progress
        if (
            self._session.held_out_batches
            and self._is_due(self._settings.steps_per_held_out)
            and progress.measured_at != self._step
        ):
            yield from self._measure_held_out()
        if (self._step % self._settings.steps_per_save == 0 or self._is_last) and self._saved_at != self._step:
            yield from self._save()
        if self._session.clips and self._is_due(self._settings.steps_per_clips) and self._rendered_at != self._step:
            yield from self._render_clips()

    def _is_due(self, interval: int) -> bool:
        """After the first step too: whoever waits sees and hears something early."""
        return self._step == 1 or self._step % interval == 0 or self._is_last

    def _measure_held_out(self) -> Events:
        measured = []
        for number, batch in enumerate(self._session.held_out_batches):
            if self._watch.stop_requested:
                return  # measured when the run is resumed
            losses = yield from self._watch.run(functools.partial(self._measure.losses, batch, number))
            measured.append((size(batch), losses))
        means = mean_losses(measured)
        smoothed = self._session.progress.held_out(self._step, means["total_loss"])
        yield HeldOutMeasured(self._step, means, smoothed)
        named = {f"losses/{name}": loss for name, loss in means.items()}
        self._held_out_curves.scalars(self._step, {**named, "losses/total_loss_smoothed": smoothed})
        if self._is_best(smoothed):
            yield from self._save(best_loss=smoothed)

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
        if self._saved_at != self._step:
            yield from self._watch.run(functools.partial(checkpoints.save, self._step))
            self._saved_at = self._step
            kernel_store.give_back()  # now: whoever ends this process may do it the hard way
        if best_loss is not None:
            checkpoints.mark_best(self._step, best_loss)
        self._curves.flush()
        self._held_out_curves.flush()
        yield CheckpointSaved(self._step, str(checkpoints.path(self._step)), is_best=best_loss is not None)

    def _render_clips(self) -> Events:
        played: list[PlayedClip] = []
        for number, clip in enumerate(self._session.clips, start=1):
            if self._watch.stop_requested:
                return
            played += yield from self._watch.run(functools.partial(self._player.play, clip))
            folder = self._session.folder / "clips"
            yield write_clip(folder, self._step, f"clip {number}", played[-1], self._session.sample_rate)
        self._rendered_at = self._step
        # After the first step it is too early to tell.
        if self._step > 1 and not self._is_told_of_noise and harmonics_have_died(played):
            self._is_told_of_noise = True
            yield Noted(
                f"At step {self._step} the model plays noise alone: its harmonics have fallen silent",
                "If the recordings have a pitch, they will hardly come back: it happens by chance in the first steps. "
                f"Train anew with another seed: train.seed = {(self._settings.seed or 0) + 1}.",
            )

    def _say_precision(self) -> Events:
        before, self._precision = self._precision, self._session.trainer.target.precision
        if before != self._precision:
            yield Noted(
                f"With matrix products in {before}, the gradient left the range of numbers at step {self._step}",
                f"The step was taken again in {self._precision}, and so are all after it. "
                f"To begin so: Trainer.precision = '{self._precision}'.",
            )

    def _require_finite(self, result: StepResult) -> None:
        if result.is_finite:
            return
        checkpoints = self._session.checkpoints
        newest = f"The checkpoint of step {self._saved_at} is whole" if self._saved_at >= 0 else "Nothing was saved yet"
        loss = result.losses["total_loss"]
        what = f"the loss is {loss}" if not math.isfinite(loss) else f"the gradient's length is {result.gradient_norm}"
        raise DdspError(
            f"Training left the range of numbers at step {self._step}: {what}",
            f"{newest}: train again from there with a smaller learning rate than "
            f"{self._session.trainer.learning_rate:.2g}. If it ends at the same step again, leave out recordings that "
            f"click or clip. ({checkpoints.folder})",
        )

    def _summarize(self, result: StepResult) -> None:
        self._since_summary.append(result)
        if self._step % self._settings.steps_per_summary and not self._is_last:
            return
        results, self._since_summary = self._since_summary, []
        means = {
            f"losses/{name}": sum(result.losses[name] for result in results) / len(results) for name in result.losses
        }
        self._curves.scalars(
            self._step,
            {
                **means,
                "gradient_norm": sum(result.gradient_norm for result in results) / len(results),
                "learning_rate": self._session.trainer.learning_rate,
                "steps_per_sec": self._tempo.steps_per_second,
            },
        )
