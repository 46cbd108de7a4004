"""The history of one instrument's jobs, folded from their events."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeAlias, assert_never

from app.state.curve import Curve
from ddsp_backend.jobs.events import (
    ArtifactWritten,
    BucketEntryFound,
    CheckpointSaved,
    ClipRendered,
    DatasetWritten,
    DistanceMeasured,
    Event,
    Failed,
    FileInspected,
    Finished,
    FirstLookDone,
    HeldOutMeasured,
    HostKeyShown,
    HostProbed,
    MachineDeleted,
    MachineFound,
    MetricsMeasured,
    Noted,
    Progressed,
    RecordingInspected,
    SettingDescribed,
    Started,
    StepDone,
    StopAcknowledged,
    Stopped,
    TrendJudged,
    WentBack,
)
from ddsp_backend.jobs.job_table import JobKind

Clips: TypeAlias = dict[int, dict[str, ClipRendered]]

_MOST_NOTES = 100


class Phase(Enum):
    """Where the newest job is."""

    IDLE = "idle"
    RUNNING = "running"
    STOPPING = "stopping"  # it heard the request and saves its work
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_active(self) -> bool:
        return self in (Phase.RUNNING, Phase.STOPPING)


@dataclass(frozen=True, slots=True)
class RunState:
    """Everything the pages show of an instrument's jobs. Several in sequence fold into one: prepare, train, resume.

    `clips` maps a step to the clips rendered at it, by name: all of a name are of one phrase, and have one target.
    `seconds_trained` are of steps alone, over all resumed runs.
    """

    phase: Phase = Phase.IDLE
    job: JobKind = JobKind.UNKNOWN  # the newest one
    progress: Progressed | None = None
    files: tuple[FileInspected, ...] = ()
    has_looked: bool = False  # `files` is complete, although the same job may still listen to them
    inspections: Mapping[str, RecordingInspected] = field(default_factory=dict)  # by path
    dataset: DatasetWritten | None = None
    step: StepDone | None = None
    is_stepping: bool = False  # the running training has made a step: `step` is not one of an earlier one
    seconds_trained: float = 0.0
    is_goal_reached: bool = False  # the last training ended by itself
    losses: Mapping[str, Curve] = field(default_factory=dict)
    held_out: Mapping[str, Curve] = field(default_factory=dict)
    held_out_smoothed: Curve = field(default_factory=Curve)
    clips: Clips = field(default_factory=dict)
    checkpoints: tuple[CheckpointSaved, ...] = ()
    best_step: int | None = None
    trend: TrendJudged | None = None
    recovery: WentBack | None = None  # the last one of the newest training
    metrics: MetricsMeasured | None = None
    distance_db: Curve = field(default_factory=Curve)  # of the phrases that are played, from their recordings
    floor_db: float | None = None  # the distance that no model can go below
    artifacts: tuple[ArtifactWritten, ...] = ()
    notes: tuple[Noted, ...] = ()
    n_notes_left_out: int = 0
    result: Mapping[str, str] = field(default_factory=dict)
    failure: Failed | None = None

    @property
    def is_looking(self) -> bool:
        """Whether an intake is still at its first look, before which nobody knows what there is."""
        return self.phase.is_active and not self.has_looked

    @property
    def newest_model_step(self) -> int | None:
        """Of the model that recordings are played by: the best one, else the newest."""
        steps = [checkpoint.step for checkpoint in self.checkpoints]
        return self.best_step if self.best_step is not None else max(steps, default=None)

    def clip_title(self, name: str) -> str:
        """What a clip is, as it was said last; empty where nobody knows."""
        titles = (clips[name].title for _, clips in sorted(self.clips.items(), reverse=True) if name in clips)
        return next(filter(None, titles), "")


def fold(state: RunState, event: Event) -> RunState:
    """The state after one more event."""
    match event:
        case Started(job):
            return _started(state, job)
        case Progressed():
            return replace(state, progress=event)
        case Noted():
            if event in state.notes or (state.job == JobKind.INSPECT and state.has_looked):
                return state  # what the second look notes of a recording stands in its row
            notes = (*state.notes, event)
            n_left_out = state.n_notes_left_out + max(0, len(notes) - _MOST_NOTES)
            return replace(state, notes=notes[-_MOST_NOTES:], n_notes_left_out=n_left_out)
        case FileInspected():
            return replace(state, files=(*state.files, event))
        case FirstLookDone():
            return replace(state, has_looked=True)
        case RecordingInspected(path):
            return replace(state, inspections={**state.inspections, path: event})
        case DatasetWritten():
            return replace(state, dataset=event)
        case StepDone():
            return _steps_done(state, (event,))
        case HeldOutMeasured(step, losses, smoothed):
            return replace(
                state,
                held_out=_grown(state.held_out, step, losses),
                held_out_smoothed=state.held_out_smoothed.appended(step, smoothed),
            )
        case TrendJudged():
            return replace(state, trend=event)
        case WentBack(_, to_step):
            return replace(_rewound(state, to_step + 1), recovery=event)
        case MetricsMeasured():
            return replace(state, metrics=event)
        case DistanceMeasured(step, distance_db, floor_db):
            known = None if step == 1 else state.floor_db  # a training from the beginning may have other phrases
            floor = floor_db if math.isfinite(floor_db) else known
            return replace(state, distance_db=state.distance_db.appended(step, distance_db), floor_db=floor)
        case ClipRendered():
            return replace(state, clips=_played(state.clips, event))
        case CheckpointSaved():
            return _checkpoint_saved(state, event)
        case ArtifactWritten():
            return replace(state, artifacts=(*state.artifacts, event))
        case (
            HostKeyShown() | HostProbed() | MachineFound() | MachineDeleted() | SettingDescribed() | BucketEntryFound()
        ):
            return state  # those who look at a host, at machines, at settings or into a bucket, listen to them
        case StopAcknowledged():
            return replace(state, phase=Phase.STOPPING)
        case Finished(result):
            is_goal_reached = state.is_goal_reached or state.job == JobKind.TRAIN
            return replace(state, phase=Phase.FINISHED, result=result, progress=None, is_goal_reached=is_goal_reached)
        case Failed():
            return replace(state, phase=Phase.FAILED, failure=event, progress=None)
        case Stopped():
            return replace(state, phase=Phase.STOPPED, progress=None)
        case _:
            assert_never(event)


def fold_all(state: RunState, events: Iterable[Event]) -> RunState:
    """The state after several more, as `fold` makes it of one after the other. What comes by the hundred is put in at
    once: recordings, each of which would copy all before it, and steps, each of which keeps the window for a while."""
    some: list[Event] = []
    for event in events:
        if isinstance(event, Started):  # which empties what those before it filled
            state = fold(_fold_some(state, some), event)
            some = []
        else:
            some.append(event)
    return _fold_some(state, some)


def _fold_some(state: RunState, events: Sequence[Event]) -> RunState:
    """Without any `Started`."""
    files = [event for event in events if isinstance(event, FileInspected)]
    heard = {event.path: event for event in events if isinstance(event, RecordingInspected)}
    if files:
        state = replace(state, files=(*state.files, *files))
    if heard:
        state = replace(state, inspections={**state.inspections, **heard})
    steps: list[StepDone] = []
    for event in events:
        if isinstance(event, StepDone):
            if steps and event.step <= steps[-1].step:
                state = _steps_done(state, steps)
                steps = []
            steps.append(event)
        elif not isinstance(event, FileInspected | RecordingInspected):
            state = fold(_steps_done(state, steps), event)
            steps = []
    return _steps_done(state, steps)


def _started(state: RunState, job: JobKind) -> RunState:
    fresh = replace(
        state, phase=Phase.RUNNING, job=job, progress=None, notes=(), n_notes_left_out=0, result={}, failure=None
    )
    if job == JobKind.TRAIN:
        return replace(fresh, is_goal_reached=False, is_stepping=False, recovery=None)
    return (
        replace(fresh, files=(), has_looked=False, inspections={})
        if job in (JobKind.INSPECT, JobKind.PREPARE)
        else fresh
    )


def _steps_done(state: RunState, events: Sequence[StepDone]) -> RunState:
    """Args: events: Steps rising."""
    if not events:
        return state
    if state.step is not None and events[0].step <= state.step.step:
        state = _rewound(state, events[0].step)
    seconds = state.seconds_trained
    points: dict[str, tuple[list[int], list[float]]] = {}
    for event in events:
        pace = event.steps_per_second
        seconds = event.seconds_trained or seconds + (1 / pace if pace > 0 else 0.0)
        for name, value in event.losses.items():
            steps, values = points.setdefault(name, ([], []))
            steps.append(event.step)
            values.append(value)
    grown = {name: state.losses.get(name, Curve()).extended(*each) for name, each in points.items()}
    return replace(
        state,
        step=events[-1],
        is_stepping=True,
        seconds_trained=seconds,
        losses={**state.losses, **grown},
        progress=None,
    )


def _rewound(state: RunState, step: int) -> RunState:
    """Training goes on from a checkpoint: what came after it did not happen."""
    checkpoints = tuple(checkpoint for checkpoint in state.checkpoints if checkpoint.step < step)
    best = [checkpoint.step for checkpoint in checkpoints if checkpoint.is_best]
    share_kept = step / state.step.step if state.step is not None and state.step.step >= step else 1.0
    return replace(
        state,
        seconds_trained=state.seconds_trained * share_kept,
        losses={name: curve.before(step) for name, curve in state.losses.items()},
        held_out={name: curve.before(step) for name, curve in state.held_out.items()},
        held_out_smoothed=state.held_out_smoothed.before(step),
        distance_db=state.distance_db.before(step),
        clips={at: clips for at, clips in state.clips.items() if at < step},
        checkpoints=checkpoints,
        best_step=best[-1] if best else None,
        trend=None,
        metrics=state.metrics if state.metrics is not None and state.metrics.step < step else None,
    )


def _checkpoint_saved(state: RunState, event: CheckpointSaved) -> RunState:
    others = tuple(checkpoint for checkpoint in state.checkpoints if checkpoint.step != event.step)
    best_step = event.step if event.is_best else state.best_step
    return replace(state, checkpoints=(*others, event), best_step=best_step)


def _played(clips: Clips, clip: ClipRendered) -> Clips:
    """With one more. After another preparation a name is another phrase's: what was played of the one before goes."""
    before = next((at_step[clip.name] for at_step in reversed(clips.values()) if clip.name in at_step), clip)
    if before.target_audio != clip.target_audio:
        others = {
            step: {name: each for name, each in at_step.items() if name != clip.name} for step, at_step in clips.items()
        }
        clips = {step: at_step for step, at_step in others.items() if at_step}
    return {**clips, clip.step: {**clips.get(clip.step, {}), clip.name: clip}}


def _grown(curves: Mapping[str, Curve], step: int, losses: Mapping[str, float]) -> Mapping[str, Curve]:
    grown = dict(curves)
    for name, value in losses.items():
        grown[name] = (grown[name] if name in grown else Curve()).appended(step, value)
    return grown
