"""How one goes on with an instrument that rests: the word on the button, and the one place that offers it."""

from dataclasses import replace

from app.state.notices import Notice
from app.state.run_state import RunState
from app.state.window import Page


def can_go_on(run: RunState) -> bool:
    """Whether the training page, while nothing runs, has a button that goes on from what is there."""
    return run.step is not None or run.dataset is not None


def go_on_word(run: RunState) -> str:
    """On that button."""
    return "Train further" if run.is_goal_reached else "Resume" if run.step is not None else "Train"


def cure_word(run: RunState, *, is_busy: bool, has_recordings: bool) -> str:
    """On the button of a notice that says why the newest job failed; empty where there is nothing to press.

    After the end of a training, what failed is what follows it: that is tried again, and nothing is resumed.
    """
    if run.step is not None and not run.is_goal_reached and not is_busy:
        return go_on_word(run)
    return "Try again" if has_recordings else ""


def notice_on(page: Page, notice: Notice | None, run: RunState) -> Notice | None:
    """As that page shows it: without its button on the training page, where the page's own button goes on, beside the
    goal and the computer that it goes on with."""
    if notice is None or page is not Page.TRAINING or run.is_goal_reached or not can_go_on(run):
        return notice
    return replace(notice, action="")
