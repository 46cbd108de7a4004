"""Connects the listening page with the open instrument, what is heard of it, and what is rendered for it."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from app.audio.copying import CopyThread
from app.controllers.rendering import Rendering
from app.controllers.session import InstrumentSession
from app.controllers.sound_desk import SoundDesk
from app.controllers.studio import Studio
from app.paths import recordings_folder
from app.state.listening_page import (
    RENDER,
    ListeningChoice,
    ListeningPageState,
    Part,
    PartChoice,
    files_of,
    listening_page_state,
)
from app.state.page_parts import Notice, Tone
from app.state.plan import held_out_phrase
from app.state.renders import RenderOptions
from app.state.window import Page
from app.views.listening_page import ListeningPage


class ListeningController(QObject):
    def __init__(
        self, page: ListeningPage, studio: Studio, rendering: Rendering, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._page = page
        self._studio = studio
        self._rendering = rendering
        self._session: InstrumentSession | None = None
        self._choice = ListeningChoice()
        self._notice: Notice | None = None
        self._copies: set[CopyThread] = set()
        self.sounds = SoundDesk(self)
        self.sounds.changed.connect(self._on_sound_changed)
        self.sounds.moved.connect(page.set_playhead)
        rendering.changed.connect(self.refresh)
        studio.changed.connect(self.refresh)
        studio.demo_finished.connect(self._show_demo)
        page.sound_chosen.connect(self._choose_sound)
        page.step_chosen.connect(self._choose_step)
        page.part_chosen.connect(self._choose_part)
        page.play_toggled.connect(self.sounds.toggle)
        page.seek_requested.connect(self.sounds.seek)
        page.loop_toggled.connect(self._set_looping)
        page.region_requested.connect(self._set_region)
        page.volume_chosen.connect(self._set_volume)
        page.level_match_toggled.connect(self._set_level_matched)
        page.render_requested.connect(self._render)
        page.stop_render_requested.connect(self._stop_render)
        page.file_requested.connect(self._choose_files)
        page.save_requested.connect(self._choose_target)
        page.folder_requested.connect(self._show_folder)
        page.notice_dismissed.connect(self._dismiss)

    def close(self) -> None:
        """Falls silent and ends the threads of this page."""
        self.sounds.close()
        for copy in tuple(self._copies):
            copy.wait()

    # --- what is shown ------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        if self._studio.page is not Page.LISTENING:
            self.sounds.sleep()
            return
        self.sounds.wake(self._choice)
        session = self._studio.session
        if session is not self._session:
            # How one listens stays; what one listened to does not.
            self._session = session
            self._choice = replace(self._choice, key="", step=None, region=None)
            self._notice = None
        if session is None:
            self.sounds.want(None, is_urgent=True)
            self._page.set_state(ListeningPageState(empty="Train an instrument, then hear it here."))
            return
        renders = self._rendering.renders(session.instrument)
        state = listening_page_state(session.run, renders, self._choice, is_trained=session.is_trained)
        if state.selected != self._choice.key:
            self._choice = replace(self._choice, key=state.selected, step=None, region=None)
        self.sounds.want(files_of(session.run, renders, self._choice), is_urgent=self._choice.step is not None)
        sound = self.sounds.sound
        gains = {part: track.gain_db for part, track in zip(sound.parts, sound.tracks, strict=True)} if sound else {}
        self._page.set_state(
            replace(
                state,
                parts=tuple(PartChoice(part, part in gains, gains.get(part)) for part in Part),
                part=self.sounds.part,
                pictures=sound.pictures if sound else None,
                is_playing=self.sounds.is_playing,
                notice=self._notice,
            )
        )

    def _on_sound_changed(self) -> None:
        problem = self.sounds.problem
        if problem is not None:
            self._notice = Notice(Tone.WARNING, problem.title, problem.hint)
        elif self.sounds.is_playing:
            self._notice = None
        self.refresh()

    def _tell(self, title: str, hint: str) -> None:
        self._notice = Notice(Tone.BAD, title, hint)
        self.refresh()

    def _dismiss(self) -> None:
        self._notice = None
        self.refresh()

    # --- how one listens ------------------------------------------------------------------------------------------
    def _choose_sound(self, key: str) -> None:
        self._choice = replace(self._choice, key=key, step=None, region=None)
        self.refresh()

    def _choose_step(self, step: int) -> None:
        self._choice = replace(self._choice, step=step)
        self.refresh()

    def _choose_part(self, part: Part) -> None:
        self._choice = replace(self._choice, part=part)
        self.sounds.choose_part(part)
        self.refresh()

    def _set_looping(self, is_looping: bool) -> None:
        self._choice = replace(self._choice, is_looping=is_looping)
        self.sounds.set_looping(is_looping)
        self.refresh()

    def _set_region(self, region: tuple[float, float] | None) -> None:
        self._choice = replace(self._choice, region=region, is_looping=self._choice.is_looping or region is not None)
        self.sounds.set_looping(self._choice.is_looping)
        self.sounds.set_region(region)
        self.refresh()

    def _set_volume(self, gain: float) -> None:
        self._choice = replace(self._choice, volume=gain)
        self.sounds.set_volume(gain)

    def _set_level_matched(self, is_level_matched: bool) -> None:
        self._choice = replace(self._choice, is_level_matched=is_level_matched)
        self.sounds.set_level_matched(is_level_matched)
        self.refresh()

    # --- rendering ------------------------------------------------------------------------------------------
    def _render(self, path: str, options: RenderOptions) -> None:
        if self._session is not None:
            output_path = self._start_render(self._session, path, options)
            if output_path:
                self._choose_sound(RENDER + output_path)

    def _start_render(self, session: InstrumentSession, path: str, options: RenderOptions) -> str:
        """Where it will lie; "" where it cannot be written."""
        try:
            return self._rendering.start(session.instrument, path, options).output_path
        except OSError as error:
            self._tell(
                f"The rendering cannot be written: {error.strerror}: {error.filename}",
                "Free some space on the disk, or move the instrument to a folder that you may write to.",
            )
            return ""

    def _show_demo(self, session: InstrumentSession) -> None:
        """The demo ends with something to hear: its held-out phrases, and one of them as a recording of the user's."""
        phrase = held_out_phrase(session.run)
        if phrase:
            self._start_render(session, phrase, RenderOptions())
        if session is self._studio.session:
            self._studio.show_page(Page.LISTENING)

    def _stop_render(self, key: str) -> None:
        self._rendering.stop(key.removeprefix(RENDER))

    def _choose_files(self) -> None:
        folder = recordings_folder(self._studio.settings.last_folder)
        dialog = QFileDialog(self._page, "Recordings to play", str(folder))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._render_files)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _render_files(self, paths: list[str]) -> None:
        for path in paths:
            self._studio.remember(last_folder=str(Path(path).parent))
            self._render(path, self._page.render_box.options())

    # --- files ------------------------------------------------------------------------------------------
    def _heard_path(self) -> Path | None:
        sound = self.sounds.sound
        return Path(sound.files.audio[self.sounds.part.value]) if sound is not None else None

    def _choose_target(self) -> None:
        source = self._heard_path()
        if source is None or self._session is None:
            return
        name = f"{self._session.instrument.name}, {self._page.title.text()}, {self.sounds.part.title.lower()}"
        dialog = QFileDialog(self._page, "Save the sound")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(source.suffix.removeprefix("."))
        dialog.selectFile(name.replace("/", "-") + source.suffix)
        dialog.setProperty("source", str(source))
        dialog.fileSelected.connect(self._save)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save(self, target: str) -> None:
        copy = CopyThread(Path(self.sender().property("source")), Path(target), self)
        self._copies.add(copy)
        copy.finished.connect(self._on_copied)
        copy.start()

    def _on_copied(self) -> None:
        copy = self.sender()
        assert isinstance(copy, CopyThread)
        self._copies.discard(copy)
        copy.deleteLater()
        if copy.error is not None:
            self._tell(copy.error.title, copy.error.hint)

    def _show_folder(self) -> None:
        path = self._heard_path()
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
