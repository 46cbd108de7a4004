"""Copies of what was rendered in the form that sounds are saved in, made beforehand: a drag cannot wait for them."""

from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.audio.copying import CopyThread
from app.state.sound_forms import form_title
from ddsp_backend.jobs.sound_form import SoundForm

_FOLDER = "to drag"


class PreparedCopies(QObject):
    """Signals: changed: One more is there.

    They stay as long as what they are made of: an audio program may use a file where it lies.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: dict[tuple[Path, SoundForm], Path] = {}  # the copy; the source itself where none can be made
        self._waiting: deque[tuple[Path, SoundForm]] = deque()
        self._thread: CopyThread | None = None

    def file_of(self, source: Path, form: SoundForm) -> Path:
        """The copy, or, until it is made, the source."""
        if form.changes_nothing:
            return source
        if (source, form) not in self._known:
            self._known[source, form] = source
            copy = _copy_of(source, form)
            if _is_newer(copy, source):
                self._known[source, form] = copy
            else:
                self._waiting.append((source, form))
                self._start_next()
        return self._known[source, form]

    def forget(self, source: Path) -> None:
        """It is removed, and so are its copies."""
        self._waiting = deque(each for each in self._waiting if each[0] != source)
        for known in [known for known in self._known if known[0] == source]:
            del self._known[known]
        for copy in source.parent.glob(f"{_FOLDER}/*/*.wav"):
            if copy.name == source.name:
                try:
                    copy.unlink(missing_ok=True)
                except OSError:
                    pass  # in use by another program; a later render of this name replaces it

    def close(self) -> None:
        self._waiting.clear()
        if self._thread is not None:
            self._thread.requestInterruption()
            self._thread.wait()

    def _start_next(self) -> None:
        if self._thread is not None or not self._waiting:
            return
        source, form = self._waiting.popleft()
        copy = _copy_of(source, form)
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            return  # the source can be dragged
        self._thread = CopyThread([(source, copy)], form, self)
        self._thread.finished.connect(self._on_finished)
        self._thread.start()

    def _on_finished(self) -> None:
        thread, self._thread = self._thread, None
        assert thread is not None
        thread.deleteLater()
        ((source, copy),) = thread.files
        if thread.written and (source, thread.form) in self._known:
            self._known[source, thread.form] = copy
            self.changed.emit()
        elif thread.written:
            copy.unlink(missing_ok=True)  # it was removed meanwhile
        self._start_next()


def _copy_of(source: Path, form: SoundForm) -> Path:
    return source.parent / _FOLDER / form_title(form) / source.name


def _is_newer(copy: Path, source: Path) -> bool:
    try:
        return copy.stat().st_mtime_ns >= source.stat().st_mtime_ns
    except OSError:
        return False
