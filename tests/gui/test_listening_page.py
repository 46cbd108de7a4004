"""The listening page: the view by itself, and with player and renders behind it on a real sound device.

The device is ALSA's, through PortAudio, and its samples go into a pipe. Nobody empties it but the test, so that the
sound goes as far as the test lets it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.audio.devices import look_again
from app.state.listening_page import ListeningPageState, Part, PartChoice, Pictures, SoundRow
from app.state.page_parts import Notice, Tone
from app.state.peaks import peaks_of
from app.state.renders import RenderOptions
from app.state.window import Page
from app.views.listening_page import ListeningPage
from tests.gui.conftest import PATIENCE

RATE = 16000
NO_DEVICE = """
pcm.!default { type hw card 31 }
ctl.!default { type hw card 31 }
"""
PIPE = """
pcm.!default {{ type plug slave.pcm {{ type file slave.pcm {{ type null }} file "{pipe}" format raw }} }}
"""


def use_sound_system(config: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(text)
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
    look_again()


@pytest.fixture
def silent_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_sound_system(tmp_path / "asound.conf", NO_DEVICE, monkeypatch)


@pytest.fixture
def speaker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A sound device; what it plays is read from this file descriptor."""
    os.mkfifo(tmp_path / "pipe")
    pipe = os.open(tmp_path / "pipe", os.O_RDWR | os.O_NONBLOCK)
    use_sound_system(tmp_path / "asound.conf", PIPE.format(pipe=tmp_path / "pipe"), monkeypatch)
    yield pipe
    os.close(pipe)


def hear(pipe: int) -> bool:
    """Takes what has been played; says whether that was sound."""
    try:
        return any(os.read(pipe, 1 << 20))
    except BlockingIOError:
        return False


def pictures(seconds: float = 4.0) -> Pictures:
    sound = np.sin(np.arange(round(seconds * RATE)) * 0.1).astype(np.float32)
    peaks = peaks_of(sound, RATE)
    spectrogram = np.zeros((128, 250), np.uint8)
    return Pictures(seconds, 8000.0, 1.0, (peaks, peaks, peaks, peaks), spectrogram, spectrogram.copy())


def page_state(**changes: object) -> ListeningPageState:
    fields: dict[str, object] = {
        "rows": (
            SoundRow("", "Held-out phrases"),
            SoundRow("clip:clip 1", "Phrase 1"),
            SoundRow("clip:clip 2", "Phrase 2"),
        ),
        "selected": "clip:clip 1",
        "title": "Phrase 1",
        "steps": (300, 600, 900),
        "step": 600,
        "parts": tuple(PartChoice(part, True, 1.5) for part in Part),
        "part": Part.RESYNTHESIZED,
        "pictures": pictures(),
        "can_render": True,
    }
    return ListeningPageState(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture
def page(qtbot: QtBot) -> ListeningPage:
    page = ListeningPage()
    qtbot.addWidget(page)
    page.resize(960, 640)
    page.show()
    page.activateWindow()
    qtbot.waitExposed(page)
    return page


# --- the view -------------------------------------------------------------------------------------------------------
def test_that_telling_the_page_its_state_asks_for_nothing(page: ListeningPage, qtbot: QtBot) -> None:
    requests = (page.sound_chosen, page.step_chosen, page.part_chosen, page.loop_toggled, page.level_match_toggled)
    spies = [qtbot.assertNotEmitted(request, wait=0) for request in requests]
    for spy in spies:
        spy.__enter__()
    page.set_state(page_state())
    page.set_state(page_state(selected="clip:clip 2", step=300, part=Part.NOISE, is_looping=False))
    page.set_state(ListeningPageState(empty="Nothing to hear yet"))
    for spy in spies:
        spy.__exit__(None, None, None)


@pytest.mark.parametrize(("key", "part"), list(zip("1234", Part, strict=True)))
def test_that_the_number_keys_switch_between_the_parts(page: ListeningPage, qtbot: QtBot, key: str, part: Part) -> None:
    page.set_state(page_state())
    with qtbot.waitSignal(page.part_chosen) as asked:
        QTest.keyClicks(page, key)
    assert asked.args == [part]


def test_that_space_plays_and_l_loops_wherever_the_focus_is(page: ListeningPage, qtbot: QtBot) -> None:
    page.set_state(page_state())
    for widget in (page, page.sounds, page.switch.button(Part.NOISE), page.transport.volume):
        widget.setFocus()
        with qtbot.waitSignal(page.play_toggled):
            QTest.keyClick(widget, Qt.Key.Key_Space)
        with qtbot.waitSignal(page.loop_toggled):
            QTest.keyClick(widget, Qt.Key.Key_L)


def test_that_digits_typed_into_a_field_stay_there(page: ListeningPage, qtbot: QtBot) -> None:
    page.set_state(page_state())
    page.render_box.pitch_shift.setFocus()
    page.render_box.pitch_shift.selectAll()
    with qtbot.assertNotEmitted(page.part_chosen):
        QTest.keyClicks(page.render_box.pitch_shift, "12")
    assert page.render_box.options().pitch_shift == 12


def test_that_parts_that_are_not_there_cannot_be_chosen(page: ListeningPage, qtbot: QtBot) -> None:
    parts = tuple(PartChoice(part, part.value < 2) for part in Part)
    page.set_state(page_state(parts=parts))
    with qtbot.assertNotEmitted(page.part_chosen):
        QTest.keyClicks(page, "3")
        page.switch.button(Part.NOISE).click()


def test_that_the_training_can_be_scrubbed(page: ListeningPage, qtbot: QtBot) -> None:
    page.set_state(page_state())
    timeline = page.timeline
    with qtbot.waitSignal(page.step_chosen) as asked:
        QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(timeline.width() - 14, 15))
    assert asked.args == [900]
    timeline.setFocus()
    with qtbot.waitSignal(page.step_chosen) as asked:
        QTest.keyClick(timeline, Qt.Key.Key_Left)
    assert asked.args == [300]


