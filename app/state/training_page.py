"""What the training page shows."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.state import formatting
from app.state.advice import advice_of, closing_advice, recovery_line, way_line
from app.state.curve import Curve
from app.state.distances import loudness_line, loudness_parts
from app.state.goal import Goal
from app.state.going_on import can_go_on, go_on_word
from app.state.notices import Activity
from app.state.run_state import Phase, RunState, fold_all
from ddsp_backend.jobs.events import ClipRendered, HeldOutMeasured, Started, StepDone
from ddsp_backend.jobs.job_table import JobKind


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name, e.g. Step 320 of 3,000. `tip` says what it means."""

    name: str
    value: str
    remark: str = ""
    tip: str = ""


@dataclass(frozen=True, slots=True)
class TrainingPageState:
    """Curves by name; "total_loss" is the sum of the others."""

    figures: tuple[Figure, ...] = ()
    losses: Mapping[str, Curve] = field(default_factory=dict)
    held_out: Curve = field(default_factory=Curve)
    held_out_smoothed: Curve = field(default_factory=Curve)
    best_step: int | None = None
    advice: str = ""  # what the course of the training says about going on, and how loud it plays
    is_stale: bool = False  # figures and curves are of an earlier training, the one that runs has none yet
    clip_names: tuple[str, ...] = ()
    clip_titles: tuple[str, ...] = ()  # of each name, as people call it
    clip_steps: tuple[int, ...] = ()
    hear: str = ""  # text of the button that plays the clip
    clip_name: str = ""
    clip: ClipRendered | None = None
    chosen_step: int | None = None  # None: always the newest
    activity: Activity | None = None
    can_stop: bool = False
    can_go_on: bool = False
    go_on: str = "Resume"
    goal: Goal = field(default_factory=Goal)
    status: str = ""
    empty: str = ""  # what to do while there is nothing to show


_TIPS = {
    "Practised phrases": "The distance between the model and the recordings that it learns from. Lower is closer.",
    "Unheard phrases": "The same for phrases that it never learns from. This curve tells you how good the model is.",
    "Pitch": "How far its pitch is from yours. A semitone is 100 cents.",
    "Loudness": "How much too loud or too soft it plays. Notes and silence are measured separately, because a "
    "difference in silence can be many decibels and still be too soft to hear.",
}

_TOO_EARLY = "It is too early to tell how well it learns."

# A training of two steps, to draw before there is one.
EXAMPLE = fold_all(
    RunState(),
    (
        Started(JobKind.TRAIN),
        StepDone(1, 2, {"total_loss": 2.0}, 1.0, 1.0),
        HeldOutMeasured(1, {"total_loss": 2.0}, 2.0),
        ClipRendered(1, "example", "", "", "", "", "", ""),
        StepDone(2, 2, {"total_loss": 1.0}, 1.0, 0.0),
    ),
)


def training_page_state(
    run: RunState,
    activity: Activity | None,
    *,
    clip_name: str = "",
    clip_step: int | None = None,
    goal: Goal | None = None,
    can_prepare: bool = False,
    expected: str = "",
) -> TrainingPageState:
    """
    Args:
      clip_name, clip_step: What the user chose to see; the first clip and the newest step otherwise.
      expected: How long going on will take, in words.
    """
    steps = tuple(sorted(run.clips))
    shown_step = clip_step if clip_step in run.clips else (steps[-1] if steps else None)
    clips = run.clips.get(shown_step, {}) if shown_step is not None else {}
    names = tuple(sorted({name for at_step in run.clips.values() for name in at_step}, key=formatting.by_number))
    shown_name = clip_name if clip_name in names else (names[0] if names else "")
    is_busy = activity is not None
    if activity is not None and _is_live(run) and run.progress is None and not activity.is_stopping:
        activity = replace(activity, detail="")  # the figures below say it larger
    is_over = run.is_goal_reached
    return TrainingPageState(
        figures=_figures(run, activity),
        losses=run.losses,
        held_out=run.held_out.get("total_loss", Curve()),
        held_out_smoothed=run.held_out_smoothed,
        best_step=run.best_step,
        advice=_advice(run, is_over),
        is_stale=run.phase.is_active and run.job == JobKind.TRAIN and not run.is_stepping,
        clip_names=names,
        clip_titles=tuple(formatting.phrase(name, run.clip_title(name)) for name in names),
        clip_steps=steps,
        clip_name=shown_name,
        clip=clips.get(shown_name),
        hear=_hear(shown_step, is_newest=bool(steps) and shown_step == steps[-1]),
        chosen_step=clip_step if clip_step in run.clips else None,
        activity=activity,
        can_stop=is_busy and not (activity is not None and activity.is_stopping),
        can_go_on=not is_busy and can_go_on(run),
        go_on=go_on_word(run),
        goal=goal or Goal(),
        status="\n".join(line for line in (_status(run, is_over), expected) if line),
        empty="" if run.step else _empty(run, can_prepare, is_busy),
    )


