"""Connects the choice of a place to train, and the dialog that adds one, with the open instrument."""

from PySide6.QtWidgets import QWidget

from app.controllers.dialog_job import DialogWithJob
from app.controllers.studio import Studio
from app.state.hosts import HERE, HostMeeting, Meeting, addresses_of, meet, places, together
from app.views.host_dialog import HostDialog
from app.views.multi_host_dialog import MultiHostDialog
from app.views.place_box import PlaceBox
from ddsp_backend.errors import DdspError
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.machine_specs import is_machine_name
from ddsp_backend.jobs.spec import HostSpec
from ddsp_backend.remote.hosts import parse_address


class HostsController(DialogWithJob):
    dialog: HostDialog | None

    def __init__(self, boxes: tuple[PlaceBox, ...], window: QWidget, studio: Studio) -> None:
        super().__init__(window, studio, studio.look_worker)
        self._boxes = boxes
        self._hosts = studio.book.hosts()
        self._state = HostMeeting()
        self.multi_host_dialog: MultiHostDialog | None = None
        studio.changed.connect(self.refresh)
        for box in boxes:
            box.chosen.connect(self.choose)
            box.add_requested.connect(self.add)
            box.forget_requested.connect(self._forget)
            box.several_requested.connect(self.choose_several)

    def refresh(self) -> None:
        session = self._studio.session
        if session is not None and not session.is_busy and self._is_deleted(session.instrument.host):
            session.choose_host(HERE)
            return  # that refreshed this
        for box in self._boxes:
            chosen = session.instrument.host if session else HERE
            box.set_places(places(self._hosts, chosen), chosen, has_several=len(self._hosts) > 1)
            box.setEnabled(session is not None and not session.is_busy)

    def _is_deleted(self, address: str) -> bool:
        """Whether this was a machine in Google Cloud, which are deleted when their training is over."""
        return is_machine_name(address) and all(host.address != address for host in self._hosts)

    def add(self) -> None:
        if self._is_raised():
            return
        self.dialog = HostDialog(self._window)
        self.dialog.look_requested.connect(self._look)
        self.dialog.key_accepted.connect(self._accept)
        self.dialog.accepted.connect(self._use)
        self._show(HostMeeting())
        self._show_dialog()

    def choose_several(self) -> None:
        session = self._studio.session
        if session is None:
            return
        addresses = [host.address for host in self._hosts]
        self.multi_host_dialog = MultiHostDialog(addresses, addresses_of(session.instrument.host), self._window)
        self.multi_host_dialog.accepted.connect(self._use_several)
        self.multi_host_dialog.finished.connect(self.multi_host_dialog.deleteLater)
        self.multi_host_dialog.open()

    def _use_several(self) -> None:
        assert self.multi_host_dialog is not None
        self.choose(together(self.multi_host_dialog.chosen()))

    def _look(self, address: str, accepted: str = "") -> None:
        try:
            parse_address(address)
            spec = HostSpec(book=str(self._studio.book.folder), address=address, accepted=accepted)
        except DdspError as error:
            self._show(HostMeeting(Meeting.REFUSED, address, title=error.title, hint=error.hint))
            return
        if self._is_at_work:
            return
        self._show(HostMeeting(Meeting.LOOKING, address, detail=f"Looking at {address}"))
        self._start(spec)

    def _accept(self, fingerprint: str) -> None:
        self._look(self._state.address, fingerprint)

    def _use(self) -> None:
        self.choose(self._state.address)

    def choose(self, address: str) -> None:
        """The open instrument trains there from now on."""
        if self._studio.session is not None:
            self._studio.session.choose_host(address)
        self.refresh()

    def _forget(self) -> None:
        session = self._studio.session
        if session is None:
            return
        address = session.instrument.host
        session.choose_host(HERE)
        try:
            self._studio.book.remove(address)
        except OSError as error:
            self._studio.report(f"The list of computers cannot be written: {error.strerror}")
        self.read_book()

    def _on_events(self, events: tuple[Event, ...]) -> None:
        state = self._state
        for event in events:
            state = meet(state, event)
        self._show(state)

    def _on_ended(self) -> None:
        self.read_book()

    def read_book(self) -> None:
        """Shows the hosts that are known now."""
        self._hosts = self._studio.book.hosts()
        self.refresh()

    def _show(self, state: HostMeeting) -> None:
        self._state = state
        if self.dialog is not None:
            self.dialog.set_state(state)
