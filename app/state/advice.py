"""What the course of a training advises, in a musician's words."""

import math

from app.state import formatting
from app.state.run_state import RunState
from ddsp_backend.jobs.events import Trend, TrendJudged, Trouble, WentBack

_SAID_AGAIN = 1.5  # times the minutes that were looked back on


def advice_of(judged: TrendJudged) -> str:
    """One sentence; empty while it is too early to tell."""
    lately = f"in the last {formatting.bare_span(60 * judged.minutes)}"
    match judged.trend:
        case Trend.EARLY:
            return ""
        case Trend.IMPROVING:
            return f"Still improving: it came {max(1, round(100 * judged.gain))} % closer to your recordings {lately}."
        case Trend.FLAT:
            return f"It has hardly improved {lately}. The best model so far, of step {judged.best_step:,}, is kept."
        case Trend.BY_HEART:
            return (
                f"It is starting to learn your recordings by heart: {lately} it got worse on phrases that "
                "it has not heard. "
                f"The best model, of step {judged.best_step:,}, is kept."
            )


_TROUBLES = {
    Trouble.NOT_A_NUMBER: "training became unstable",
    Trouble.EXPLODED: "the model became far too loud",
    Trouble.SILENT: "the model fell silent",
    Trouble.HARMONICS_DIED: "noise drowned the notes",
    Trouble.UNKNOWN: "something went wrong",
}


def recovery_line(event: WentBack) -> str:
    """What went wrong, and what was done about it."""
    from_there = f"from step {event.to_step:,}" if event.to_step else "from the beginning"
    return (
        f"At step {event.step:,} {_TROUBLES[event.trouble]}, so training went on {from_there}, with half the "
        "learning rate."
    )


def way_line(run: RunState) -> str:
    """How much of the way from the first sound to the best possible one is done; empty where nobody can tell."""
    values, steps = run.distance_db.values, run.distance_db.steps
    if len(values) < 2 or steps[0] != 1 or run.floor_db is None or not run.floor_db < values[0]:
        return ""
    done = (float(values[0]) - float(values[-1])) / (float(values[0]) - run.floor_db)
    if not math.isfinite(done):
        return ""
    percent = round(100 * min(max(done, 0.0), 1.0))
    return f"{percent} % of the way from its first sound to the best that such a model can do is done."


class Advice:
    """What is worth a line: advice that differs from the last one, or the same after half as much time again."""

    def __init__(self) -> None:
        self._trend = Trend.EARLY
        self._minutes = 0.0

    def next_line(self, judged: TrendJudged) -> str:
        """Empty where there is nothing new to say."""
        if judged.trend is self._trend and judged.minutes < _SAID_AGAIN * self._minutes:
            return ""
        self._trend, self._minutes = judged.trend, judged.minutes
        return advice_of(judged)


def closing_advice(judged: TrendJudged) -> str:
    """Whether it is worth while to train a finished model further."""
    match judged.trend:
        case Trend.EARLY:
            return "It trained too briefly to tell how good it can get. Train it for at least five minutes."
        case Trend.IMPROVING:
            return "It was still improving when it ended: training it further is worthwhile."
        case Trend.FLAT:
            return "It no longer improved. More recordings would help more than more training."
        case Trend.BY_HEART:
            return "It started to learn your recordings by heart. Only more recordings will help now."
