"""What is open: the library, the instruments, the page. The controllers of the pages hang on it."""

import errno
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app.controllers.drop_proof import DropProof
from app.controllers.kept_settings import KeptSettings
from app.controllers.library_readers import JobHistoryReader, LibraryReader, RemainingReader
from app.controllers.notices import Notices
from app.controllers.session import InstrumentSession
from app.controllers.takeover import Takeover
from app.controllers.time_estimates import SpeedBook
from app.jobs.child import PROGRAM
from app.jobs.queue import JobQueue
from app.jobs.succession import heir_of, start_caretaker
from app.jobs.worker import Worker
from app.paths import default_library, speeds_beside
from app.settings import Settings
from app.state.going_on import notice_on
from app.state.instrument import Instrument, create, discard
from app.state.library import Badge, JobHistory, LibraryItem, item_on_disk
from app.state.notices import Notice, Tone
from app.state.plan import DEMO_CHOICES, DEMO_END, DEMO_NAME, DEMO_WAY, Task
from app.state.remaining import does_anything_remain
from app.state.run_state import Phase, RunState
from app.state.window import DropOffer, Page, SidebarEntry, WindowState, drop_offer, sidebar_entry
from ddsp_backend.config.presets import Preset, list_presets
from ddsp_backend.errors import DdspError
from ddsp_backend.jobs.events import Failed
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.remote.hosts import HostBook


