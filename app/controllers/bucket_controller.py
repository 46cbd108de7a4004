"""Connects the dialog of Cloud Storage with the open instrument. Google's client works in a process of its own."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from app.controllers.dialog_job import DialogWithJob
from app.controllers.studio import Studio
from app.jobs.child import PROGRAM
from app.jobs.worker import Worker
from app.state.bucket import BucketDialogState, Doing, advanced, begun, folder_for
from app.views.bucket_dialog import BucketDialog
from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.bucket_specs import CopyFolderSpec, ListBucketSpec
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.spec import JobSpec


class BucketController(DialogWithJob):
    dialog: BucketDialog | None

    def __init__(self, window: QWidget, studio: Studio, program: tuple[str, ...] = PROGRAM) -> None:
        super().__init__(window, studio, Worker(program))
        self._state = BucketDialogState()

    def open(self) -> None:
        if self._is_raised():
            return
        self.dialog = BucketDialog(can_send=self._data_set() is not None, parent=self._window)
        self.dialog.look_requested.connect(self._look)
        self.dialog.fetch_requested.connect(self._fetch)
        self.dialog.send_requested.connect(self._send)
        self.dialog.stop_requested.connect(self._stop)
        self._show(BucketDialogState())
        self._show_dialog()

    def close(self) -> None:
        self._worker.close()

    def _look(self, folder: str) -> None:
        self._begin(Doing.LOOKING, folder, lambda: ListBucketSpec(folder=folder))

    def _fetch(self) -> None:
        folder = self._state.folder
        self._begin(
            Doing.FETCHING,
            folder,
            lambda: CopyFolderSpec(source=folder, target=str(folder_for(self._studio.library, folder))),
        )

    def _send(self, folder: str) -> None:
        data = self._data_set()
        if data is not None:
            self._begin(Doing.SENDING, folder, lambda: CopyFolderSpec(source=data, target=folder))

    def _begin(self, doing: Doing, folder: str, spec: Callable[[], JobSpec]) -> None:
        if self._is_at_work:
            return
        try:
            job = spec()
        except ConfigError as error:
            self._show(BucketDialogState(title=f"{error.title}.", hint=error.hint))
            return
        self._show(begun(self._state, doing, folder))
        self._start(job)

    def _on_events(self, events: tuple[Event, ...]) -> None:
        self._show(advanced(self._state, events))
        if fetched := self._state.fetched:
            self._state = replace(self._state, fetched="")
            self._studio.add_recordings((fetched,))
            if self.dialog is not None:
                self.dialog.accept()

    def _data_set(self) -> str | None:
        """The folder of the examples prepared from the open instrument's recordings."""
        session = self._studio.session
        prefix = session.instrument.data_prefix if session is not None else None
        is_there = prefix is not None and any(prefix.parent.glob(f"{prefix.name}*"))
        return str(prefix.parent) if prefix is not None and is_there else None

    def _show(self, state: BucketDialogState) -> None:
        self._state = state
        if self.dialog is not None:
            self.dialog.set_state(state)

    def _forget_dialog(self) -> None:
        self._stop()
        super()._forget_dialog()
