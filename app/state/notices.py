"""What every page shows in the same way: what goes on (Activity), what happened (Notice), and its tone."""

from dataclasses import dataclass
from enum import Enum

from app.state import formatting
from app.state.run_state import Phase, RunState
from ddsp_backend.jobs.events import Progressed
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit


class Tone(Enum):
    """How something is meant; the style sheet gives each its colour."""

    PLAIN = "plain"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several, as a card: title, a sentence, and a remark such as the time it takes."""

    key: str
    title: str
    summary: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """Of all that was asked for, to its very end: the seconds that are left, and the share that is done, 0 to 1."""

    seconds: float
    fraction: float
    is_most: bool = False  # it may end sooner

    @property
    def words(self) -> str:
        return f"at most {formatting.bare_span(self.seconds)}" if self.is_most else formatting.span(self.seconds)


@dataclass(frozen=True, slots=True)
class Activity:
    """A running job in one line and a bar. `fraction` is None while nobody can tell.

    Attributes:
      stage: The part of the job that is under way, where the job says so.
    """

    job: str
    fraction: float | None
    detail: str
    is_stopping: bool = False
    left: Left | None = None
    stage: str = ""

    @property
    def title(self) -> str:
        return f"{self.job}: {_lower_first(self.stage)}" if self.stage else self.job


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that went wrong, or that the user should know. `report` is for the makers, hidden at first."""

    tone: Tone
    title: str
    hint: str = ""
    report: str = ""
    action: str = ""  # text of a button that cures it, if there is one


def activity_of(run: RunState, is_stop_requested: bool = False, left: Left | None = None) -> Activity | None:
    """What the running job does now, or None when none runs. Args: left: None while nobody can tell."""
    if not run.phase.is_active:
        return None
    job = run.job.label
    if run.phase is Phase.STOPPING:
        return Activity("Stopping", None, "Saving the work", True)
    if is_stop_requested:
        return Activity("Stopping", None, "Waiting for the job to answer", True)
    progress = run.progress
    words = [f"{left.words} left"] if left is not None else []
    fraction = left.fraction if left is not None else None
    if progress is not None:
        if left is None:
            # A stage that is done and still the newest word: how long its successor takes, nobody has said yet.
            fraction = progress.done / progress.total if 0 <= progress.done < progress.total else None
            words = _own_time_left(progress)
        return Activity(job, fraction, ", ".join([*_progress_words(progress), *words]), left=left, stage=progress.stage)
    if run.is_stepping and run.step is not None:
        step = run.step
        of = f" of {step.total_steps:,}" if step.total_steps else ""
        words = [f"Step {step.step:,}{of}", formatting.speed(step.steps_per_second), *words]
        return Activity(job, fraction, ", ".join(words), left=left)
    stage = ""
    if run.job == JobKind.TRAIN:
        stage = "Building the model" if run.step is None else "Loading the model"
    return Activity(job, fraction, ", ".join(words) or "Starting", left=left, stage=stage)


def waiting_activity(place: int) -> Activity:
    """A job that has not begun. Args: place: In the queue, 1 for the next one; 0: it does not wait any more."""
    if place == 0:
        return Activity("Starting", None, "")
    turn = "this one is next" if place == 1 else f"this one is number {place} in the queue"
    return Activity("Waiting", None, f"Another instrument is being worked on; {turn}")


def ending_activity(run: RunState, *, goes_on: bool) -> Activity:
    """A job that has said its last word, while its process frees the memory."""
    if run.phase is Phase.STOPPED:
        return Activity("Stopping", None, "The work is saved", True)
    return Activity(run.job.label, None, "Done; the next step follows" if goes_on else "Done")


def failure_notice(run: RunState, resume: str = "") -> Notice | None:
    """The newest job's failure, or None."""
    failure = run.failure
    if failure is None:
        return None
    return Notice(Tone.BAD, failure.title, failure.hint, failure.traceback, resume)


def note_notices(run: RunState) -> tuple[Notice, ...]:
    return tuple(Notice(Tone.WARNING, note.title, note.hint) for note in run.notes)


def _own_time_left(progress: Progressed) -> list[str]:
    return [f"{formatting.span(progress.seconds_left)} left"] if progress.seconds_left is not None else []


def _progress_words(progress: Progressed) -> list[str]:
    if progress.total <= 0:
        amount, rate = "", ""  # nobody can tell how much there is to do
    elif progress.unit is Unit.AUDIO_SECONDS:
        amount = formatting.amount(progress.done, progress.total, progress.unit)
        rate = ""  # the time that is left says it
    else:
        amount = formatting.amount(progress.done, progress.total, progress.unit) if progress.total > 1 else ""
        rate = f"{progress.rate:.3g} {formatting.UNITS[progress.unit]} a second" if progress.rate else ""
    return [word for word in (progress.detail, amount, rate) if word]


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
