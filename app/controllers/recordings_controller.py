"""Connects the list of recordings with the open instrument: ticks, removals and the way back, pictures and sound."""

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog
from shiboken6 import isValid

from app.audio.recording_pictures import read_recording_picture
from app.controllers.recording_list import RecordingList
from app.controllers.recording_player import RecordingPlayer
from app.controllers.studio import Studio
from app.paths import recordings_folder
from app.state import formatting
from app.state.recording_picture import RecordingPicture
from app.state.recordings_panel import RecordingsState, Shown, recordings_state
from app.state.window import Page
from app.views.recordings_panel import RecordingsPanel
from ddsp_backend.errors import AudioError, DdspError


class RecordingsController(QObject):
    def __init__(self, panel: RecordingsPanel, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._studio = studio
        self._recording_list: RecordingList | None = None
        self._selected, self._place = "", 0
        self._shown = Shown()
        self._shown_picture: tuple[str, RecordingPicture | None] = ("", None)
        self.player = RecordingPlayer(self)
        self.player.moved.connect(panel.details.set_playhead)
        self.player.changed.connect(self._on_played)
        self.player.failed.connect(self._on_failed)
        panel.look_again_requested.connect(self._look_again)
        panel.clear_requested.connect(self._clear)
        panel.undo_requested.connect(self._undo)
        panel.redo_requested.connect(self._redo)
        table = panel.table
        table.chosen.connect(self._choose)
        table.play_requested.connect(self.player.toggle)
        table.tick_requested.connect(self._tick)
        table.remove_requested.connect(self._remove)
        table.show_requested.connect(self._show_folder)
        panel.details.play_toggled.connect(self._toggle)
        panel.details.seek_requested.connect(self._seek)
        panel.details.locate_requested.connect(self._choose_folder)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.applicationStateChanged.connect(self._on_state_changed)
        studio.changed.connect(self._leave_if_hidden)

    def close(self) -> None:
        self.player.close()

    def state(self) -> RecordingsState:
        """What the panel is to show now."""
        session = self._studio.session
        recording_list = session.recordings if session is not None else None
        if recording_list is not self._recording_list:
            if self._recording_list is not None and isValid(self._recording_list):
                self._recording_list.located.disconnect(self._on_located)
            self._recording_list = recording_list
            if recording_list is not None:
                recording_list.located.connect(self._on_located)
                recording_list.check_presence()
            self._selected, self._place = "", 0
            self._shown = Shown()
            self.player.forget()
        if recording_list is None:
            return RecordingsState()
        recordings = recording_list.recordings()
        self._keep_selection([each.file.path for each in recordings])
        state = recordings_state(recordings, recording_list.intake, recording_list.history, self._selected, self._shown)
        self._show_picture(state.details.picture if state.details is not None else "")
        return state

    def _keep_selection(self, paths: list[str]) -> None:
        """A row that went away leaves the choice to the one that took its place."""
        if self._place < len(paths) and paths[self._place] == self._selected:
            return
        if self._selected in paths:
            self._place = paths.index(self._selected)
        elif paths:
            self._place = min(self._place, len(paths) - 1)
            self._selected = paths[self._place]

    def select_shown(self) -> None:
        """After the panel was told its rows: the one whose details it shows."""
        self._panel.table.select(self._selected)

    def _show_picture(self, path: str) -> None:
        if path == self._shown_picture[0]:
            return
        try:
            picture = read_recording_picture(Path(path)) if path else None
        except AudioError:
            picture = None  # looked at again, it is made once more
        self._shown_picture = (path, picture)
        self._panel.details.set_picture(picture)

    # --- the list -----------------------------------------------------------------------------------------------------
    def _choose(self, path: str) -> None:
        if path and path != self._selected:
            self._selected = path
            if self.player.path != path:
                self.player.forget()
            self._studio.changed.emit()

    def _tick(self, paths: tuple[str, ...], is_ticked: bool) -> None:
        if self._recording_list is not None:
            self._recording_list.tick(paths, is_ticked)

    def _remove(self, paths: tuple[str, ...]) -> None:
        if self._recording_list is not None:
            self._recording_list.remove(paths)

    def _look_again(self) -> None:
        if self._recording_list is not None:
            self._recording_list.look_again()

    def _clear(self) -> None:
        if self._recording_list is not None:
            self._recording_list.remove_all()

    def _undo(self) -> None:
        if self._recording_list is not None:
            self._recording_list.undo()

    def _redo(self) -> None:
        if self._recording_list is not None:
            self._recording_list.redo()

    def _show_folder(self, path: str) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))

    # --- what is missing ----------------------------------------------------------------------------------------------
    def _on_state_changed(self, state: Qt.ApplicationState) -> None:
        """Looks again, because the user may have moved files in the file manager."""
        if (
            state is Qt.ApplicationState.ApplicationActive
            and self._recording_list is not None
            and isValid(self._recording_list)
        ):
            self._recording_list.check_presence()

    def _choose_folder(self) -> None:
        folder = recordings_folder(self._studio.settings.last_folder)
        dialog = QFileDialog(self._panel, "Where are the recordings now?", str(folder))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._locate)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _locate(self, folder: str) -> None:
        self._studio.remember(last_folder=folder)
        if self._recording_list is not None:
            self._recording_list.locate(folder)

    def _on_located(self, n_found: int, n_wanted: int) -> None:
        if n_found < n_wanted:
            n_left = formatting.count(n_wanted - n_found, "recording")
            self._studio.report(
                f"{n_left} could not be found in that folder",
                "Choose another folder, or take them off the list with the Delete key.",
            )

    # --- sound --------------------------------------------------------------------------------------------------------
    def _toggle(self) -> None:
        if self._selected:
            self.player.toggle(self._selected)

    def _seek(self, seconds: float) -> None:
        if self._selected:
            self.player.seek(self._selected, seconds)

    def _on_played(self) -> None:
        self._panel.details.set_playing(self.player.is_playing and self.player.path == self._selected)

    def _on_failed(self, error: DdspError) -> None:
        # Not from within the player's own call: the notice may move everything.
        QTimer.singleShot(0, self, lambda: self._studio.report(error.title, error.hint))

    def _leave_if_hidden(self) -> None:
        if self._studio.page is not Page.DATA and self.player.is_playing:
            self.player.forget()
