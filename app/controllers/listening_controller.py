"""Connects the listening page with the open instrument, the player and the worker that renders."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from app.audio.files import copy_sound
from app.audio.loading import LoadedSound, SoundLoader
from app.audio.player import Player
from app.controllers.rendering import Rendering
from app.controllers.session import InstrumentSession
from app.controllers.studio import Studio
from app.state import wording
from app.state.listening_page import (
    CLIP,
    RENDER,
    ListeningPageState,
    Part,
    PartChoice,
    SoundFiles,
    clip_at,
    clip_files,
    render_files,
    rows_of,
    steps_of,
)
from app.state.page_parts import Notice, Tone
from app.state.renders import RenderOptions, RenderPhase
from app.state.window import Page
from app.views.listening_page import ListeningPage
from ddsp_backend.errors import AudioError, DdspError

_REFRESH_MS = 33


class ListeningController(QObject):
    def __init__(
        self, page: ListeningPage, studio: Studio, rendering: Rendering, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._page = page
        self._studio = studio
        self._rendering = rendering
        self._player: Player | None = None
        self._loader: SoundLoader | None = None
        self._session: InstrumentSession | None = None
        self._selected = ""
        self._step: int | None = None  # None: always the newest
        self._part = Part.ORIGINAL
        self._is_looping = True
        self._region: tuple[float, float] | None = None
        self._volume = 1.0
        self._is_level_matched = True
        self._wanted: SoundFiles | None = None
        self._sound: LoadedSound | None = None
        self._problem: Notice | None = None
        self._was_playing = False
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self._follow_player)
        studio.changed.connect(self.refresh)
        rendering.changed.connect(self.refresh)
        page.sound_chosen.connect(self._choose_sound)
        page.step_chosen.connect(self._choose_step)
        page.part_chosen.connect(self._choose_part)
        page.play_toggled.connect(self._toggle)
        page.loop_toggled.connect(self._set_looping)
        page.region_requested.connect(self._set_region)
        page.seek_requested.connect(self._seek)
        page.volume_chosen.connect(self._set_volume)
        page.level_match_toggled.connect(self._set_level_matched)
        page.render_requested.connect(self._render)
        page.file_requested.connect(self._choose_recording)
        page.save_requested.connect(self._choose_target)
        page.folder_requested.connect(self._show_folder)
        page.notice_dismissed.connect(self._dismiss)

    # --- what is shown ------------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        if self._studio.page is not Page.LISTENING:
            self._pause()
            return
        self._open_player()
        session = self._studio.session
        if session is not self._session:
            self._pause()
            self._session, self._selected, self._step, self._region = session, "", None, None
            self._wanted = self._sound = None
        if session is None:
            self._page.set_state(ListeningPageState(empty="Add recordings on the data page first."))
            return
        renders = self._rendering.renders(session.instrument)
        rows = rows_of(session.run, renders)
        keys = [row.key for row in rows if row.key]
        if self._selected not in keys:
            self._selected = next(iter(keys), "")
        self._want(self._files())
        self._page.set_state(self._state(session, rows))

    def close(self) -> None:
        self._timer.stop()
        if self._loader is not None:
            self._loader.close()
        if self._player is not None:
            self._player.close()
            self._player = None

    def _state(self, session: InstrumentSession, rows: tuple) -> ListeningPageState:
        name = self._selected.removeprefix(CLIP)
        is_clip = self._selected.startswith(CLIP)
        steps = steps_of(session.run, name) if is_clip else ()
        clip = clip_at(session.run, name, self._step) if is_clip else None
        row = next((row for row in rows if row.key == self._selected), None)
        sound = self._sound if self._sound is not None and self._sound.files == self._wanted else None
        parts = sound.parts if sound else ()
        gains = {part: track.gain_db for part, track in zip(parts, sound.tracks, strict=True)} if sound else {}
        empty = "" if rows or session.is_trained else "Nothing to hear yet. Train the instrument first."
        detail = f"{wording.clock(sound.pictures.seconds)} min" if sound else ""
        if clip is not None:
            detail = ", ".join(part for part in (detail, f"model of step {clip.step:,}") if part)
        return ListeningPageState(
            rows=rows,
            selected=self._selected,
            title=row.title if row else "",
            detail=detail or (row.detail if row else ""),
            steps=steps,
            step=clip.step if clip else None,
            best_step=session.run.best_step,
            parts=tuple(PartChoice(part, part in parts, gains.get(part)) for part in Part),
            part=self._part if self._part in parts or not parts else Part.ORIGINAL,
            pictures=sound.pictures if sound else None,
            is_playing=self._was_playing,
            is_looping=self._is_looping,
            region=self._region,
            volume=self._volume,
            is_level_matched=self._is_level_matched,
            notice=self._problem,
            can_render=session.is_trained,
            empty=empty,
        )

    def _files(self) -> SoundFiles | None:
        session = self._session
        if session is None:
            return None
        if self._selected.startswith(CLIP):
            clip = clip_at(session.run, self._selected.removeprefix(CLIP), self._step)
            return clip_files(clip) if clip else None
        path = self._selected.removeprefix(RENDER)
        for render in self._rendering.renders(session.instrument):
            if render.output_path == path and render.phase is RenderPhase.DONE:
                return render_files(render)
        return None

    def _want(self, files: SoundFiles | None) -> None:
        if files == self._wanted:
            return
        self._wanted = files
        if files is None:
            self._pause()
        elif self._loader is not None:
            self._loader.request(files)

    def _on_loaded(self, sound: LoadedSound) -> None:
        if sound.files != self._wanted or self._player is None:
            return
        before, self._sound = self._sound, sound
        # The same phrase of another model goes on where it is; another phrase begins at its beginning.
        is_same_music = before is not None and before.files.audio[0] == sound.files.audio[0]
        is_same_music = is_same_music or (before is not None and _phrase(before.files) == _phrase(sound.files))
        if not is_same_music:
            self._set_region(None)
        self._player.load(sound.tracks, sound.sample_rate, keeps_position=is_same_music)
        self._select_track()
        self.refresh()

    def _on_load_failed(self, files: SoundFiles, error: AudioError) -> None:
        if files == self._wanted:
            self._show_problem(error)

    # --- playing ------------------------------------------------------------------------------------------------------
    def _open_player(self) -> None:
        if self._player is None:
            self._player = Player()
            self._player.look_for_device()
            self._player.set_looping(self._is_looping)
            self._loader = SoundLoader(self._player, self)
            self._loader.loaded.connect(self._on_loaded)
            self._loader.failed.connect(self._on_load_failed)

    def _toggle(self) -> None:
        if self._was_playing:
            self._pause()
        elif self._player is not None and self._sound is not None:
            self._problem = None
            self._player.play()
            self._was_playing = True
            self._timer.start()
        self.refresh()

    def _pause(self) -> None:
        if self._player is not None and self._was_playing:
            self._player.pause()
            self._was_playing = False
            self._timer.stop()

    def _follow_player(self) -> None:
        if self._player is None:
            return
        now = self._player.snapshot()
        self._page.set_playhead(now.seconds)
        if now.problem is not None:
            self._pause()
            self._show_problem(now.problem)
        elif not now.is_playing:
            self._was_playing = False
            self._timer.stop()
            self.refresh()

    def _seek(self, seconds: float) -> None:
        if self._player is not None:
            self._player.seek(seconds)
            self._page.set_playhead(seconds)

    def _select_track(self) -> None:
        if self._player is not None and self._sound is not None:
            parts = self._sound.parts
            self._player.select(parts.index(self._part) if self._part in parts else 0)

    def _set_looping(self, is_looping: bool) -> None:
        self._is_looping = is_looping
        if self._player is not None:
            self._player.set_looping(is_looping)
        self.refresh()

    def _set_region(self, region: tuple[float, float] | None) -> None:
        self._region = region
        if self._player is not None:
            self._player.set_region(region)
        if region is not None and not self._is_looping:
            self._set_looping(True)  # who marks a region wants it repeated
        self.refresh()

    def _set_volume(self, volume: float) -> None:
        self._volume = volume
        if self._player is not None:
            self._player.set_volume(volume)

    def _set_level_matched(self, is_level_matched: bool) -> None:
        self._is_level_matched = is_level_matched
        if self._player is not None:
            self._player.set_level_matched(is_level_matched)
        self.refresh()

    # --- choosing -----------------------------------------------------------------------------------------------------
    def _choose_sound(self, key: str) -> None:
        self._selected = key
        self.refresh()

    def _choose_step(self, step: int) -> None:
        session = self._session
        steps = steps_of(session.run, self._selected.removeprefix(CLIP)) if session else ()
        self._step = None if steps and step == steps[-1] else step  # at the end of the line: stay with the newest
        self.refresh()

    def _choose_part(self, part: Part) -> None:
        self._part = part
        self._select_track()
        self.refresh()

    # --- rendering, saving --------------------------------------------------------------------------------------------
    def _render(self, path: str, options: RenderOptions) -> None:
        if self._session is None:
            return
        try:
            render = self._rendering.start(self._session.instrument, path, options)
        except OSError as error:
            self._problem = Notice(Tone.BAD, f"The render cannot be written: {error.strerror}: {error.filename}")
        else:
            self._selected = RENDER + render.output_path
        self.refresh()

    def _choose_recording(self) -> None:
        dialog = QFileDialog(self._page, "A recording to play through the model", self._studio.settings.last_folder)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._on_recordings_chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_recordings_chosen(self, paths: list[str]) -> None:
        for path in paths:
            self._studio.remember(last_folder=str(Path(path).parent))
            self._render(path, self._page.render_box.options())

    def _current_path(self) -> str:
        return self._wanted.audio[self._part.value] if self._wanted is not None else ""

    def _choose_target(self) -> None:
        if not self._current_path():
            return
        session = self._session
        name = f"{session.instrument.name if session else ''} {self._part.title.lower()}.wav".strip()
        dialog = QFileDialog(self._page, "Save this sound", str(Path(self._studio.settings.last_folder or "~") / name))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("wav")
        dialog.setNameFilter("Wave files (*.wav)")
        dialog.fileSelected.connect(self._save)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save(self, target: str) -> None:
        try:
            copy_sound(Path(self._current_path()), Path(target))
        except AudioError as error:
            self._show_problem(error)
        else:
            self._studio.remember(last_folder=str(Path(target).parent))

    def _show_folder(self) -> None:
        if self._current_path():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self._current_path()).parent)))

    # --- problems -----------------------------------------------------------------------------------------------------
    def _show_problem(self, error: DdspError) -> None:
        self._problem = Notice(Tone.WARNING, error.title, error.hint)
        self.refresh()

    def _dismiss(self) -> None:
        self._problem = None
        self.refresh()


def _phrase(files: SoundFiles) -> str:
    return files.key.rpartition("@")[0]
