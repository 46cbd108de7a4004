"""What is said of a recording that is, or was, played through the model."""

from app.state import formatting
from app.state.notices import Activity
from app.state.renders import Render, RenderPhase
from ddsp_backend.audio.formats import is_midi


def description_of(render: Render) -> str:
    """There is room for it above the pictures; the list can only begin to say it."""
    words = render.options.words(_fitting_of(render) or "fitted") or unchanged_words(render)
    match render.phase:
        case RenderPhase.DONE:
            hint = f" {render.problem}." if render.problem else ""
            return f"{_played_by(render)}: {words}.{hint}"
        case RenderPhase.FAILED:
            return f"{problem_of(render)}. {render.hint}".rstrip()
        case RenderPhase.STOPPED:
            return f"Stopped: {words}"
    if render.beginning:
        return f"You hear a rough version of the first seconds; the rest is being made: {words}"
    return f"Being made: {words}"


def short_of(render: Render) -> str:
    """What played it, for the list: "Step 1,200, fitted 1 octave up"."""
    step = f"step {render.step:,}" if render.step is not None else ""
    return upper_first(", ".join(filter(None, (step, _fitting_of(render))))) or "Ready"


def _played_by(render: Render) -> str:
    return f"Played by the model of step {render.step:,}" if render.step is not None else "Played by the model"


def _fitting_of(render: Render) -> str:
    if not render.octaves:
        return ""
    return f"fitted {formatting.count(abs(render.octaves), 'octave')} {'up' if render.octaves > 0 else 'down'}"


def problem_of(render: Render) -> str:
    return upper_first(render.problem)


def making_of(render: Render) -> Activity | None:
    if not render.phase.is_active:
        return None
    progress = render.progress
    left = progress.seconds_left if progress is not None else None
    detail = f"{formatting.span(left)} left" if left is not None else ""
    if render.phase is RenderPhase.WAITING:
        detail = "Another recording is being played first"
    return Activity(stage_of(render), fraction_of(render), detail)


def stage_of(render: Render) -> str:
    if render.phase is RenderPhase.WAITING:
        return "Waiting"
    return render.progress.stage if render.progress else "Starting"


def fraction_of(render: Render) -> float | None:
    """A stage that is done says nothing of the next one."""
    progress = render.progress
    is_under_way = progress is not None and 0 < progress.done < progress.total
    return progress.done / progress.total if progress is not None and is_under_way else None


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def unchanged_words(render: Render) -> str:
    """For one that is played with nothing moved."""
    return "as it was written" if is_midi(render.input_path) else "as it was recorded"
