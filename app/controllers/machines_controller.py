"""Connects the dialog of machines in Google Cloud with the jobs that make, find and delete them."""

import time
from dataclasses import asdict, replace

from PySide6.QtWidgets import QWidget

from app.controllers.dialog_job import DialogWithJob
from app.controllers.hosts_controller import HostsController
from app.controllers.studio import Studio
from app.jobs.child import PROGRAM
from app.jobs.worker import Worker
from app.state.machines import MachineChoices, MachinesState, after_event, after_request, running_notice, unseen_notice
from app.state.notices import Notice
from app.views.machine_dialog import MachineDialog
from app.views.place_box import PlaceBox
from ddsp_backend.errors import DdspError
from ddsp_backend.jobs.events import Event, MachineFound
from ddsp_backend.jobs.machine_specs import is_machine_name
from ddsp_backend.jobs.spec import (
    CreateMachineSpec,
    DeleteMachineSpec,
    HostSpec,
    JobSpec,
    JoinMachineSpec,
    ListMachinesSpec,
)
from ddsp_backend.machines.book import MachineBook, new_machine_name


class MachinesController(DialogWithJob):
    dialog: MachineDialog | None

    def __init__(
        self,
        boxes: tuple[PlaceBox, ...],
        window: QWidget,
        studio: Studio,
        hosts: HostsController,
        program: tuple[str, ...] = PROGRAM,
    ) -> None:
        # A worker of its own: making a machine takes minutes, in which recordings are looked at all the same.
        super().__init__(window, studio, Worker(program))
        self._hosts = hosts
        self._book = MachineBook(studio.book)
        self._state = MachinesState()
        self._spec: JobSpec | None = None
        self._trained_on = ""
        studio.changed.connect(self._on_changed)
        for box in boxes:
            box.create_requested.connect(self.open)

    def look_for_running(self) -> None:
        """Asks Google whether machines run that nothing is done with; says so in a notice."""
        if not self._book.projects():
            return  # none was ever made from here, and no process need be started to say so
        if not self._is_at_work:
            self._state = MachinesState()
        self._run(ListMachinesSpec(book=self._folder, is_silent=True), "Looking for machines")

    def open(self) -> None:
        if self._is_raised():
            return
        self.dialog = MachineDialog(self._window)
        self.dialog.create_requested.connect(self._create)
        self.dialog.join_requested.connect(self._join)
        self.dialog.delete_requested.connect(self._delete)
        self.dialog.key_accepted.connect(self._accept)
        self.dialog.stop_requested.connect(self._stop)
        self._list()
        self._show(self._state)
        self._show_dialog()

    def close(self) -> None:
        self._worker.close()

    # --- what the user asks for ---------------------------------------------------------------------------------------
    @property
    def _folder(self) -> str:
        return str(self._studio.book.folder)

    def _list(self) -> None:
        self._run(ListMachinesSpec(book=self._folder), "Looking for machines")

    def _create(self, choices: MachineChoices) -> None:
        try:
            spec = CreateMachineSpec(book=self._folder, name=new_machine_name(), **asdict(choices))
        except DdspError as error:
            self._show(replace(self._state, title=error.title, hint=error.hint))
            return
        self._run(spec, "Asking Google Cloud")

    def _join(self, machine: MachineFound) -> None:
        self._run(JoinMachineSpec(book=self._folder, name=machine.name), f"Connecting to {machine.name}")

    def _delete(self, machine: MachineFound) -> None:
        spec = DeleteMachineSpec(book=self._folder, name=machine.name, project=machine.project, zone=machine.zone)
        self._run(spec, f"Deleting {machine.name}")

    def _accept(self, fingerprint: str) -> None:
        name = self._state.ready
        self._run(HostSpec(book=self._folder, address=name, accepted=fingerprint), f"Connecting to {name}")

    # --- jobs ---------------------------------------------------------------------------------------------------------
    def _run(self, spec: JobSpec, detail: str) -> None:
        if self._is_at_work:
            return
        self._spec = spec
        self._show(after_request(self._state, detail, is_listing=isinstance(spec, ListMachinesSpec)))
        self._start(spec)

    def _on_events(self, events: tuple[Event, ...]) -> None:
        state = self._state
        for event in events:
            state = after_event(state, event)
        self._show(state)

    def _on_ended(self) -> None:
        spec, self._spec = self._spec, None
        self._hosts.read_book()
        if isinstance(spec, ListMachinesSpec):
            if spec.is_silent and self.dialog is not None:
                self._list()  # it was opened meanwhile, and wants to know more
            else:
                self._say_what_runs()
            return
        if self._state.ready and not self._state.fingerprint:
            self._hosts.choose(self._state.ready)
        if not isinstance(spec, HostSpec):
            self._list()

    def _say_what_runs(self) -> None:
        if self.dialog is not None:
            return
        notice: Notice | None = None
        if self._state.title and self._book.machines():
            notice = unseen_notice(self._state)
        elif not self._state.title:
            notice = running_notice(self._state.machines, self._studio.hosts_at_work(), time.time())
        if notice is not None:
            self._studio.offer(notice, self.open)

    def _on_changed(self) -> None:
        """A training on a machine is over: it deletes itself then, unless something kept it from doing so."""
        session = self._studio.session
        host = session.instrument.host if session is not None and session.is_busy else ""
        trained_on, self._trained_on = self._trained_on, host if is_machine_name(host) else ""
        if trained_on and not self._trained_on:
            self._hosts.read_book()
            self.look_for_running()

    def _show(self, state: MachinesState) -> None:
        self._state = state
        if self.dialog is not None:
            self.dialog.set_state(state)
