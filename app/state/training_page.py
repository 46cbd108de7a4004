"""What the training page shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.state import wording
from app.state.curve import Curve
from app.state.page_parts import Activity
from app.state.plan import MORE_STEPS
from app.state.run_state import Phase, RunState, fold_all
from ddsp_backend.jobs.events import ClipRendered, HeldOutMeasured, Started, StepDone


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name, e.g. Step 320 of 3,000."""

    name: str
    value: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class TrainingPageState:
    """Curves by name; "total_loss" is the sum of the others."""

    figures: tuple[Figure, ...] = ()
    losses: Mapping[str, Curve] = field(default_factory=dict)
    held_out: Curve = field(default_factory=Curve)
    held_out_smoothed: Curve = field(default_factory=Curve)
    best_step: int | None = None
    clip_names: tuple[str, ...] = ()
    clip_steps: tuple[int, ...] = ()
    clip_name: str = ""
    clip: ClipRendered | None = None
    chosen_step: int | None = None  # None: always the newest
    activity: Activity | None = None
    can_stop: bool = False
    can_go_on: bool = False
    go_on: str = "Resume"
    goal: int = 0
    status: str = ""
    empty: str = ""  # what to do while there is nothing to show


# A training of two steps, to draw before there is one.
EXAMPLE = fold_all(
    RunState(),
    (
        Started("TrainSpec"),
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
    goal: int | None = None,
    can_prepare: bool = False,
) -> TrainingPageState:
    """Args: clip_name, clip_step: What the user chose to see; the first clip and the newest step otherwise."""
    steps = tuple(sorted(run.clips))
    shown_step = clip_step if clip_step in run.clips else (steps[-1] if steps else None)
    clips = run.clips.get(shown_step, {}) if shown_step is not None else {}
    names = tuple(sorted({name for at_step in run.clips.values() for name in at_step}, key=wording.by_number))
    shown_name = clip_name if clip_name in names else (names[0] if names else "")
    is_busy = activity is not None
    if activity is not None and run.step is not None and run.job == "TrainSpec" and not activity.is_stopping:
        activity = replace(activity, detail="")  # the figures below say it larger
    step = run.step.step if run.step else 0
    total = run.step.total_steps if run.step else 0
    is_over = bool(total) and step >= total
    return TrainingPageState(
        figures=_figures(run),
        losses=run.losses,
        held_out=run.held_out.get("total_loss", Curve()),
        held_out_smoothed=run.held_out_smoothed,
        best_step=run.best_step,
        clip_names=names,
        clip_steps=steps,
        clip_name=shown_name,
        clip=clips.get(shown_name),
        chosen_step=clip_step if clip_step in run.clips else None,
        activity=activity,
        can_stop=is_busy and not (activity is not None and activity.is_stopping),
        can_go_on=not is_busy and (run.step is not None or run.dataset is not None),
        go_on="Train further" if is_over else ("Resume" if run.step else "Train"),
        goal=(step + MORE_STEPS if is_over else goal or total or MORE_STEPS),
        status=_status(run, is_over),
        empty="" if run.step else _empty(run, can_prepare, is_busy),
    )


def _figures(run: RunState) -> tuple[Figure, ...]:
    step = run.step
    if step is None:
        return ()
    is_training = run.phase.is_active and run.job == "TrainSpec"
    held_out = run.held_out_smoothed
    best = ""
    if run.best_step is not None:
        best = f"best at step {run.best_step:,}"
    metrics = run.metrics.metrics if run.metrics else {}
    figures = [
        Figure("Step", f"{step.step:,}", f"of {step.total_steps:,}"),
        Figure("Training loss", wording.loss(_recent_mean(run.losses.get("total_loss"))), "mean of 20 steps"),
        Figure("Held-out loss", wording.loss(float(held_out.values[-1])) if len(held_out) else "-", best),
    ]
    if is_training:
        figures.append(Figure("Speed", *_split_speed(step.steps_per_second)))
        figures.append(Figure("Time left", wording.span(step.seconds_left).removeprefix("about "), ""))
    for name, title, unit in (
        ("f0_distance_cents", "Pitch distance", "cents"),
        ("loudness_distance_db", "Loudness distance", "dB"),
    ):
        if not is_training and name in metrics:
            figures.append(Figure(title, f"{metrics[name]:.3g}", unit))
    return tuple(figures)


def _split_speed(steps_per_second: float) -> tuple[str, str]:
    value, _, unit = wording.speed(steps_per_second).partition(" ")
    return value, unit


def _recent_mean(curve: Curve | None) -> float:
    return float(curve.values[-20:].mean()) if curve is not None and len(curve) else float("nan")


def _status(run: RunState, is_over: bool) -> str:
    match run.phase:
        case Phase.FINISHED if is_over:
            return "Training is finished. Listen to the result, or train further."
        case Phase.STOPPED if run.step:
            return f"Stopped at step {run.step.step:,}; the checkpoint is saved."
        case Phase.FAILED if run.step:
            return f"Ended at step {run.step.step:,}. Resume goes on from the last checkpoint."
        case _:
            return ""


def _empty(run: RunState, can_prepare: bool, is_busy: bool) -> str:
    if is_busy and run.job == "TrainSpec":
        return "Training starts: reading the data and building the model. The first step takes longest."
    if is_busy:
        return "The recordings are being prepared. Training follows by itself."
    if run.dataset is not None:
        return "The recordings are prepared. Press Train to begin."
    if can_prepare:
        return "Nothing is trained yet. Press Train on the data page."
    return "Nothing is trained yet. Add recordings on the data page first."
