"""While jobs run, the window answers: one turn of Qt's event loop never does more than a bounded amount of work."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.state.run_state import Phase
from app.state.window import Page
from tests.gui.conftest import PATIENCE, OpenWindow, add, is_over
from tests.gui.loop_work import LoopWork

# A batch of events is folded (LARGEST_BATCH) and each page told once: some 4,000 calls, 5 to 10 ms. Where a computer is
# so busy that the window is late, all of its timers are due in one turn, so there is room for more; but one that did
# not bound its work would do more with each second that it is late.
LIMIT = 12_000


@pytest.fixture
def work() -> Iterator[LoopWork]:
    work = LoopWork()
    yield work
    work.stop()


@pytest.mark.slow
def test_that_five_thousand_steps_and_four_hundred_clips_at_full_rate_never_block_the_window(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot, work: LoopWork
) -> None:
    studio = open_window("full rate")
    work.start()
    add(studio, recordings, qtbot)
    studio.data_page.train_button.click()
    qtbot.waitUntil(lambda: is_over(studio), timeout=2 * PATIENCE)
    work.stop()
    session = studio.studio.session
    assert session is not None
    assert session.run.phase is Phase.FINISHED
    assert len(session.run.losses["total_loss"]) == 5000
    assert sum(len(clips) for clips in session.run.clips.values()) == 400
    assert studio.studio.page is Page.TRAINING
    assert len(work.turns) > 100
    assert work.most <= LIMIT, sorted(work.turns)[-10:]


def test_that_turning_the_pages_during_a_training_never_blocks_the_window(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot, work: LoopWork
) -> None:
    studio = open_window("endless library")
    add(studio, recordings, qtbot)
    studio.data_page.train_button.click()
    session = studio.studio.session
    assert session is not None
    qtbot.waitUntil(lambda: bool(session.run.clips), timeout=PATIENCE)
    work.start()
    for page in (Page.DATA, Page.LISTENING, Page.TRAINING, Page.LISTENING, Page.DATA):
        studio.studio.show_page(page)
        step = session.run.step.step
        qtbot.waitUntil(lambda step=step: session.run.step.step > step + 20, timeout=PATIENCE)
    work.stop()
    assert work.most <= LIMIT, sorted(work.turns)[-10:]


def test_that_nothing_that_keeps_the_window_busy_is_missed(qtbot: QtBot, work: LoopWork) -> None:
    def do_too_much() -> None:
        for _ in range(LIMIT):
            _nothing()

    work.start()
    QTimer.singleShot(0, do_too_much)
    qtbot.waitUntil(lambda: work.most > LIMIT, timeout=PATIENCE)


def _nothing() -> None:
    pass