def _is_live(run: RunState) -> bool:
    """What is known of steps is of the training that runs."""
    return run.phase.is_active and run.job == JobKind.TRAIN and run.is_stepping


def _figures(run: RunState, activity: Activity | None) -> tuple[Figure, ...]:
    step = run.step
    if step is None:
        return ()
    is_training = _is_live(run)
    held_out = run.held_out_smoothed
    best = ""
    if run.best_step is not None:
        best = f"best at step {run.best_step:,}"
    if run.phase.is_active and run.job == JobKind.TRAIN and not is_training:
        return (Figure("Goes on from step", f"{step.step:,}"),)
    figures = [
        Figure("Step", f"{step.step:,}", f"of {step.total_steps:,}" if step.total_steps else ""),
        _distance("Practised phrases", run.losses.get("total_loss", Curve()).recent),
        _distance("Unheard phrases", float(held_out.values[-1]) if len(held_out) else math.nan, best),
    ]
    if is_training:
        figures.append(Figure("Speed", *formatting.speed_and_unit(step.steps_per_second)))
        left = activity.left if activity is not None else None
        remark = "" if left is None else "at most" if left.is_most else "in total"
        value = "soon known" if left is None else formatting.bare_span(left.seconds)
        figures.append(Figure("Time left", value, remark))
    else:
        figures += _distances(run.metrics.metrics if run.metrics else {})
    return tuple(figures)


def _distances(metrics: Mapping[str, float]) -> list[Figure]:
    figures = []
    cents = metrics.get("f0_distance_cents", math.nan)
    if math.isfinite(cents):
        figures.append(Figure("Pitch off by", f"{cents:.3g}", "cents", _TIPS["Pitch"]))
    # All of it stands under the curve.
    for decibels, where in loudness_parts(metrics)[:1]:
        figures.append(Figure(f"Loudness off {where}", decibels, "dB", _TIPS["Loudness"]))
    return figures


def _distance(name: str, value: float, remark: str = "") -> Figure:
    return Figure(name, "-" if math.isnan(value) else formatting.loss(value), remark, _TIPS[name])


def _advice(run: RunState, is_over: bool) -> str:
    course = ""
    if _is_live(run):
        course = (advice_of(run.trend) if run.trend is not None else "") or _TOO_EARLY
    elif run.phase.is_active:
        return ""
    elif is_over and run.trend is not None:
        course = closing_advice(run.trend)
    recovery = recovery_line(run.recovery) if run.recovery is not None else ""
    return "\n".join(filter(None, (course, recovery, way_line(run), loudness_line(run.metrics))))


def _hear(step: int | None, *, is_newest: bool) -> str:
    if step is None:
        return "Hear how it plays"
    return "Hear how it plays now" if is_newest else f"Hear how it played at step {step:,}"


def _status(run: RunState, is_over: bool) -> str:
    match run.phase:
        case Phase.FINISHED | Phase.FAILED if is_over:
            return "Training is finished. Listen to the result, or train further."
        case Phase.STOPPED if run.step:
            return f"Stopped at step {run.step.step:,}. The model is saved."
        case Phase.FAILED if run.step:
            return f"Ended at step {run.step.step:,}. Resume goes on from the last saved model."
        case _:
            return ""


def _empty(run: RunState, can_prepare: bool, is_busy: bool) -> str:
    if is_busy and run.job == JobKind.TRAIN:
        return "Training starts: reading the data and building the model. The first step takes longest."
    if is_busy:
        return "The recordings are being prepared. Training follows by itself."
    if run.dataset is not None:
        return "The recordings are prepared. Press Train to begin."
    if run.checkpoints:
        return "This model came as a file. To train it further, add recordings on the data page and press Train there."
    if can_prepare:
        return "Nothing is trained yet. Press Train on the data page."
    return "Nothing is trained yet. Add recordings on the data page first."
