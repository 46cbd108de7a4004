"""What several pages show in the same way."""

from dataclasses import dataclass
from enum import Enum

from app.state import wording
from app.state.run_state import Phase, RunState


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
class Activity:
    """A running job in one line and a bar. `fraction` is None while nobody can tell."""

    title: str
    fraction: float | None
    detail: str
    is_stopping: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that went wrong, or that the user should know. `report` is for the makers, hidden at first."""

    tone: Tone
    title: str
    hint: str = ""
    report: str = ""
    action: str = ""  # text of a button that cures it, if there is one


JOB_TITLES = {
    "InspectSpec": "Looking at the recordings",
    "GenerateSpec": "Generating the demo instrument",
    "PrepareSpec": "Preparing the recordings",
    "TrainSpec": "Training",
    "EvaluateSpec": "Measuring the model",
    "SampleSpec": "Resynthesizing the held-out clips",
    "RenderSpec": "Rendering",
    "ExportSpec": "Exporting the model",
}


def activity_of(run: RunState, is_stop_requested: bool = False) -> Activity | None:
    """What the running job does now, or None when none runs."""
    if not run.phase.is_active:
        return None
    title = JOB_TITLES.get(run.job, "Working")
    if run.phase is Phase.STOPPING:
        return Activity("Stopping", None, "Saving what was done", True)
    if is_stop_requested:
        return Activity("Stopping", None, "Waiting for the job to answer", True)
    progress = run.progress
    if progress is not None:
        return Activity(
            f"{title}: {_lower_first(progress.stage)}" if progress.stage else title,
            # A stage that is done and still the newest word: how long its successor takes, nobody has said yet.
            progress.done / progress.total if 0 <= progress.done < progress.total else None,
            _progress_detail(run),
        )
    if run.job == "TrainSpec" and run.step is not None:
        step = run.step
        left = f", {wording.span(step.seconds_left)} left" if step.step < step.total_steps else ""
        return Activity(
            title,
            min(1.0, step.step / step.total_steps) if step.total_steps else None,
            f"Step {step.step:,} of {step.total_steps:,}, {wording.speed(step.steps_per_second)}{left}",
        )
    return Activity(title, None, "Starting")


def failure_notice(run: RunState, resume: str = "") -> Notice | None:
    """The newest job's failure, or None."""
    failure = run.failure
    if failure is None:
        return None
    return Notice(Tone.BAD, failure.title, failure.hint, failure.traceback, resume)


def note_notices(run: RunState) -> tuple[Notice, ...]:
    return tuple(Notice(Tone.WARNING, note.title, note.hint) for note in run.notes)


def _progress_detail(run: RunState) -> str:
    progress = run.progress
    assert progress is not None
    if progress.total <= 0:
        amount, rate = "", ""  # nobody can tell how much there is to do
    elif progress.unit.startswith("s of"):
        amount = f"{wording.clock(progress.done)} of {wording.clock(progress.total)} {progress.unit[2:]}"
        rate = f"{progress.rate:.3g} x real time" if progress.rate else ""
    else:
        amount = f"{progress.done:,.0f} of {progress.total:,.0f} {progress.unit}"
        rate = f"{progress.rate:.3g} {progress.unit} a second" if progress.rate else ""
    left = f"{wording.span(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    return ", ".join(part for part in (progress.detail, amount, rate, left) if part)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
