"""The notice above the pages that belongs to no job, and what its button does."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.state.notices import Notice, Tone


class Notices(QObject):
    """One notice at a time: a newer one takes its place.

    Signals: changed: Another one is shown, or none any more.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shown: Notice | None = None
        self._cure: Callable[[], None] | None = None
        self._answer: Notice | None = None  # to a drop without a recording; it holds until the next drop

    def offer(self, notice: Notice, cure: Callable[[], None] | None) -> None:
        """Shows a notice, and what its button does."""
        self.shown, self._cure = notice, cure
        self.changed.emit()

    def report(self, title: str, hint: str = "") -> None:
        """Shows a problem."""
        self.offer(Notice(Tone.BAD, title, hint), None)

    def answer_drop(self, title: str, hint: str) -> None:
        """Says that a drop led to nothing. The next drop takes the answer away."""
        self.report(title, hint)
        self._answer = self.shown

    def begin_drop(self) -> None:
        """Another drop follows: the answer to the one before says nothing any more."""
        if self.shown is self._answer:
            self.clear()

    def clear(self) -> None:
        """Without a signal: more changes with it."""
        self.shown = self._cure = None

    def dismiss(self) -> bool:
        """Whether there was one."""
        if self.shown is None:
            return False
        self.shown = self._cure = None
        self.changed.emit()
        return True

    def take_cure(self) -> Callable[[], None] | None:
        """What its button does, for once: the notice goes. None where it offers nothing of its own."""
        cure = self._cure
        if cure is not None:
            self.dismiss()
        return cure