def test_that_a_choice_in_the_list_is_told(page: ListeningPage, qtbot: QtBot) -> None:
    page.set_state(page_state())
    place = page.sounds.visualRect(page.sounds.model().index(2, 0)).center()
    with qtbot.waitSignal(page.sound_chosen) as asked:
        QTest.mouseClick(page.sounds.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == ["clip:clip 2"]


def test_that_dropped_recordings_are_rendered_as_the_fields_say(page: ListeningPage) -> None:
    page.set_state(page_state())
    page.render_box.reverb.setChecked(False)
    page.render_box.pitch_shift.setValue(-12)
    asked: list[tuple[str, RenderOptions]] = []
    page.render_requested.connect(lambda path, options: asked.append((path, options)))
    drop(page.render_box, "/tmp/one 🎶.wav", "/tmp/two.m4a")
    options = RenderOptions(reverb=False, pitch_shift=-12.0)
    assert asked == [("/tmp/one 🎶.wav", options), ("/tmp/two.m4a", options)]


def test_that_the_volume_slider_does_not_fight_the_state(page: ListeningPage, qtbot: QtBot) -> None:
    page.set_state(page_state(volume=0.25))
    assert page.transport.volume.value() == 50
    with qtbot.waitSignal(page.volume_chosen) as asked:
        page.transport.volume.setValue(80)
    assert asked.args == [pytest.approx(0.64)]


def test_that_the_time_is_written_beside_the_buttons(page: ListeningPage) -> None:
    page.set_state(page_state())
    page.set_playhead(1.25)
    assert page.transport.time.text() == "0:01.2 / 0:04.0"


def test_that_a_notice_is_shown_above_everything(page: ListeningPage) -> None:
    page.set_state(page_state(notice=Notice(Tone.WARNING, "This computer has no sound output", "Connect headphones")))
    assert page.notice.isVisible()
    page.set_state(page_state())
    assert not page.notice.isVisible()


# --- with everything behind it --------------------------------------------------------------------------------------
def open_listening(studio: TimbreStudio, qtbot: QtBot) -> ListeningPage:
    studio.studio.show_page(Page.LISTENING)
    page = studio.listening_page
    qtbot.waitUntil(lambda: page.lanes.axis.length > 0, timeout=PATIENCE)
    return page


def drop(widget: object, *paths: str) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    # What enters first becomes Qt's target of the drop.
    QApplication.sendEvent(widget, QDragEnterEvent(QPoint(20, 20), *how))  # type: ignore[arg-type]
    QApplication.sendEvent(widget, QDropEvent(QPointF(20, 20), *how))  # type: ignore[arg-type]


@pytest.mark.usefixtures("silent_machine")
def test_that_without_a_sound_device_everything_else_works(trained: TimbreStudio, qtbot: QtBot) -> None:
    page = open_listening(trained, qtbot)
    qtbot.waitUntil(page.notice.isVisible, timeout=PATIENCE)
    assert page.notice.title.text() == "This computer has no sound output"
    assert page.lanes.axis.length == pytest.approx(4.0)
    assert page.switch.button(Part.HARMONIC).isEnabled()
    page.lanes.axis.seek_requested.emit(2.0)
    assert page.transport.time.text() == "0:02.0 / 0:04.0"
    page.notice.dismissed.emit()
    page.transport.play_button.click()
    qtbot.waitUntil(page.notice.isVisible, timeout=PATIENCE)
    assert not trained.listening_controller.sounds.is_playing


def test_that_a_phrase_is_heard_and_switched_and_scrubbed(trained: TimbreStudio, speaker: int, qtbot: QtBot) -> None:
    page = open_listening(trained, qtbot)
    sounds = trained.listening_controller.sounds
    QTest.keyClick(page, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: hear(speaker), timeout=PATIENCE)
    qtbot.waitUntil(lambda: bool(hear(speaker) or True) and (page.lanes.axis.playhead or 0) > 0.3, timeout=PATIENCE)
    assert sounds.is_playing
    QTest.keyClicks(page, "1")
    assert sounds.part is Part.ORIGINAL
    assert page.switch.button(Part.ORIGINAL).isChecked()

    # Another moment of the training takes over at the same place, while it plays.
    before = page.lanes.axis.playhead
    page.step_chosen.emit(10)
    qtbot.waitUntil(lambda: sounds.sound.files.audio[1].find("step-10") > 0, timeout=PATIENCE)
    assert page.detail.text() == "Played by the model of step 10"
    assert sounds.is_playing
    assert page.lanes.axis.playhead == pytest.approx(before, abs=1.0)

    QTest.keyClick(page, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not sounds.is_playing, timeout=PATIENCE)
    assert page.transport.play_button.accessibleName() == "Play"


def test_that_leaving_the_page_falls_silent(trained: TimbreStudio, speaker: int, qtbot: QtBot) -> None:
    page = open_listening(trained, qtbot)
    page.transport.play_button.click()
    qtbot.waitUntil(lambda: hear(speaker), timeout=PATIENCE)
    trained.studio.show_page(Page.DATA)
    assert not trained.listening_controller.sounds.is_playing


@pytest.mark.usefixtures("silent_machine")
def test_that_a_dropped_recording_is_rendered_listed_and_heard(
    trained: TimbreStudio, tmp_path: Path, qtbot: QtBot
) -> None:
    page = open_listening(trained, qtbot)
    recording = tmp_path / "my 'voice' 🎶.wav"
    recording.write_bytes((tmp_path / "library").rglob("*target.wav").__next__().read_bytes())
    drop(page.render_box, str(recording))
    assert page.title.text() == recording.name
    sounds = trained.listening_controller.sounds
    qtbot.waitUntil(lambda: sounds.sound is not None and str(recording) in sounds.sound.files.audio, timeout=PATIENCE)
    assert [page.switch.button(part).isEnabled() for part in Part] == [True, True, False, False]
    assert not page.timeline.isVisible()
    assert list((tmp_path / "library").rglob("renders/*.json"))


@pytest.mark.usefixtures("silent_machine")
def test_that_what_is_heard_can_be_saved(trained: TimbreStudio, tmp_path: Path, qtbot: QtBot) -> None:
    page = open_listening(trained, qtbot)
    page.save_button.click()
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(tmp_path / "kept.wav"))
    dialog.done(0)
    qtbot.waitUntil((tmp_path / "kept.wav").exists, timeout=PATIENCE)
    heard = Path(trained.listening_controller.sounds.sound.files.audio[Part.RESYNTHESIZED.value])
    assert (tmp_path / "kept.wav").read_bytes() == heard.read_bytes()


@pytest.mark.usefixtures("silent_machine")
def test_that_a_phrase_whose_file_is_gone_is_a_sentence(trained: TimbreStudio, tmp_path: Path, qtbot: QtBot) -> None:
    for path in (tmp_path / "library").rglob("*output.wav"):
        path.unlink()
    trained.studio.show_page(Page.LISTENING)
    page = trained.listening_page
    qtbot.waitUntil(lambda: "cannot be read" in page.notice.title.text(), timeout=PATIENCE)
    assert not page.transport.play_button.isEnabled()
