"""How long a job that runs will still take, to its very end: what was expected, put right by what it says."""

import math
from dataclasses import dataclass, replace

from app.state.effort import JobStage
from app.state.estimate import Estimate, EstimatePart
from ddsp_backend.jobs.events import Event, Failed, Finished, Progressed, StepDone, Stopped
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit

FIRST_STAGE = {  # of a job
    JobKind.GENERATE: JobStage.GENERATE,
    JobKind.PREPARE: JobStage.PREPARE,
    JobKind.TRAIN: JobStage.BUILD,
    JobKind.EVALUATE: JobStage.MEASURE,
    JobKind.SAMPLE: JobStage.PLAY,
}
_TRUSTED_STEPS = 10
_TAIL = 0.15  # of a preparation comes after the pitch is found
_LEAST_PACE, _MOST_PACE = 0.4, 4.0
_NEARLY = 0.8  # of what was expected: from here on, what is left shrinks ever slower, but it shrinks


@dataclass(frozen=True, slots=True)
class Lesson:
    """A kind of work took `factor` times as long as on the reference computer."""

    key: str
    factor: float


@dataclass(frozen=True, slots=True)
class JobClock:
    """Times are of one clock, in seconds.

    Attributes:
      part: The stage under way; None: nothing runs that is known.
      ahead: The stages after it.
      began: When the part under way began, or was first seen where `is_whole` is not set.
      told_left, told_at: What it said itself of its end, and when.
      pace: How much longer than expected the stages so far took.
      lessons: What the last event taught.
    """

    part: EstimatePart | None = None
    ahead: tuple[EstimatePart, ...] = ()
    began: float = 0.0
    is_whole: bool = True
    first_step: StepDone | None = None
    first_step_at: float = 0.0
    n_steps: int = 0  # after the first one
    told_left: float | None = None
    told_at: float = 0.0
    done_seconds: float = 0.0
    done_expected: float = 0.0
    lessons: tuple[Lesson, ...] = ()

    @property
    def pace(self) -> float:
        if self.done_expected <= 0:
            return 1.0
        return min(_MOST_PACE, max(_LEAST_PACE, self.done_seconds / self.done_expected))

    @property
    def is_most(self) -> bool:
        """It may end sooner."""
        return any(part.is_most for part in (self.part, *self.ahead) if part is not None)

    def seconds_left(self, now: float) -> float | None:
        """To the end of the last stage; None where nobody can tell."""
        if self.part is None:
            return None
        if self.told_left is not None:
            here = _shrinking(self.told_left, now - self.told_at)
        elif self.part.effort.is_counted:
            return None  # a number of steps, and no ten of them done: the first ones say little
        else:
            here = _shrinking(self._expected(self.part), now - self.began)
        return here + sum(self._expected(part) for part in self.ahead)

    def share_done(self, now: float, begun: float) -> float | None:
        """Of the whole job since `begun`, from 0 to 1."""
        left = self.seconds_left(now)
        return None if left is None else (now - begun) / max(now - begun + left, 1e-9)

    def _expected(self, part: EstimatePart) -> float:
        return part.effort.seconds_at(part.factor * self.pace)


def begin(clock: JobClock, stage: JobStage, told: Estimate, now: float) -> JobClock:
    """A job begins with this stage. `told`: All stages from there on, as they are expected now."""
    return _entered(replace(clock, ahead=told.parts, lessons=()), stage, now)


def join(told: Estimate, stage: JobStage, now: float) -> JobClock:
    """Follows a job that began while nobody listened: it teaches nothing of the stage that is under way."""
    return replace(_entered(JobClock(ahead=told.parts), stage, now), is_whole=False)


def hear(clock: JobClock, event: Event, now: float) -> JobClock:
    """The clock after one more event. `Started` is for `begin`, which must be told the estimate."""
    clock = replace(clock, lessons=()) if clock.lessons else clock
    if clock.part is None:
        return clock
    match event:
        case StepDone():
            return _step_done(clock, event, now)
        case Progressed():
            return _progressed(clock, event, now)
        case Finished():
            return _left(clock, now)
        case Failed() | Stopped():
            return JobClock(lessons=_lessons_of_steps(clock, now))
        case _:
            return clock


