"""Takes are recorded in the window, from a real sound input, and become recordings of the instrument.

The input is ALSA's, through PortAudio, and hears what the test writes into a pipe.
"""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pytestqt.qtbot import QtBot

from app.audio.devices import look_again
from app.views.record_dialog import RecordDialog
from tests.gui.conftest import PATIENCE, OpenWindow

RATE = 44100
UNPLUGGED_PATIENCE = 60_000  # ms; an input that sends nothing for ten seconds counts as unplugged
MICROPHONE = """
pcm.!default {{
    type plug
    slave.pcm {{ type file slave.pcm {{ type null }} file "/dev/null" infile "{pipe}" format raw }}
}}
"""
NO_DEVICE = """
pcm.!default { type hw card 31 }
ctl.!default { type hw card 31 }
"""
TONE = (0.25 * np.sin(2 * np.pi * 441 * np.arange(RATE) / RATE)).astype("<f4").tobytes()


@pytest.fixture
def microphone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The end of the pipe that a player would stand at."""
    os.mkfifo(tmp_path / "pipe")
    pipe = os.open(tmp_path / "pipe", os.O_RDWR | os.O_NONBLOCK)
    (tmp_path / "asound.conf").write_text(MICROPHONE.format(pipe=tmp_path / "pipe"))
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    yield pipe
    os.close(pipe)


def play_until(qtbot: QtBot, pipe: int, is_true: Callable[[], bool]) -> None:
    """Plays a tone for as long as it takes."""

    def look() -> bool:
        try:
            os.write(pipe, TONE[:32768])
        except BlockingIOError:
            pass  # the pipe is full
        return is_true()

    qtbot.waitUntil(look, timeout=PATIENCE)


def close_dialog(dialog: RecordDialog, pipe: int) -> None:
    """The input is given back between two blocks, so that it has to hear something meanwhile."""
    over = threading.Event()

    def play() -> None:
        while not over.wait(0.002):
            try:
                os.write(pipe, bytes(4096))
            except BlockingIOError:
                pass

    player = threading.Thread(target=play)
    player.start()
    dialog.accept()
    over.set()
    player.join()


def test_that_a_take_becomes_a_recording_of_a_new_instrument(
    open_window: OpenWindow, qtbot: QtBot, microphone: int
) -> None:
    studio = open_window("library")
    studio.data_page.large_zone.record_button.click()
    dialog = studio.record_controller.dialog
    assert dialog is not None
    play_until(qtbot, microphone, dialog.record_button.isEnabled)
    assert dialog.headline.text() == "Ready"
    dialog.record_button.click()
    play_until(qtbot, microphone, lambda: dialog.headline.text().startswith("Recording"))
    assert dialog.record_button.text() == "Stop"
    dialog.record_button.click()
    play_until(
        qtbot, microphone, lambda: studio.studio.session is not None and bool(studio.studio.session.intake.files)
    )
    (file,) = studio.studio.session.intake.files
    assert Path(file.path).name == "take_01.wav"
    assert soundfile.info(file.path).samplerate == RATE
    assert "1 take recorded" in dialog.takes.text()
    close_dialog(dialog, microphone)
    assert studio.record_controller.dialog is None


def test_that_closing_the_dialog_keeps_the_take_that_is_recorded(
    open_window: OpenWindow, qtbot: QtBot, microphone: int, recordings: Path
) -> None:
    studio = open_window("library")
    studio.studio.add_recordings((str(recordings),))
    qtbot.waitUntil(
        lambda: studio.studio.session is not None and not studio.studio.session.is_looking, timeout=PATIENCE
    )
    studio.data_page.recordings.record_button.click()
    dialog = studio.record_controller.dialog
    assert dialog is not None
    play_until(qtbot, microphone, dialog.record_button.isEnabled)
    dialog.record_button.click()
    play_until(qtbot, microphone, lambda: dialog.headline.text().startswith("Recording"))
    play_until(qtbot, microphone, lambda: studio.record_controller._view.seconds > 0)
    close_dialog(dialog, microphone)
    instrument = studio.studio.session.instrument
    assert [path.name for path in instrument.takes_path.iterdir()] == ["take_01.wav"]
    assert str(instrument.takes_path) in instrument.inputs


@pytest.mark.slow
def test_that_an_input_that_is_unplugged_within_a_take_is_said_in_the_dialog_and_the_take_kept(
    open_window: OpenWindow, qtbot: QtBot, microphone: int
) -> None:
    """The pipe stays empty: no sound comes any more, and nobody says why, as some systems do it."""
    studio = open_window("library")
    studio.data_page.large_zone.record_button.click()
    dialog = studio.record_controller.dialog
    assert dialog is not None
    play_until(qtbot, microphone, dialog.record_button.isEnabled)
    dialog.record_button.click()
    play_until(qtbot, microphone, lambda: studio.record_controller._view.seconds > 0)

    qtbot.waitUntil(dialog.problem.isVisible, timeout=UNPLUGGED_PATIENCE)
    assert dialog.problem.text() == "The sound input went away"
    assert dialog.cure.text() == (
        "What you played until then is kept. Connect it again and press Look again, or choose another input from the "
        "list."
    )
    play_until(qtbot, microphone, lambda: dialog.headline.text() == "No sound input")
    assert not dialog.record_button.isEnabled()
    assert dialog.record_button.text() == "Record"
    assert dialog.look_button.isEnabled()
    assert "1 take recorded" in dialog.takes.text()
    play_until(
        qtbot, microphone, lambda: studio.studio.session is not None and bool(studio.studio.session.intake.files)
    )
    (file,) = studio.studio.session.intake.files
    assert soundfile.info(file.path).frames > 100

    dialog.look_button.click()  # it is connected again
    play_until(qtbot, microphone, lambda: dialog.headline.text() == "Ready")
    assert not dialog.problem.isVisible()
    close_dialog(dialog, microphone)


def test_that_a_computer_without_an_input_says_what_to_do(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "asound.conf").write_text(NO_DEVICE)
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    look_again()
    studio = open_window("library")
    studio.data_page.large_zone.record_button.click()
    dialog = studio.record_controller.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.problem.text() == "This computer has no sound input", timeout=PATIENCE)
    assert not dialog.record_button.isEnabled()
    assert "Look again" in dialog.cure.text()
    dialog.accept()
