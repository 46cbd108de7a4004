"""Tells in a terminal what the jobs of one instrument do, in the words that the window has for musicians."""

from collections.abc import Sequence
from pathlib import Path

from app.controllers.session import InstrumentSession
from app.state.advice import Advice, recovery_line, way_line
from app.state.distances import loudness_line
from app.state.job_lines import (
    dataset_line,
    metrics_line,
    progress_words,
    recording_line,
    training_detail,
    training_share,
)
from app.state.recordings import Recording, Standing
from ddsp_backend.cli.console import Teller
from ddsp_backend.jobs.events import (
    ArtifactWritten,
    CheckpointSaved,
    ClipRendered,
    DatasetWritten,
    DistanceMeasured,
    Event,
    FileInspected,
    Finished,
    HeldOutMeasured,
    MetricsMeasured,
    Noted,
    Progressed,
    RecordingInspected,
    Started,
    StepDone,
    TrendJudged,
    WentBack,
)
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit

# What the instrument's folder says as well, and what is advised by; here it would bury the progress.
_UNSAID = (ArtifactWritten, CheckpointSaved, DistanceMeasured, HeldOutMeasured)


class TerminalOutput:
    """Says each recording once, as soon as its verdict stands, and advice when it changes or is long ago."""

    def __init__(self, session: InstrumentSession, teller: Teller) -> None:
        self._session = session
        self._teller = teller
        self._told: set[str] = set()  # paths of recordings
        self._has_told_of_clips = False
        self._advice = Advice()
        self._job = JobKind.UNKNOWN
        self._measured: MetricsMeasured | None = None

    def tell(self, events: Sequence[Event]) -> None:
        """Args: events: As the session has told them, and folded them already."""
        for event in events:
            match event:
                case FileInspected() | RecordingInspected():
                    pass  # below: a verdict is of all that is known
                case Started(job):
                    self._begin(job)
                case Progressed():
                    self._progress(event)
                case StepDone():
                    self._step(event)
                case TrendJudged():
                    self._advise(event)
                case WentBack():
                    self._say(recovery_line(event))
                case DatasetWritten():
                    self._say(dataset_line(event))
                case MetricsMeasured():
                    self._measured = event
                    if self._job != JobKind.TRAIN:
                        self._say(metrics_line(event))
                case ClipRendered():
                    self._tell_of_clips()
                case Noted(title) if title in self._known_warnings():
                    pass
                case _ if not isinstance(event, _UNSAID):
                    self._teller.tell(event)
        if any(isinstance(event, FileInspected | RecordingInspected) for event in events):
            self.tell_recordings()

    def tell_look(self, events: Sequence[Event]) -> None:
        """Of the look at the recordings. Beside a job it says what it found, and leaves the bar to the job."""
        if self._session.is_busy:
            events = [event for event in events if not isinstance(event, Started | Progressed | Finished)]
        self.tell(events)

    def tell_recordings(self) -> None:
        """Those whose verdict stands, and was not told yet."""
        inputs = self._session.instrument.inputs
        for recording in self._session.recordings.recordings():
            if recording.file.path not in self._told and _is_judged(recording):
                self._told.add(recording.file.path)
                self._say(recording_line(recording, inputs[0] if inputs else ""))

    def _begin(self, job: JobKind) -> None:
        self._advice, self._job = Advice(), job
        if job != JobKind.INSPECT:
            self._say(f"{job.label} ...")

    def _progress(self, event: Progressed) -> None:
        if event.total != 1 or event.unit is Unit.AUDIO_SECONDS:
            share = event.done / event.total if event.total > 0 else None
            self._teller.progress(event.stage, share, progress_words(event))
        elif not event.done:  # one thing, of which nobody sees how far it is
            self._say(f"{event.stage} ...")

    def _step(self, event: StepDone) -> None:
        expected = self._session.time_estimates.left() if self._session.instrument.goal.is_flat else None
        self._teller.progress("Training", training_share(event, expected), training_detail(event, expected))

    def _advise(self, judged: TrendJudged) -> None:
        """With how loud it plays, which is measured more often than a line is worth."""
        line = self._advice.next_line(judged)
        self._say(line)
        if line:
            self._say(way_line(self._session.run))
            self._say(loudness_line(self._measured))

    def _known_warnings(self) -> set[str]:
        """As the preparation says them once more."""
        files = self._session.intake.files
        return {f"{Path(file.path).name}: {warning}" for file in files for warning in file.warnings}

    def _tell_of_clips(self) -> None:
        if not self._has_told_of_clips and self._session.run.job == JobKind.TRAIN:
            self._has_told_of_clips = True
            self._say(f"Hear what it plays so far in {self._session.instrument.model_path / 'clips'}")

    def _say(self, line: str) -> None:
        if line:
            self._teller.say(line)


def _is_judged(recording: Recording) -> bool:
    return recording.standing is not Standing.LISTENING
