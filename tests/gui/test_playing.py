"""One plays a trained instrument in the window: a real model, a real process, a real sound device."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.play_page import PlayPageState, PlayPhase
from app.state.window import Page
from app.views.look import style_sheet
from app.views.play_page import PlayPage
from ddsp_backend.live.messages import ModelReady, Report
from tests.audio_device.conftest import NO_DEVICE, PIPE
from tests.gui.conftest import PATIENCE, OpenWindow
from tests.inference.instruments import write_instrument
from tests.live.test_live_process import SONG


@pytest.fixture
def speaker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The end of the pipe at which a listener stands."""
    os.mkfifo(tmp_path / "pipe")
    pipe = os.open(tmp_path / "pipe", os.O_RDWR | os.O_NONBLOCK)
    (tmp_path / "asound.conf").write_text(PIPE.format(pipe=tmp_path / "pipe"))
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    yield pipe
    os.close(pipe)


def listen(pipe: int) -> np.ndarray:
    try:
        return np.frombuffer(os.read(pipe, 1 << 14), "<f4")
    except BlockingIOError:
        return np.zeros(0, np.float32)


def hear_until(qtbot: QtBot, pipe: int, is_true: Callable[[np.ndarray], bool]) -> None:
    qtbot.waitUntil(lambda: is_true(listen(pipe)), timeout=PATIENCE)


def is_loud(sound: np.ndarray) -> bool:
    return bool(np.abs(sound).max(initial=0) > 0.01)


def is_quiet(sound: np.ndarray) -> bool:
    return len(sound) > 0 and bool(np.abs(sound).max() < 1e-4)


def with_model(studio: TimbreStudio) -> TimbreStudio:
    """Its instrument's model is a real one."""
    assert studio.studio.session is not None
    write_instrument(studio.studio.session.instrument.model_path, "models/solo_instrument.gin", amps=2.0)
    studio.studio.show_page(Page.PLAY)
    return studio


def is_ready(studio: TimbreStudio) -> bool:
    return studio.play_page._state.phase is PlayPhase.READY


@pytest.mark.slow
def test_that_keys_and_mouse_play_and_other_pages_give_the_device_back(
    trained: TimbreStudio, qtbot: QtBot, speaker: int
) -> None:
    page = with_model(trained).play_page
    hear_until(qtbot, speaker, lambda _: is_ready(trained))
    qtbot.keyPress(page, Qt.Key.Key_H)  # A4
    hear_until(qtbot, speaker, is_loud)
    hear_until(qtbot, speaker, lambda _: page.headline.text() == "Playing A4")
    qtbot.keyRelease(page, Qt.Key.Key_H)
    hear_until(qtbot, speaker, is_quiet)

    place = page.keys.area_of(60).center().toPoint() + QPoint(0, 20)
    qtbot.mousePress(page.keys, Qt.MouseButton.LeftButton, pos=place)
    hear_until(qtbot, speaker, lambda _: page.headline.text() == "Playing C4")
    qtbot.mouseRelease(page.keys, Qt.MouseButton.LeftButton, pos=place)
    hear_until(qtbot, speaker, is_quiet)

    page.knobs["volume"].slider.setValue(page.knobs["volume"].slider.minimum())
    qtbot.keyPress(page, Qt.Key.Key_X)
    qtbot.keyRelease(page, Qt.Key.Key_X)
    qtbot.keyPress(page, Qt.Key.Key_H)
    hear_until(qtbot, speaker, lambda _: page.headline.text() == "Playing A5")
    assert is_quiet(np.append(listen(speaker), 0.0))
    trained.studio.show_page(Page.LISTENING)  # which lets go of the key
    hear_until(qtbot, speaker, lambda sound: not len(sound))
    trained.studio.show_page(Page.PLAY)
    hear_until(qtbot, speaker, lambda _: page.headline.text() == "Ready to play")


@pytest.mark.slow
def test_that_a_dropped_midi_file_is_played_and_kept_and_a_better_model_takes_over(
    trained: TimbreStudio, qtbot: QtBot, speaker: int, tmp_path: Path
) -> None:
    page, session = with_model(trained).play_page, trained.studio.session
    assert session is not None
    told: list[Report] = []
    trained.play_controller.process.told.connect(told.extend)
    hear_until(qtbot, speaker, lambda _: is_ready(trained))
    trained.studio.show_page(Page.DATA)
    (tmp_path / "song.mid").write_bytes(bytes.fromhex(SONG))
    trained.window.dropped.emit((str(tmp_path / "song.mid"),))
    assert trained.studio.page is Page.PLAY
    hear_until(qtbot, speaker, lambda _: page.headline.text() == "Playing A4")
    assert page.file_button.text() == "Stop the MIDI file"
    page.record_button.click()
    hear_until(qtbot, speaker, lambda _: page.record_button.text().startswith("Stop"))
    page.record_button.click()
    hear_until(qtbot, speaker, lambda _: page.record_button.text() == "Record")
    (kept,) = session.instrument.played_path.iterdir()
    assert soundfile.info(kept).frames > 0
    assert page.notice.isVisible()

    def n_loaded() -> int:
        return sum(isinstance(report, ModelReady) for report in told)

    before = n_loaded()
    session.train_further()
    hear_until(qtbot, speaker, lambda _: n_loaded() > before)
    assert is_ready(trained)


def test_that_a_computer_without_sound_is_told_what_to_do(
    trained: TimbreStudio, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "asound.conf").write_text(NO_DEVICE)
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    page = with_model(trained).play_page
    qtbot.waitUntil(lambda: page._state.phase is PlayPhase.NO_SOUND, timeout=PATIENCE)
    assert "Connect headphones" in page.advice.text()
    assert not page.keys.isEnabled()
    assert page.look_button.isEnabled()


@pytest.mark.slow
def test_that_a_folder_without_a_usable_model_is_told(trained: TimbreStudio, qtbot: QtBot, speaker: int) -> None:
    trained.studio.show_page(Page.PLAY)  # the scripted training has left no model
    hear_until(qtbot, speaker, lambda _: trained.play_page._state.phase is PlayPhase.UNPLAYABLE)
    assert trained.play_page.advice.text()


def test_that_a_small_window_shows_the_whole_page(qtbot: QtBot) -> None:
    page = PlayPage()
    qtbot.addWidget(page)
    page.setStyleSheet(style_sheet())
    ready = PlayPageState(model="/flute", is_loaded=True, has_sound=True, sample_rate=48000)
    for state in (ready, replace(ready, input="Microphone", inputs=("Microphone",))):
        page.set_state(state)
        page.show()
        page.layout().activate()
        assert page.minimumSizeHint().width() <= 980 - 240 - 52  # the list of instruments, and margins
        assert page.minimumSizeHint().height() <= 640 - 134  # the steps above it


def test_that_a_new_instrument_cannot_be_played_yet(open_window: OpenWindow, qtbot: QtBot) -> None:
    studio = open_window("library")
    studio.studio.show_page(Page.PLAY)
    qtbot.waitUntil(studio.play_page.isVisible, timeout=PATIENCE)
    assert studio.play_page.headline.text() == "Nothing to play yet"
    assert not studio.play_controller.process.is_running
