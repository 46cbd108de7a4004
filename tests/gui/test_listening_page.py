"""The listening page: the view by itself, and with player and renders behind it on a real sound device.

The device is ALSA's, through PortAudio, and its samples go into a pipe. Nobody empties it but the test, so that the
sound goes as far as the test lets it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.audio.devices import look_again
from app.state.library import read_job_history
from app.state.listening_page import ListeningPageState, PartChoice, Pictures, SoundPart, SoundRow
from app.state.notices import Notice, Tone
from app.state.peaks import peaks_of
from app.state.renders import RenderOptions
from app.state.window import Page
from app.views.listening_page import ListeningPage
from ddsp_backend.jobs.sound_form import Depth, SoundForm
from tests.gui.conftest import PATIENCE, OpenWindow, is_over, train
from tests.gui.dropping import drop
from tests.live.test_midi_file import END, track, write

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
            SoundRow("", "Unheard phrases"),
            SoundRow("clip:clip 1", "Phrase 1"),
            SoundRow("clip:clip 2", "Phrase 2"),
        ),
        "selected": "clip:clip 1",
        "title": "Phrase 1",
        "steps": (300, 600, 900),
        "step": 600,
        "parts": tuple(PartChoice(part, True, 1.5) for part in SoundPart),
        "part": SoundPart.RESYNTHESIZED,
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
    page.set_state(page_state(selected="clip:clip 2", step=300, part=SoundPart.NOISE, is_looping=False))
    page.set_state(ListeningPageState(empty="Nothing to hear yet"))
    for spy in spies:
        spy.__exit__(None, None, None)


@pytest.mark.parametrize(("key", "part"), list(zip("1234", SoundPart, strict=True)))
def test_that_the_number_keys_switch_between_the_parts(
    page: ListeningPage, qtbot: QtBot, key: str, part: SoundPart
) -> None:
    page.set_state(page_state())
    with qtbot.waitSignal(page.part_chosen) as asked:
        QTest.keyClicks(page, key)
    assert asked.args == [part]


def test_that_repeating_is_seen_and_told(page: ListeningPage) -> None:
    pictures, names = [], []
    for is_looping in (False, True):
        page.set_state(page_state(is_looping=is_looping))
        pictures.append(page.transport.loop_button.icon().pixmap(20).toImage())
        names.append(page.transport.loop_button.accessibleName())
    assert pictures[0] != pictures[1]
    assert names == ["Repeat: off", "Repeat: on"]


def test_that_space_plays_and_l_loops_wherever_the_focus_is(page: ListeningPage, qtbot: QtBot) -> None:
    page.set_state(page_state())
    for widget in (page, page.sounds, page.transport.play_button, page.transport.volume, page.render_box.autotune):
        widget.setFocus()
        with qtbot.waitSignal(page.play_toggled):
            QTest.keyClick(widget, Qt.Key.Key_Space)
        with qtbot.waitSignal(page.loop_toggled):
            QTest.keyClick(widget, Qt.Key.Key_L)


def test_that_a_button_reached_with_the_keys_has_the_space_bar_for_itself(page: ListeningPage, qtbot: QtBot) -> None:
    page.set_state(page_state())
    for button in (
        page.transport.level_match,
        page.render_box.fit,
        page.save_button,
        page.switch.button(SoundPart.NOISE),
    ):
        button.setFocus(Qt.FocusReason.TabFocusReason)
        with qtbot.assertNotEmitted(page.play_toggled), qtbot.waitSignal(button.clicked):
            QTest.keyClick(button, Qt.Key.Key_Space)
    page.sounds.setFocus()
    with qtbot.waitSignal(page.play_toggled):
        QTest.keyClick(page.sounds, Qt.Key.Key_Space)


def test_that_a_click_gives_a_button_no_focus_so_that_space_plays_after_it(page: ListeningPage, qtbot: QtBot) -> None:
    page.set_state(page_state())
    page.sounds.setFocus()
    QTest.mouseClick(page.transport.level_match, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert page.sounds.hasFocus()
    with qtbot.waitSignal(page.play_toggled):
        QTest.keyClick(page.sounds, Qt.Key.Key_Space)


def test_that_octave_buttons_and_reset_move_the_pitch(page: ListeningPage, qtbot: QtBot) -> None:
    page.set_state(page_state())
    box = page.render_box
    asked: list[RenderOptions] = []
    page.options_chosen.connect(asked.append)
    box.octave_up.click()
    box.octave_up.click()
    box.octave_down.click()
    box.fit.click()
    assert [options.pitch_shift for options in asked] == [12, 24, 12, 12]
    assert asked[-1].words() == "1 octave up, fitted"
    box.reset_button.click()
    assert asked[-1] == RenderOptions()
    assert not box.reset_button.isVisible()


def test_that_a_variant_is_dragged_out_as_a_copy_of_its_file_and_removed_by_the_delete_key(
    page: ListeningPage, qtbot: QtBot
) -> None:
    rows = (
        SoundRow("", "Your recordings"),
        SoundRow("", "take.wav", is_recording=True),
        SoundRow("render:/out/take.wav", "Fitted", is_variant=True, file="/out/take.wav"),
    )
    page.set_state(page_state(rows=rows, selected="render:/out/take.wav"))
    model = page.sounds.model()
    assert [url.toLocalFile() for url in model.mimeData([model.index(2, 0)]).urls()] == ["/out/take.wav"]
    assert model.supportedDragActions() is Qt.DropAction.CopyAction
    with qtbot.waitSignal(page.remove_requested) as asked:
        QTest.keyClick(page.sounds, Qt.Key.Key_Delete)
    assert asked.args == ["render:/out/take.wav"]


def test_that_digits_typed_into_a_field_stay_there(page: ListeningPage, qtbot: QtBot) -> None:
    page.set_state(page_state())
    page.render_box.pitch_shift.setFocus()
    page.render_box.pitch_shift.selectAll()
    with qtbot.assertNotEmitted(page.part_chosen):
        QTest.keyClicks(page.render_box.pitch_shift, "12")
    assert page.render_box.options().pitch_shift == 12


def test_that_parts_that_are_not_there_cannot_be_chosen(page: ListeningPage, qtbot: QtBot) -> None:
    parts = tuple(PartChoice(part, part.value < 2) for part in SoundPart)
    page.set_state(page_state(parts=parts))
    with qtbot.assertNotEmitted(page.part_chosen):
        QTest.keyClicks(page, "3")
        page.switch.button(SoundPart.NOISE).click()


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


def test_that_a_long_title_leaves_the_line_of_steps_its_room(page: ListeningPage) -> None:
    title = f"{'Posaune lange Töne ' * 5}, 1:04, A2 to E4, loud"
    page.set_state(page_state(title=title))
    page.layout().activate()
    assert page.timeline.width() > 150
    assert page.title.text().endswith("E4, loud")
    assert page.title.toolTip() == title


def test_that_a_choice_in_the_list_is_told(page: ListeningPage, qtbot: QtBot) -> None:
    page.set_state(page_state())
    place = page.sounds.visualRect(page.sounds.model().index(2, 0)).center()
    with qtbot.waitSignal(page.sound_chosen) as asked:
        QTest.mouseClick(page.sounds.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == ["clip:clip 2"]


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


@pytest.mark.usefixtures("silent_machine")
def test_that_without_a_sound_device_everything_else_works(trained: TimbreStudio, qtbot: QtBot) -> None:
    page = open_listening(trained, qtbot)
    qtbot.waitUntil(page.notice.isVisible, timeout=PATIENCE)
    assert page.notice.title.text() == "This computer has no sound output"
    assert page.lanes.axis.length == pytest.approx(4.0)
    assert page.switch.button(SoundPart.HARMONIC).isEnabled()
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
    assert sounds.part is SoundPart.ORIGINAL
    assert page.switch.button(SoundPart.ORIGINAL).isChecked()

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


def test_that_a_kept_model_is_asked_to_play_and_is_heard(trained: TimbreStudio, speaker: int, qtbot: QtBot) -> None:
    session = trained.studio.session
    (session.instrument.model_path / "ckpt-15.index").touch()
    page = open_listening(trained, qtbot)
    assert page.state.steps == (10, 15, 20, 30, 40)
    assert page.state.unplayed == (15,)
    assert not page.ask_button.isVisible()
    page.timeline.chosen.emit(15)
    assert page.detail.text() == "Not played yet"
    assert page.ask_button.text() == "Hear the model of step 15"
    page.ask_button.click()
    assert not page.ask_button.isVisible()
    assert page.making.isVisible()
    qtbot.waitUntil(lambda: trained.listening_controller.sounds.is_playing, timeout=PATIENCE)
    qtbot.waitUntil(lambda: hear(speaker), timeout=PATIENCE)
    assert page.detail.text() == "Played by the model of step 15"
    assert page.state.unplayed == ()
    qtbot.waitUntil(lambda: not page.making.isVisible(), timeout=PATIENCE)

    # The next window knows what was played, though no job's journal tells of it.
    assert 15 in read_job_history(session.instrument).run.clips


@pytest.mark.usefixtures("silent_machine")
def test_that_a_kept_model_can_be_stopped_and_may_be_gone(
    open_window: OpenWindow, recordings: Path, qtbot: QtBot
) -> None:
    studio = open_window("slow library")
    train(studio, recordings, qtbot)
    qtbot.waitUntil(lambda: is_over(studio), timeout=PATIENCE)
    index = studio.studio.session.instrument.model_path / "ckpt-15.index"
    index.touch()
    page = open_listening(studio, qtbot)
    page.timeline.chosen.emit(15)
    page.ask_button.click()
    assert page.making.stage.text() == "Playing the phrases with the model of step 15"
    qtbot.waitUntil(lambda: page.making.detail.text() == "1 of 2", timeout=PATIENCE)
    page.making.stop_button.click()
    qtbot.waitUntil(page.ask_button.isVisible, timeout=PATIENCE)
    assert not page.making.isVisible()

    index.unlink()
    page.ask_button.click()
    gone = "The model of step 15 is no longer kept"
    qtbot.waitUntil(lambda: page.notice.title.text() == gone, timeout=PATIENCE)
    qtbot.waitUntil(lambda: page.state.steps == (10, 20, 30, 40), timeout=PATIENCE)
    assert not page.ask_button.isVisible()


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
    drop(page, str(recording))
    assert page.title.text() == recording.name
    sounds = trained.listening_controller.sounds
    qtbot.waitUntil(lambda: sounds.sound is not None and str(recording) in sounds.sound.files.audio, timeout=PATIENCE)
    assert [page.switch.button(part).isEnabled() for part in SoundPart] == [True] * 4
    assert page.detail.text() == "Played by the model of step 40: as it was recorded."
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
    qtbot.waitUntil(lambda: page.notice.title.text() == "Saved: kept.wav", timeout=PATIENCE)
    assert page.notice.action_button.text() == "Show it"
    assert soundfile.info(tmp_path / "kept.wav").subtype == "PCM_24"
    assert trained.studio.settings.save_folder == str(tmp_path)
    page.save_button.form_chosen.emit(SoundForm(Depth.INT_16, 48000))
    page.save_button.click()
    second = [each for each in page.findChildren(QFileDialog) if each is not dialog][-1]
    second.fileSelected.emit(str(tmp_path / "cd.wav"))
    second.done(0)
    qtbot.waitUntil(lambda: page.notice.title.text() == "Saved: cd.wav", timeout=PATIENCE)
    info = soundfile.info(tmp_path / "cd.wav")
    assert (info.subtype, info.samplerate) == ("PCM_16", 48000)


@pytest.mark.usefixtures("silent_machine")
def test_that_all_recordings_that_were_played_are_saved_at_once(
    trained: TimbreStudio, tmp_path: Path, qtbot: QtBot
) -> None:
    page = open_listening(trained, qtbot)
    assert not page.save_button.all_action.isVisible()
    sound = (tmp_path / "library").rglob("*target.wav").__next__().read_bytes()
    for name in ("one.wav", "two.wav"):
        (tmp_path / name).write_bytes(sound)
    drop(page, str(tmp_path / "one.wav"), str(tmp_path / "two.wav"))
    qtbot.waitUntil(page.save_button.all_action.isVisible, timeout=PATIENCE)
    page.save_button.form_chosen.emit(SoundForm(Depth.INT_16, 44100, -23.0))
    folder = tmp_path / "for the DAW"
    folder.mkdir()
    (folder / "one.wav").write_text("of somebody else")
    page.save_button.all_action.trigger()
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(folder))
    dialog.done(0)
    qtbot.waitUntil(lambda: page.notice.title.text() == "Saved: 2 sounds", timeout=PATIENCE)
    assert {path.name for path in folder.iterdir()} == {"one.wav", "one 2.wav", "two.wav"}
    assert (folder / "one.wav").read_text() == "of somebody else"
    for name in ("one 2.wav", "two.wav"):
        info = soundfile.info(folder / name)
        assert (info.subtype, info.samplerate) == ("PCM_16", 44100)
    assert trained.studio.settings.save_level == -23.0


@pytest.mark.usefixtures("silent_machine")
def test_that_what_is_dragged_out_has_the_form_that_sounds_are_saved_in(
    trained: TimbreStudio, tmp_path: Path, qtbot: QtBot
) -> None:
    page = open_listening(trained, qtbot)
    take = tmp_path / "take.wav"
    take.write_bytes((tmp_path / "library").rglob("*target.wav").__next__().read_bytes())
    drop(page, str(take))
    model = page.sounds.model()

    def dragged() -> str:
        (place,) = [place for place, row in enumerate(page.state.rows) if row.key == page.state.selected]
        return "".join(url.toLocalFile() for url in model.mimeData([model.index(place, 0)]).urls())

    def form_of_dragged() -> tuple[str, int]:
        info = soundfile.info(dragged())
        return info.subtype, info.samplerate

    qtbot.waitUntil(lambda: bool(dragged()) and form_of_dragged() == ("PCM_24", 16000), timeout=PATIENCE)
    page.save_button.form_chosen.emit(SoundForm(Depth.INT_16, 48000))
    qtbot.waitUntil(lambda: form_of_dragged() == ("PCM_16", 48000), timeout=PATIENCE)
    assert Path(dragged()).name == "take.wav"
    page.save_button.form_chosen.emit(SoundForm(Depth.FLOAT_32))
    assert Path(dragged()).parent.name == "renders"  # that is what a render is
    page.sounds.remove_requested.emit(page.state.selected)
    assert not list((tmp_path / "library").rglob("take.wav"))


@pytest.mark.usefixtures("silent_machine")
def test_that_a_midi_file_is_rendered_listed_and_heard(trained: TimbreStudio, tmp_path: Path, qtbot: QtBot) -> None:
    page = open_listening(trained, qtbot)
    song = write(tmp_path / "song.mid", track("00 90 45 64", "60 45 00", END))
    drop(trained.window, str(song))
    assert trained.studio.page is Page.LISTENING
    assert page.title.text() == "song.mid"
    sounds = trained.listening_controller.sounds
    qtbot.waitUntil(lambda: sounds.sound is not None and sounds.sound.files.audio[0] == "", timeout=PATIENCE)
    assert [page.switch.button(part).isEnabled() for part in SoundPart] == [False, True, True, True]
    assert page.state.part is SoundPart.RESYNTHESIZED
    assert page.lanes.axis.length > 0.5
    assert not page.notice.action_button.isVisible()
    page.switch.chosen.emit(SoundPart.HARMONIC)
    page.sounds.remove_requested.emit(page.state.selected)
    assert not list((tmp_path / "library").rglob("song*"))


@pytest.mark.usefixtures("silent_machine")
def test_that_a_phrase_whose_file_is_gone_is_a_sentence(trained: TimbreStudio, tmp_path: Path, qtbot: QtBot) -> None:
    for path in (tmp_path / "library").rglob("*output.wav"):
        path.unlink()
    trained.studio.show_page(Page.LISTENING)
    page = trained.listening_page
    qtbot.waitUntil(lambda: "cannot be read" in page.notice.title.text(), timeout=PATIENCE)
    assert not page.transport.play_button.isEnabled()
