"""Connects the listening page with the open instrument, what is heard of it, and what is rendered for it."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from app.controllers.kept_playing import KeptPlaying
from app.controllers.listening_player import ListeningPlayer
from app.controllers.model_sharing import ModelSharing
from app.controllers.plugin_sending import PluginSending
from app.controllers.prepared_copies import PreparedCopies
from app.controllers.rendering import Rendering
from app.controllers.session import InstrumentSession
from app.controllers.sound_saving import SoundSaving
from app.controllers.studio import Studio
from app.controllers.transfer import Transfer
from app.paths import recordings_folder
from app.state.instrument import Instrument
from app.state.listening_page import (
    RENDER,
    ListeningChoice,
    ListeningPageState,
    PartChoice,
    SoundPart,
    SoundRow,
    files_of,
    listening_page_state,
    played_paths,
    render_at,
)
from app.state.notices import Notice, Tone
from app.state.plan import held_out_phrase
from app.state.plugin_file import plugin_line
from app.state.renders import RenderOptions
from app.state.shared_file import share_line
from app.state.window import Page
from app.views.listening_page import ListeningPage
from ddsp_backend.jobs.sound_form import SoundForm


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
        self.kept = KeptPlaying(studio.queue, rendering.worker, self)
        self.kept.failed.connect(self._tell)
        self.kept.changed.connect(self.refresh)
        self._awaited: int | None = None  # the step whose model is to be heard once it has played
        self._transfer = Transfer(rendering, self)
        self._transfer.chosen.connect(self._on_rendered)
        self._transfer.failed.connect(self._tell)
        self._saving = SoundSaving(page, studio, self)
        self._copies = PreparedCopies(self)
        self._copies.changed.connect(self.refresh)
        self._saving.told.connect(self._on_saved)
        self._show_written = self._saving.show_saved
        self.plugin = PluginSending(page, studio.queue, rendering.worker, self)
        self.plugin.changed.connect(self.refresh)
        self.plugin.told.connect(self._on_plugin_told)
        self.sharing = ModelSharing(page, studio, rendering.worker, self)
        self.sharing.changed.connect(self.refresh)
        self.sharing.told.connect(self._on_shared)
        self.sounds = ListeningPlayer(self)
        self.sounds.changed.connect(self._on_sound_changed)
        self.sounds.moved.connect(page.set_playhead)
        rendering.changed.connect(self.refresh)
        studio.changed.connect(self.refresh)
        studio.demo_finished.connect(self._show_demo)
        page.sound_chosen.connect(self._choose_sound)
        page.step_chosen.connect(self._choose_step)
        page.model_requested.connect(self._ask_model)
        page.part_chosen.connect(self._choose_part)
        page.play_toggled.connect(self.sounds.toggle)
        page.seek_requested.connect(self.sounds.seek)
        page.loop_toggled.connect(self._set_looping)
        page.region_requested.connect(self._set_region)
        page.volume_chosen.connect(self._set_volume)
        page.level_match_toggled.connect(self._set_level_matched)
        page.options_chosen.connect(self._choose_options)
        page.stop_render_requested.connect(self._stop_render)
        page.remove_requested.connect(self._remove_render)
        page.file_requested.connect(self._choose_files)
        page.save_requested.connect(self._save)
        page.form_chosen.connect(self._choose_form)
        page.all_requested.connect(self._save_all)
        page.notice_action_requested.connect(lambda: self._show_written())
        page.folder_requested.connect(self._show_folder)
        page.plugin_requested.connect(self._send_to_plugin)
        page.share_requested.connect(self._share)
        page.notice_dismissed.connect(self._dismiss)

    def forget(self, instrument: Instrument) -> None:
        """It is going."""
        session = self._studio.session_of(instrument)
        if session is not None:
            self.kept.forget(session)
        if self._session is session:
            self._session = None
        self._transfer.forget(instrument)
        self._rendering.forget(instrument)
        self.plugin.forget(instrument)
        self.sharing.forget(instrument)

    def close(self) -> None:
        """Falls silent and ends the threads of this page."""
        self.sounds.close()
        self._transfer.close()
        self._saving.close()
        self._copies.close()

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
            self._awaited = None
        if session is None:
            self.sounds.want(None, is_urgent=True)
            self._page.set_state(ListeningPageState(empty="Train an instrument, then hear it here."))
            return
        renders = self._rendering.renders(session.instrument)
        kept = self.kept.kept(session)
        state = listening_page_state(
            session.run,
            renders,
            self._choice,
            is_trained=session.is_trained,
            kept=kept,
            playing=self.kept.playing(session, self._choice.step),
        )
        if state.selected != self._choice.key:
            self._choice = replace(self._choice, key=state.selected, step=None, region=None)
        is_urgent = self._choice.step is not None or self._choice.key.startswith(RENDER)
        self.sounds.want(files_of(session.run, renders, self._choice, kept), is_urgent=is_urgent)
        sound = self.sounds.sound
        gains = {part: track.gain_db for part, track in zip(sound.parts, sound.tracks, strict=True)} if sound else {}
        self._page.set_state(
            replace(
                state,
                rows=tuple(self._with_copy(row) for row in state.rows),
                parts=tuple(PartChoice(part, part in gains, gains.get(part)) for part in SoundPart),
                part=self.sounds.part,
                pictures=sound.pictures if sound else None,
                is_playing=self.sounds.is_playing,
                notice=self._notice,
                options=self._transfer.options(session.instrument),
                sound_form=self._saving.sound_form,
                plugin=plugin_line(self.plugin.sending(session.instrument), is_trained=session.is_trained),
                sharing=share_line(self.sharing.sending(session.instrument), is_trained=session.is_trained),
            )
        )

    def _with_copy(self, row: SoundRow) -> SoundRow:
        """What is dragged out of the list has the form that sounds are saved in."""
        if not row.file or not row.is_variant:
            return row
        return replace(row, file=str(self._copies.file_of(Path(row.file), self._saving.sound_form)))

    def _on_sound_changed(self) -> None:
        self._play_awaited()
        problem = self.sounds.problem
        is_free = self._notice is None or self._notice.tone is not Tone.BAD  # a failure is not talked over
        if problem is not None and is_free:
            self._notice = Notice(Tone.WARNING, problem.title, problem.hint)
        elif self.sounds.is_playing and self._notice is not None and self._notice.tone is Tone.WARNING:
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

    def _ask_model(self) -> None:
        """Lets the kept model of the chosen step play; it is heard as soon as it has."""
        if self._session is not None and self._choice.step is not None:
            self._awaited = self._choice.step
            self.kept.start(self._session, self._choice.step)

    def _play_awaited(self) -> None:
        session, sound = self._session, self.sounds.sound
        if session is None or sound is None or self._awaited is None or self._awaited != self._choice.step:
            return
        if sound.files == files_of(session.run, (), self._choice, self.kept.kept(session)):
            self._awaited = None
            if not self.sounds.is_playing:
                self.sounds.toggle()

    def _choose_part(self, part: SoundPart) -> None:
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
    def play_recordings(self, paths: tuple[str, ...]) -> None:
        """Files, and all in folders, through the instrument shown, as the page says."""
        if self._session is not None:
            self._transfer.play(self._session.instrument, paths)

    def _on_rendered(self, output_path: str) -> None:
        self._choose_sound(RENDER + output_path)

    def _choose_options(self, options: RenderOptions) -> None:
        """Plays what is on the screen again, if it is a recording of the user's own."""
        if self._session is None:
            return
        instrument = self._session.instrument
        self._transfer.choose_options(instrument, options)
        render = render_at(self._rendering.renders(instrument), self._choice.key)
        if render is not None:
            self._transfer.play_again(instrument, self._session.run, render.input_path)
        self.refresh()

    def _show_demo(self, session: InstrumentSession) -> None:
        """The demo ends with something to hear: its held-out phrases, and one of them as a recording of the user's."""
        phrase = held_out_phrase(session.run)
        if phrase:
            self._transfer.start(session.instrument, phrase, RenderOptions())
        if session is self._studio.session:
            self._studio.show_page(Page.LISTENING)

    def _stop_render(self, key: str) -> None:
        if key.startswith(RENDER):
            self._rendering.stop(key.removeprefix(RENDER))
        elif self._session is not None and self._choice.step is not None:
            self._awaited = None
            self.kept.stop(self._session, self._choice.step)

    def _remove_render(self, key: str) -> None:
        """Chooses what was beside it."""
        if self._session is None or not key.startswith(RENDER):
            return
        instrument = self._session.instrument
        renders = self._rendering.renders(instrument)
        render = render_at(renders, key)
        if render is None:
            return
        others = [each for each in renders if each.input_path == render.input_path and each is not render]
        self._rendering.remove(instrument, render.output_path)
        self._copies.forget(Path(render.output_path))
        if key == self._choice.key:
            self._choose_sound(RENDER + others[-1].output_path if others else "")

    def _choose_files(self) -> None:
        folder = recordings_folder(self._studio.settings.last_folder)
        dialog = QFileDialog(self._page, "Recordings to play", str(folder))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._on_chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_chosen(self, paths: list[str]) -> None:
        if paths:
            self._studio.remember(last_folder=str(Path(paths[0]).parent))
            self.play_recordings(tuple(paths))

    # --- files ------------------------------------------------------------------------------------------
    def _heard_path(self) -> Path | None:
        sound = self.sounds.sound
        return Path(sound.files.audio[self.sounds.part.value]) if sound is not None else None

    def _save(self) -> None:
        source = self._heard_path()
        if source is None or self._session is None:
            return
        state = self._page.state
        title = Path(state.title).stem if state.selected.startswith(RENDER) else state.title
        render = render_at(self._rendering.renders(self._session.instrument), state.selected)
        played = render.step if render is not None else state.step
        step = f", step {played}" if played is not None else ""
        name = f"{self._session.instrument.name}, {title}{step}, {self.sounds.part.title.lower()}"
        self._saving.ask(source, name)

    def _save_all(self) -> None:
        if self._session is not None:
            paths = played_paths(self._rendering.renders(self._session.instrument))
            self._saving.ask_all([Path(path) for path in paths])

    def _send_to_plugin(self) -> None:
        if self._session is not None:
            self._notice = None
            self.plugin.send(self._session.instrument)

    def _share(self) -> None:
        if self._session is not None and self._session.preset is not None:
            self._notice = None
            self.sharing.ask(self._session.instrument, self._session.preset.gin_file)

    def _on_plugin_told(self, path: Path, notice: Notice) -> None:
        if self._session is not None and self._session.instrument.path == path:
            self._on_told(notice)

    def _choose_form(self, sound_form: SoundForm) -> None:
        self._saving.choose_form(sound_form)
        self.refresh()

    def _on_saved(self, notice: Notice) -> None:
        self._show_written = self._saving.show_saved
        self._on_told(notice)

    def _on_shared(self, path: Path, notice: Notice) -> None:
        self._show_written = self.sharing.show_written
        self._on_plugin_told(path, notice)

    def _on_told(self, notice: Notice) -> None:
        self._notice = notice
        self.refresh()

    def _show_folder(self) -> None:
        path = self._heard_path()
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
