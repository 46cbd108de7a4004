"""The jobs that judge a trained model: they measure it on held-out examples, and play those with it."""

import functools
import time
from collections.abc import Generator

from ddsp_backend.checkpoints.choosing import newest_step
from ddsp_backend.errors import CheckpointError
from ddsp_backend.evaluation.evaluators import Evaluator
from ddsp_backend.evaluation.sample_summaries import SampleSummaries
from ddsp_backend.evaluation.session import EvaluationSession, open_session, source_of
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Event, MetricsMeasured, Noted, Progressed
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.spec import EvaluateSpec, SampleSpec
from ddsp_backend.reporting.clips import ClipRenderer, spread_examples, write_clip
from ddsp_backend.reporting.metrics_file import write_metrics
from ddsp_backend.reporting.phrases import titles_of_spread
from ddsp_backend.reporting.tensorboard import Summaries
from ddsp_backend.storage import is_bucket_path

_POLL = 0.2  # seconds between two looks for a new checkpoint, or a request to stop
_NAPS_AT_A_BUCKET = 50  # of so long: each look costs requests

Events = Generator[Event, None, None]


def evaluate(spec: EvaluateSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Measures the newest checkpoint; without `run_once` every later one too, until stopped.

    Writes `metrics.json` and TensorBoard's summaries/eval into `save_dir`.

    Raises:
      ConfigError, DataError, CheckpointError: before anything is written.
      Cancelled: with the results of the checkpoints that were measured to the end.
    """
    with Interruptible(cancel) as watch:
        return (yield from _EvaluationRun(spec, watch).work())


def sample(spec: SampleSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Plays fixed held-out examples with the newest checkpoint; without `run_once` with every later one too.

    Writes audio and spectrograms into `save_dir`/samples, and into TensorBoard's summaries/eval. Raises as `evaluate`.
    """
    with Interruptible(cancel) as watch:
        return (yield from _EvaluationRun(spec, watch).work())


class _EvaluationRun:
    """One of the two jobs at work. Its methods are generators of events."""

    def __init__(self, spec: EvaluateSpec | SampleSpec, watch: Interruptible) -> None:
        self._spec = spec
        self._watch = watch
        self._seen = -1
        self._result = {"save_dir": spec.save_dir}

    def work(self) -> Generator[Event, None, dict[str, str]]:
        if not self._spec.run_once:
            yield from self._wait_for_a_newer(delay=0)
        yield Progressed("Loading the model", 0, 1, Unit.MODELS)
        session = yield from self._watch.run(lambda: open_session(self._spec))
        yield from session.notes
        yield from self._restore(session)
        yield Progressed("Loading the model", 1, 1, Unit.MODELS)
        player = ClipRenderer(session.model)
        with Summaries(session.folder / "summaries" / "eval") as summaries:
            yield from self._judge(session, player, summaries)
            while not self._is_over(session):
                yield from self._wait_for_a_newer(session.settings.ckpt_delay_secs)
                try:
                    yield from self._restore(session)
                except CheckpointError as error:
                    yield Noted(error.title, "It is skipped; the evaluation waits for the next one.")
                    continue
                yield from self._judge(session, player, summaries)
        return self._result

    def _is_over(self, session: EvaluationSession) -> bool:
        return self._spec.run_once or 0 < session.settings.run_until_step <= session.step

    def _wait_for_a_newer(self, delay: float) -> Events:
        """Waits for a checkpoint that was not seen yet, and at least `delay` seconds."""
        source, begun = source_of(self._spec), time.monotonic()
        yield Progressed(f"Waiting for a checkpoint in {source}", 0, 1, Unit.CHECKPOINTS)
        naps = _NAPS_AT_A_BUCKET if is_bucket_path(source) else 1
        while newest_step(source) <= self._seen or time.monotonic() - begun < delay:
            for _ in range(naps):
                yield from self._watch.raise_if_stopped()
                time.sleep(_POLL)

    def _restore(self, session: EvaluationSession) -> Events:
        self._seen = newest_step(session.source)
        notes = yield from self._watch.run(session.restore)
        yield from notes

    def _judge(self, session: EvaluationSession, player: ClipRenderer, summaries: Summaries) -> Events:
        both = session.settings.evaluate_and_sample
        evaluators = session.evaluators()
        if both or isinstance(self._spec, EvaluateSpec):
            yield from self._measure(session, evaluators, summaries)
        if both or isinstance(self._spec, SampleSpec):
            yield from self._render(session, evaluators, player, summaries)
        summaries.flush()
        self._result |= {"step": str(session.step)}

    def _measure(self, session: EvaluationSession, evaluators: list[Evaluator], summaries: Summaries) -> Events:
        pace = Pace("Measuring what it has not heard", session.n_examples, Unit.EXAMPLES)
        batches = session.batches()
        for number in range(session.n_batches):
            yield from self._watch.raise_if_stopped()
            batch = yield from self._watch.run(lambda: next(batches))
            outputs, losses = yield from self._watch.run(functools.partial(session.play, batch, number))
            for evaluator in evaluators:
                parts = evaluator.evaluate(batch, outputs, losses)
                while n_done := (yield from self._watch.run(functools.partial(next, parts, 0))):
                    yield from pace.advance(n_done / len(evaluators))
                    yield from self._watch.raise_if_stopped()
        metrics: dict[str, float] = {}
        for evaluator in evaluators:
            found = evaluator.metrics()
            summaries.scalars(session.step, {f"{evaluator.group}/{name}": value for name, value in found.items()})
            metrics |= found
        yield MetricsMeasured(session.step, metrics)
        path = write_metrics(session.folder, session.checkpoint, session.n_examples, metrics)
        self._result["metrics"] = str(path)
        yield ArtifactWritten("metrics", str(path))

    def _render(
        self, session: EvaluationSession, evaluators: list[Evaluator], player: ClipRenderer, summaries: Summaries
    ) -> Events:
        folder = session.folder / "samples"
        self._result["samples"] = str(folder)
        pace = Pace("Playing what it has not heard", session.n_examples, Unit.CLIPS)
        clips = spread_examples(session.provider, session.n_examples)
        titles = yield from self._watch.run(lambda: titles_of_spread(session.provider, session.n_examples))
        for number in range(1, session.n_examples + 1):
            yield from self._watch.raise_if_stopped()
            batch = yield from self._watch.run(lambda: session.heard(next(clips)))
            (played,), outputs = yield from self._watch.run(functools.partial(player.play_with_outputs, batch))
            sample_rate = session.provider.sample_rate
            place = SampleSummaries(summaries, session.step, f"sample {number}", sample_rate)
            yield write_clip(folder, session.step, place.name, played, sample_rate, titles[number - 1])
            for evaluator in evaluators:
                yield from self._watch.run(functools.partial(evaluator.sample, batch, outputs, place))
            yield from pace.advance(1)