class Studio(QObject):
    """Signals:

    changed: Anything shown may have changed.
    idle: Every job is over or left; the window may close.
    demo_finished: The `InstrumentSession` of the demo has gone the whole way.
    """

    changed = Signal()
    idle = Signal()
    demo_finished = Signal(object)

    def __init__(
        self,
        library: Path | None,
        settings_path: Path,
        program: tuple[str, ...] = PROGRAM,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._kept = KeptSettings(settings_path, self)
        self.library = library or Path(self.settings.library or default_library())
        self.page = Page(self.settings.page) if self.settings.page in {page.value for page in Page} else Page.DATA
        self.book = HostBook(settings_path.parent / "hosts")
        self.queue = JobQueue(self)
        self.queue.emptied.connect(self.idle)
        self.presets: tuple[Preset, ...] = ()
        self._program = program
        self._heir = heir_of(self.library)
        self.look_worker = Worker(program, self._heir)
        self._speeds = SpeedBook(speeds_beside(settings_path), self)
        self._takeover = Takeover(self)
        self._takeover.taken.connect(self._look_for_what_remains)
        self._takeover.refused.connect(self._tell_of_other_window)
        self._to_carry_on: list[Path] = []
        self._items: dict[Path, LibraryItem] = {}
        self._sessions: dict[Path, InstrumentSession] = {}
        self._selected: Path | None = None
        self._readers: list[QThread] = []
        self._first_tasks: dict[Path, tuple[tuple[str, ...], tuple[Task, ...]]] = {}
        self._jobs_seen: dict[Path, JobKind] = {}
        self._drop_proof = DropProof()
        self._notices = Notices(self)
        self._notices.changed.connect(self.changed)
        self._has_read_library = False
        self._demo: Path | None = None

    # --- what is open -----------------------------------------------------------------------------------------------
    @property
    def session(self) -> InstrumentSession | None:
        """The instrument shown; None while none is, or while it is being read."""
        return self._sessions.get(self._selected) if self._selected is not None else None

    @property
    def is_reading(self) -> bool:
        return not self._has_read_library or (self._selected is not None and self.session is None)

    def items(self) -> list[LibraryItem]:
        """The instruments of the library, the newest first."""
        items = {**self._items, **{path: each.item() for path, each in self._sessions.items()}}
        return sorted(items.values(), key=lambda item: -item.instrument.created_at)

    def window_state(self) -> WindowState:
        session = self.session
        # What the page shows itself is not said twice.
        hidden = session if self.page is not Page.LISTENING else None
        working = next((each for each in self._sessions.values() if each.is_busy and each is not hidden), None)
        return WindowState(
            entries=tuple(self._entry(item) for item in self.items()),
            selected=str(self._selected or ""),
            title=session.instrument.name if session else "",
            page=self.page,
            notice=self._notices.shown or (notice_on(self.page, session.notice(), session.run) if session else None),
            working=working.activity() if working else None,
            working_name=working.instrument.name if working else "",
            working_key=str(working.instrument.path) if working else "",
            library=str(self.library),
            drop=self.drop_offer(),
        )

    def drop_offer(self) -> DropOffer:
        item = self._items.get(self._selected) if self._selected is not None else None
        session = self.session
        name = session.instrument.name if session else item.instrument.name if item else None
        return drop_offer(self.page, name, is_trained=session is not None and session.is_trained)

    def _entry(self, item: LibraryItem) -> SidebarEntry:
        session = self._sessions.get(item.instrument.path)
        return sidebar_entry(item, session.run if session else None, session.activity() if session else None)

    # --- opening ----------------------------------------------------------------------------------------------------
    def open(self) -> None:
        """Reads the library and opens what was shown last. Called once the window is on the screen."""
        self._speeds.measure()
        try:
            self.presets = list_presets()
        except (DdspError, OSError) as error:
            self.report("The models to choose from cannot be read", str(error))
        if self.settings.library == str(self.library) and not self.library.is_dir():
            self.report(
                f"The library {self.library} is not there",
                "Connect its disk and open it again with the button at the top left. For now you see the "
                "default library.",
            )
            self.library = default_library()
            self._heir = heir_of(self.library)
        self._read_library()

    def open_library(self, folder: str) -> None:
        """Shows the instruments of another folder, now and from the next start on."""
        if self.is_working or any(session.recordings.is_inspecting for session in self._sessions.values()):
            self.report(
                "Something is still running for an instrument of this library",
                "Stop it, or wait until it has finished.",
            )
            return
        for session in self._sessions.values():
            session.recordings.close()  # its threads may still be at the disk
            session.deleteLater()
        self._sessions.clear()
        self._items.clear()
        self._jobs_seen.clear()
        self._selected = None
        self._notices.clear()
        self._has_read_library = False
        self.library = Path(folder)
        self._heir = heir_of(self.library)
        self.remember(library=folder)
        self.show_page(Page.DATA)
        self._read_library()
        self.changed.emit()

    def _read_library(self) -> None:
        self._to_carry_on.clear()
        self._takeover.take(self.library)
        reader = LibraryReader(self.library, self)
        reader.read.connect(self._on_library_read)
        self._start_reader(reader)

    def _on_library_read(self, library: Path, items: tuple[LibraryItem, ...]) -> None:
        if library != self.library:
            return
        self._has_read_library = True
        self._items.update({item.instrument.path: item for item in items})
        for item in items:
            if item.badge is Badge.RUNNING:  # it outlived the window that started it
                self._read(item.instrument)
        if self._selected is None and items:
            last = next((each for each in items if str(each.instrument.path) == self.settings.instrument), items[0])
            self.select(str(last.instrument.path))
        self._look_for_what_remains()
        self.changed.emit()

    def _look_for_what_remains(self) -> None:
        """Once the library is read and ours."""
        if self._takeover.is_taken and self._has_read_library:
            reader = RemainingReader(self.library, tuple(each.instrument for each in self._items.values()), self)
            reader.read.connect(self._on_remaining_read)
            self._start_reader(reader)

    def _on_remaining_read(self, library: Path, instruments: tuple[Instrument, ...]) -> None:
        if library != self.library:
            return
        self._to_carry_on = [instrument.path for instrument in instruments]
        for instrument in instruments:
            if instrument.path not in self._sessions:
                self._read(instrument)
        for path, session in self._sessions.items():
            if path not in self._to_carry_on:
                session.carry_on()
        self._carry_on_in_order()

    def _carry_on_in_order(self) -> None:
        while self._to_carry_on and self._to_carry_on[0] in self._sessions:
            self._sessions[self._to_carry_on.pop(0)].carry_on()

    def _tell_of_other_window(self) -> None:
        self.offer(
            Notice(
                Tone.WARNING,
                "This library is open in another window",
                "Close one of the two windows. Only the other window continues unfinished work by itself.",
            ),
            None,
        )

    def select(self, key: str) -> None:
        path = Path(key)
        if path == self._selected or path not in self._items:
            return
        self._selected = path
        self.remember(instrument=key)
        if path not in self._sessions:
            self._read(self._items[path].instrument)
        self.changed.emit()

    def begin_new(self) -> None:
        """Shows the empty data page; the instrument comes to be with its first recordings."""
        self._selected = None
        self.page = Page.DATA
        self.changed.emit()

    def show_page(self, page: Page) -> None:
        if page is not self.page:
            self.page = page
            self.remember(page=page.value)
            self.changed.emit()

    def _read(self, instrument: Instrument) -> None:
        reader = JobHistoryReader(instrument, self)
        reader.read.connect(self._on_history_read)
        self._start_reader(reader)

    def _on_history_read(self, history: JobHistory) -> None:
        path = history.instrument.path
        if path in self._sessions or path not in self._items:
            return
        session = InstrumentSession(
            history,
            self.presets,
            self.queue,
            self.look_worker,
            self._program,
            self,
            book=str(self.book.folder),
            speeds=self._speeds,
            heir=self._heir,
        )
        session.changed.connect(self._on_session_changed)
        self._sessions[path] = session
        inputs, tasks = self._first_tasks.pop(path, ((), ()))
        if inputs:
            session.recordings.add(inputs)
        if tasks:
            session.start(tasks)
        if path in self._to_carry_on:
            self._carry_on_in_order()
        elif self._takeover.is_taken:
            session.carry_on()
        self.changed.emit()

    def _start_reader(self, reader: QThread) -> None:
        self._readers.append(reader)
        reader.finished.connect(self._drop_readers)
        reader.start()

    def _drop_readers(self) -> None:
        for reader in [each for each in self._readers if each.isFinished()]:
            self._readers.remove(reader)
            reader.deleteLater()

    # --- making instruments -----------------------------------------------------------------------------------------
    def add_recordings(self, paths: Sequence[str]) -> None:
        """To the instrument shown; to a new one, named after the folder, where none is."""
        self._notices.begin_drop()
        if self.session is not None:
            self.session.recordings.add(paths)
        elif self._selected is not None:  # it is still being read
            known, tasks = self._first_tasks.get(self._selected, ((), ()))
            self._first_tasks[self._selected] = ((*known, *paths), tasks)
        elif paths:
            first = Path(paths[0])
            name = first.name if first.is_dir() else first.parent.name
            made = self._make(name or "Instrument", tuple(paths), ())
            if made is not None:
                self._drop_proof.expect(made)

    def make_demo(self) -> None:
        """A generated instrument, ready to be trained."""
        self._make(DEMO_NAME, (), ("generate",), **DEMO_CHOICES)

    def run_demo(self) -> None:
        """The whole way on the generated instrument, without a click."""
        self._demo = self._make(DEMO_NAME, (), DEMO_WAY, **DEMO_CHOICES)

    def _make(self, name: str, inputs: tuple[str, ...], tasks: tuple[Task, ...], **choices: object) -> Path | None:
        try:
            instrument = create(self.library, name, **choices)
        except OSError as error:
            self.report(
                f"The instrument cannot be written: {error.strerror or error}: {error.filename or self.library}",
                "Free some space on that disk."
                if error.errno in (errno.ENOSPC, errno.EDQUOT)
                else "Make that folder writable, or open another library with the button at the top left.",
            )
            return None
        self._takeover.hold()
        self._items[instrument.path] = LibraryItem(instrument, Badge.NEW, "New")
        self._first_tasks[instrument.path] = (inputs, tasks)
        self.select(str(instrument.path))
        return instrument.path

    # --- letting go of them -------------------------------------------------------------------------------------------
    def instrument(self, path: Path) -> Instrument | None:
        """The one in that folder, as it is now."""
        session, known = self._sessions.get(path), self._items.get(path)
        return session.instrument if session is not None else known.instrument if known is not None else None

    def session_of(self, instrument: Instrument) -> InstrumentSession | None:
        """None while it is not open."""
        return self._sessions.get(instrument.path)

    def is_worked_on(self, instrument: Instrument) -> bool:
        session = self._sessions.get(instrument.path)
        return session.is_busy if session is not None else self._items[instrument.path].badge is Badge.RUNNING

    def let_go(self, instrument: Instrument) -> None:
        """Closes one that is not worked on and takes it off the list; the next one in it is shown."""
        path = instrument.path
        keys = [entry.key for entry in self.window_state().entries]
        session = self._sessions.pop(path, None)
        if session is not None:
            session.recordings.close()
            session.deleteLater()
        for known in (self._items, self._jobs_seen, self._first_tasks):
            known.pop(path, None)
        if path in self._to_carry_on:
            self._to_carry_on.remove(path)
            self._carry_on_in_order()
        if self._selected == path:
            self._selected = None
            place = keys.index(str(path))
            for key in (*keys[place + 1 :], *reversed(keys[:place]))[:1]:
                self.select(key)
        self.changed.emit()

    def take_in(self, instrument: Instrument) -> None:
        """Lists one again that is back in the library, and shows it."""
        if instrument.path.parent == self.library.resolve():
            self._takeover.hold()
            self._items[instrument.path] = item_on_disk(instrument)
            self.select(str(instrument.path))
            self.changed.emit()

    # --- notices, settings --------------------------------------------------------------------------------------------
    def dismiss_notice(self) -> None:
        if not self._notices.dismiss() and self.session is not None and (notice := self.session.notice()) is not None:
            self.session.dismiss(notice)

    def act_on_notice(self) -> None:
        """The cure that a notice offers: going on with the job that failed, unless it came with one of its own."""
        cure = self._notices.take_cure()
        if cure is not None:
            cure()
        elif self.session is not None:
            self.session.try_again()

    @property
    def settings(self) -> Settings:
        return self._kept.now

    def remember(self, **values: object) -> None:
        self._kept.remember(**values)

    def report(self, title: str, hint: str = "") -> None:
        """Shows a problem that belongs to no job."""
        self._notices.report(title, hint)

    def offer(self, notice: Notice, cure: Callable[[], None] | None) -> None:
        """Shows a notice that belongs to no job, and what its button does."""
        self._notices.offer(notice, cure)

    def _on_session_changed(self) -> None:
        session = self.sender()
        if isinstance(session, InstrumentSession):
            path = session.instrument.path
            failure = self._drop_proof.failure_of(session)
            if failure is not None:
                self._undo_drop(session.instrument, failure)
            before, now = self._jobs_seen.get(path, JobKind.UNKNOWN), _job_of(session.run)
            self._jobs_seen[path] = now
            if session is self.session and before != now == JobKind.TRAIN and self.page is Page.DATA:
                self.show_page(Page.TRAINING)
            if path == self._demo and session.run.job == DEMO_END and session.run.phase is Phase.FINISHED:
                self._demo = None
                self.demo_finished.emit(session)
        self.changed.emit()

    def _undo_drop(self, instrument: Instrument, failure: Failed) -> None:
        """A drop without a single recording is answered, and leaves no instrument behind."""
        if self._selected == instrument.path:
            self.begin_new()
        self.let_go(instrument)
        discard(instrument)
        self._notices.answer_drop(failure.title, failure.hint)

    # --- the end ------------------------------------------------------------------------------------------------------
    @property
    def is_working(self) -> bool:
        """A job runs that would be missed: listening and looking at files are not."""
        return any(session.is_busy for session in self._sessions.values())

    def hosts_at_work(self) -> set[str]:
        """The addresses of the computers that jobs of open instruments run on."""
        return {session.instrument.host for session in self._sessions.values() if session.is_busy}

    def stop_everything(self) -> None:
        for session in self._sessions.values():
            session.stop()
        self.queue.cancel_all()

    def leave_everything(self) -> None:
        """Jobs go on in the background, and what remains is done there after them."""
        for session in self._sessions.values():
            session.leave()
        self.queue.leave_all()

    def shut_down(self) -> None:
        """Ends threads and the worker, and keeps the settings. Every job is over or left by now."""
        for reader in tuple(self._readers):
            reader.wait()
        for session in self._sessions.values():
            session.recordings.close()
        self.look_worker.close()
        self._speeds.close()
        self._takeover.give_up()
        try:
            if does_anything_remain(self.library):
                start_caretaker(self.library)
        except OSError:
            pass  # it is written down; the next window goes on with it
        self._kept.save()


def _job_of(run: RunState) -> JobKind:
    """UNKNOWN while nothing runs."""
    return run.job if run.phase.is_active else JobKind.UNKNOWN
