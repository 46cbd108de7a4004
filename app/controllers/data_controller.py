"""Connects the data page with the open instrument."""

import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from app.controllers.recordings_controller import RecordingsController
from app.controllers.session import InstrumentSession
from app.controllers.studio import Studio
from app.paths import recordings_folder
from app.state.data_page import data_page_state
from app.state.estimate import estimate_text
from app.state.goal import Goal
from app.state.plan import WHOLE_WAY
from app.state.start_choices import StartChoice, start_choices
from app.state.window import Page
from app.views.data_page import DataPage

_REST = 5  # times as long as a refresh took, until the next one


class DataController(QObject):
    def __init__(self, page: DataPage, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page = page
        self._studio = studio
        self.recordings = RecordingsController(page.recordings, studio, self)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._refresh_if_due)
        self._is_due = False
        self._starts_known: tuple[object, ...] = ()
        self._starts_found: tuple[StartChoice, ...] = ()
        studio.changed.connect(self._refresh_soon)
        page.folder_requested.connect(self._choose_folder)
        page.files_requested.connect(self._choose_files)
        page.demo_requested.connect(studio.make_demo)
        page.preset_chosen.connect(self._choose_preset)
        page.pitch_chosen.connect(self._choose_pitch)
        page.start_chosen.connect(self._choose_start)
        page.goal_chosen.connect(self._choose_goal)
        page.train_requested.connect(self._train)
        page.stop_requested.connect(self._stop)

    def _refresh_soon(self) -> None:
        """At once; but while thousands of recordings are looked at, no more often than leaves time for all else."""
        session = self._studio.session
        if session is None or not session.recordings.is_inspecting:
            self._is_due = False
            self.refresh()
        elif self._pause.isActive():
            self._is_due = True
        else:
            begun = time.perf_counter()
            self.refresh()
            self._pause.start(round(1000 * _REST * (time.perf_counter() - begun)))

    def _refresh_if_due(self) -> None:
        if self._is_due:
            self._is_due = False
            self._refresh_soon()

    def refresh(self) -> None:
        if self._studio.page is not Page.DATA:
            return
        session = self._studio.session
        recordings = self.recordings.state()
        if session is None:
            presets = self._studio.presets
            self._page.set_state(data_page_state(None, presets, next(iter(presets), None), recordings, None))
            return
        self._page.set_state(
            data_page_state(
                session.instrument,
                session.presets,
                session.preset,
                recordings,
                session.activity(),
                is_trained=session.is_trained,
                starts=self._starts(session),
                goal=session.goal,
                expected=estimate_text(session.expected(WHOLE_WAY, session.goal, recordings.seconds)),
            )
        )
        self.recordings.select_shown()

    def close(self) -> None:
        self.recordings.close()

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

    def _choose_preset(self, gin_file: str) -> None:
        if self._studio.session is not None:
            self._studio.session.choose_preset(gin_file)

    def _choose_pitch(self, key: str) -> None:
        if self._studio.session is not None:
            self._studio.session.choose_pitch(key)

    def _starts(self, session: InstrumentSession) -> tuple[StartChoice, ...]:
        if session.is_trained or session.preset is None:
            return ()
        items = self._studio.items()
        # Whether another instrument is trained is read from the disk: only when something has changed.
        known = (session.instrument, session.preset, *((item.instrument, item.badge) for item in items))
        if known != self._starts_known:
            self._starts_known = known
            others = [item.instrument for item in items]
            self._starts_found = start_choices(session.instrument, session.presets, session.preset, others)
        return self._starts_found

    def _choose_start(self, key: str) -> None:
        if self._studio.session is not None:
            self._studio.session.choose_start(key)

    def _choose_goal(self, goal: Goal) -> None:
        if self._studio.session is not None:
            self._studio.session.choose_goal_from_here(goal)

    def _train(self) -> None:
        if self._studio.session is not None:
            self._studio.session.train()
            self._studio.show_page(Page.TRAINING if self._studio.session.run.dataset else Page.DATA)

    def _stop(self) -> None:
        if self._studio.session is not None:
            self._studio.session.stop()
