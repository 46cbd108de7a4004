"""While jobs run, the window answers: Qt's event loop is never busy with one thing for more than 50 ms."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.state.run_state import Phase
from app.state.window import Page
from tests.gui.conftest import PATIENCE, OpenWindow, add, is_over
from tests.gui.heartbeat import Heartbeat

LIMIT = 50.0  # ms


@pytest.fixture
def heartbeat() -> Iterator[Heartbeat]:
    heartbeat = Heartbeat()
    yield heartbeat
    heartbeat.stop()


def test_that_five_thousand_steps_and_four_hundred_clips_at_full_rate_never_block_the_window(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot, heartbeat: Heartbeat
) -> None:
    studio = open_window("full rate")
    heartbeat.start()
    add(studio, recordings, qtbot)
    studio.data_page.train_button.click()
    qtbot.waitUntil(lambda: is_over(studio), timeout=2 * PATIENCE)
    heartbeat.stop()
    session = studio.studio.session
    assert session is not None
    assert session.run.phase is Phase.FINISHED
    assert len(session.run.losses["total_loss"]) == 5000
    assert sum(len(clips) for clips in session.run.clips.values()) == 400
    assert studio.studio.page is Page.TRAINING
    assert len(heartbeat.gaps) > 100
    assert heartbeat.longest <= LIMIT, sorted(heartbeat.gaps)[-10:]


def test_that_turning_the_pages_during_a_training_never_blocks_the_window(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot, heartbeat: Heartbeat
) -> None:
    studio = open_window("endless library")
    add(studio, recordings, qtbot)
    studio.data_page.train_button.click()
    session = studio.studio.session
    assert session is not None
    qtbot.waitUntil(lambda: bool(session.run.clips), timeout=PATIENCE)
    heartbeat.start()
    for page in (Page.DATA, Page.LISTENING, Page.TRAINING, Page.LISTENING, Page.DATA):
        studio.studio.show_page(page)
        step = session.run.step.step
        qtbot.waitUntil(lambda step=step: session.run.step.step > step + 20, timeout=PATIENCE)
    heartbeat.stop()
    assert heartbeat.longest <= LIMIT, sorted(heartbeat.gaps)[-10:]


def test_that_the_heartbeat_misses_nothing_that_keeps_the_window_busy(qtbot: QtBot, heartbeat: Heartbeat) -> None:
    heartbeat.start()
    qtbot.waitUntil(lambda: len(heartbeat.gaps) > 2, timeout=PATIENCE)
    before = time.thread_time()
    while time.thread_time() - before < 0.1:
        pass
    n = len(heartbeat.gaps)
    qtbot.waitUntil(lambda: len(heartbeat.gaps) > n, timeout=PATIENCE)
    assert heartbeat.longest > 90
