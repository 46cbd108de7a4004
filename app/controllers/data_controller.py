"""Connects the data page with the open instrument."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.controllers.studio import Studio
from app.paths import recordings_folder
from app.state.data_page import data_page_state
from app.state.window import Page
from app.views.data_page import DataPage


class DataController(QObject):
    def __init__(self, page: DataPage, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page = page
        self._studio = studio
        studio.changed.connect(self.refresh)
        page.inputs_dropped.connect(self._add)
        page.folder_requested.connect(self._choose_folder)
        page.files_requested.connect(self._choose_files)
        page.demo_requested.connect(studio.make_demo)
        page.look_again_requested.connect(self._look_again)
        page.clear_requested.connect(self._clear)
        page.preset_chosen.connect(self._choose_preset)
        page.pitch_chosen.connect(self._choose_pitch)
        page.train_requested.connect(self._train)
        page.stop_requested.connect(self._stop)

    def refresh(self) -> None:
        if self._studio.page is not Page.DATA:
            return
        session = self._studio.session
        if session is None:
            presets = self._studio.presets
            self._page.set_state(data_page_state(None, presets, next(iter(presets), None), None, None))
            return
        self._page.set_state(
            data_page_state(
                session.instrument,
                session.presets,
                session.preset,
                session.intake,
                session.activity(),
                is_trained=session.is_trained,
            )
        )

    def _add(self, paths: tuple[str, ...]) -> None:
        self._studio.add_recordings(paths)

    def _choose_folder(self) -> None:
        dialog = self._dialog("A folder of recordings")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.open()

    def _choose_files(self) -> None:
        dialog = self._dialog("Recordings")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.open()

    def _dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self._page, title, str(recordings_folder(self._studio.settings.last_folder)))
        dialog.filesSelected.connect(self._on_chosen)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _on_chosen(self, paths: list[str]) -> None:
        if paths:
            self._studio.remember(last_folder=str(Path(paths[0]).parent))
            self._studio.add_recordings(tuple(paths))

    def _look_again(self) -> None:
        if self._studio.session is not None:
            self._studio.session.look_again()

    def _clear(self) -> None:
        if self._studio.session is not None:
            self._studio.session.clear_inputs()

    def _choose_preset(self, gin_file: str) -> None:
        if self._studio.session is not None:
            self._studio.session.choose_preset(gin_file)

    def _choose_pitch(self, key: str) -> None:
        if self._studio.session is not None:
            self._studio.session.choose_pitch(key)

    def _train(self) -> None:
        if self._studio.session is not None:
            self._studio.session.train()
            self._studio.show_page(Page.TRAINING if self._studio.session.run.dataset else Page.DATA)

    def _stop(self) -> None:
        if self._studio.session is not None:
            self._studio.session.stop()
