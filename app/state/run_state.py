"""The story of one instrument's jobs, folded from their events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import assert_never

from app.state.curve import Curve
from ddsp_backend.jobs.events import (
    ArtifactWritten,
    BucketEntryFound,
    CheckpointSaved,
    ClipRendered,
    DatasetWritten,
    Event,
    Failed,
    FileInspected,
    Finished,
    HeldOutMeasured,
    HostKeyShown,
    HostProbed,
    MachineDeleted,
    MachineFound,
    MetricsMeasured,
    Noted,
    Progressed,
    SettingDescribed,
    Started,
    StepDone,
    StopAcknowledged,
    Stopped,
)

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

    `clips` maps a step to the clips rendered at it, by name.
    """

    phase: Phase = Phase.IDLE
    job: str = ""  # the class name of the newest job's spec
    progress: Progressed | None = None
    files: tuple[FileInspected, ...] = ()
    dataset: DatasetWritten | None = None
    step: StepDone | None = None
    losses: Mapping[str, Curve] = field(default_factory=dict)
    held_out: Mapping[str, Curve] = field(default_factory=dict)
    held_out_smoothed: Curve = field(default_factory=Curve)
    clips: Mapping[int, Mapping[str, ClipRendered]] = field(default_factory=dict)
    checkpoints: tuple[CheckpointSaved, ...] = ()
    best_step: int | None = None
    metrics: MetricsMeasured | None = None
    artifacts: tuple[ArtifactWritten, ...] = ()
    notes: tuple[Noted, ...] = ()
    n_notes_left_out: int = 0
    result: Mapping[str, str] = field(default_factory=dict)
    failure: Failed | None = None


def fold(state: RunState, event: Event) -> RunState:
    """The state after one more event."""
    match event:
        case Started(job):
            return _started(state, job)
        case Progressed():
            return replace(state, progress=event)
        case Noted():
            if event in state.notes:
                return state
            notes = (*state.notes, event)
            n_left_out = state.n_notes_left_out + max(0, len(notes) - _MOST_NOTES)
            return replace(state, notes=notes[-_MOST_NOTES:], n_notes_left_out=n_left_out)
        case FileInspected():
            return replace(state, files=(*state.files, event))
        case DatasetWritten():
            return replace(state, dataset=event)
        case StepDone():
            return _step_done(state, event)
        case HeldOutMeasured(step, losses, smoothed):
            return replace(
                state,
                held_out=_grown(state.held_out, step, losses),
                held_out_smoothed=state.held_out_smoothed.appended(step, smoothed),
            )
        case MetricsMeasured():
            return replace(state, metrics=event)
        case ClipRendered(step, name):
            return replace(state, clips={**state.clips, step: {**state.clips.get(step, {}), name: event}})
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
            return replace(state, phase=Phase.FINISHED, result=result, progress=None)
        case Failed():
            return replace(state, phase=Phase.FAILED, failure=event, progress=None)
        case Stopped():
            return replace(state, phase=Phase.STOPPED, progress=None)
        case _:
            assert_never(event)


def fold_all(state: RunState, events: Iterable[Event]) -> RunState:
    for event in events:
        state = fold(state, event)
    return state


def _started(state: RunState, job: str) -> RunState:
    fresh = replace(
        state, phase=Phase.RUNNING, job=job, progress=None, notes=(), n_notes_left_out=0, result={}, failure=None
    )
    return replace(fresh, files=()) if job in ("InspectSpec", "PrepareSpec") else fresh


def _step_done(state: RunState, event: StepDone) -> RunState:
    if state.step is not None and event.step <= state.step.step:
        state = _rewound(state, event.step)
    return replace(state, step=event, losses=_grown(state.losses, event.step, event.losses), progress=None)


def _rewound(state: RunState, step: int) -> RunState:
    """Training goes on from a checkpoint: what came after it did not happen."""
    checkpoints = tuple(checkpoint for checkpoint in state.checkpoints if checkpoint.step < step)
    best = [checkpoint.step for checkpoint in checkpoints if checkpoint.is_best]
    return replace(
        state,
        losses={name: curve.before(step) for name, curve in state.losses.items()},
        held_out={name: curve.before(step) for name, curve in state.held_out.items()},
        held_out_smoothed=state.held_out_smoothed.before(step),
        clips={at: clips for at, clips in state.clips.items() if at < step},
        checkpoints=checkpoints,
        best_step=best[-1] if best else None,
    )


def _checkpoint_saved(state: RunState, event: CheckpointSaved) -> RunState:
    others = tuple(checkpoint for checkpoint in state.checkpoints if checkpoint.step != event.step)
    best_step = event.step if event.is_best else state.best_step
    return replace(state, checkpoints=(*others, event), best_step=best_step)


def _grown(curves: Mapping[str, Curve], step: int, losses: Mapping[str, float]) -> Mapping[str, Curve]:
    grown = dict(curves)
    for name, value in losses.items():
        grown[name] = (grown[name] if name in grown else Curve()).appended(step, value)
    return grown