def _entered(clock: JobClock, stage: JobStage, now: float) -> JobClock:
    """On to this stage; those before it are passed over."""
    ahead = list(clock.ahead)
    while ahead and ahead[0].effort.stage is not stage:
        ahead.pop(0)
    if not ahead:
        return replace(clock, part=None, ahead=())
    return replace(
        clock,
        part=ahead[0],
        ahead=tuple(ahead[1:]),
        began=now,
        is_whole=True,
        first_step=None,
        n_steps=0,
        told_left=None,
    )


def _left(clock: JobClock, now: float) -> JobClock:
    """The stage under way is over. What the next one is, its job will say."""
    part = clock.part
    assert part is not None
    lessons = _lessons_of_steps(clock, now) if part.effort.stage is JobStage.TRAIN else _lessons_of(clock, now)
    took = now - clock.began
    counts = clock.is_whole and not part.effort.fixed_seconds and not part.effort.may_end_by_itself
    return replace(
        clock,
        part=None,
        lessons=lessons,
        done_seconds=clock.done_seconds + (took if counts else 0.0),
        done_expected=clock.done_expected + (part.seconds if counts else 0.0),
    )


def _lessons_of(clock: JobClock, now: float) -> tuple[Lesson, ...]:
    part = clock.part
    if part is None or not clock.is_whole or part.effort.seconds <= 0:
        return ()
    return (Lesson(part.effort.key, (now - clock.began) / part.effort.seconds),)


def _lessons_of_steps(clock: JobClock, now: float) -> tuple[Lesson, ...]:
    """Of a training it is one step that counts, however many there were."""
    first, part = clock.first_step, clock.part
    if first is None or part is None or part.effort.step_seconds <= 0 or clock.n_steps < _TRUSTED_STEPS:
        return ()
    return (Lesson(part.effort.key, (now - clock.first_step_at) / clock.n_steps / part.effort.step_seconds),)


def _step_done(clock: JobClock, event: StepDone, now: float) -> JobClock:
    assert clock.part is not None
    effort = clock.part.effort
    if effort.stage is JobStage.BUILD:
        if clock.first_step is None:
            return replace(clock, first_step=event)  # what is compiled for measuring and playing comes after it
        return replace(_entered(_left(clock, now), JobStage.TRAIN, now), first_step=event, first_step_at=now)
    if clock.first_step is None:  # joined in the middle
        return replace(clock, first_step=event, first_step_at=now)
    n_steps = event.step - clock.first_step.step
    clock = replace(clock, n_steps=n_steps)
    if n_steps < _TRUSTED_STEPS or not math.isfinite(event.seconds_left):
        return clock
    # The job counts its steps alone. What is done between them takes its share here as well.
    upkeep = (now - clock.first_step_at) / max(n_steps / max(event.steps_per_second, 1e-9), 1e-9)
    left = event.seconds_left * min(2.0, max(1.0, upkeep))
    if effort.may_end_by_itself:
        pace = (now - clock.first_step_at) / n_steps / effort.step_seconds
        left = min(left, _shrinking(effort.seconds_at(pace), now - clock.began))
    return replace(clock, told_left=left, told_at=now)


def _progressed(clock: JobClock, event: Progressed, now: float) -> JobClock:
    assert clock.part is not None
    stage, left = clock.part.effort.stage, event.seconds_left
    if left is None or not math.isfinite(left):
        return clock
    if stage is JobStage.PREPARE and event.unit is Unit.AUDIO_SECONDS:
        return replace(clock, told_left=left + _TAIL * (now - clock.began + left), told_at=now)
    if stage in (JobStage.MEASURE, JobStage.PLAY) and event.done:
        return replace(clock, told_left=left, told_at=now)
    return clock


def _shrinking(expected: float, elapsed: float) -> float:
    """What is left of what was expected to take so long. It never stands still, and never is nothing."""
    if elapsed <= _NEARLY * expected:
        return expected - elapsed
    return expected * (1 - _NEARLY) * _NEARLY * expected / max(elapsed, 1e-9)
