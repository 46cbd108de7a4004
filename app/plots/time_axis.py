"""The time that several lanes share: what is visible, where the playhead is, what the loop repeats."""

from PySide6.QtCore import QObject, Signal

_SHORTEST_SPAN = 0.05  # seconds


class TimeAxis(QObject):
    """All in seconds. Lanes read it, tell it what the user did, and redraw when it changes.

    Signals:
      changed: Length, visible part or region are others now.
      playhead_moved: From here to there.
      seek_requested: The user clicked at a time.
      region_requested: The user dragged from a time to another; None to take the region away.
    """

    changed = Signal()
    playhead_moved = Signal(float, float)
    seek_requested = Signal(float)
    region_requested = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.length = 0.0
        self.first = 0.0
        self.last = 0.0
        self.playhead: float | None = None
        self.region: tuple[float, float] | None = None

    @property
    def is_whole(self) -> bool:
        return self.first <= 0 and self.last >= self.length

    def set_length(self, length: float) -> None:
        if length != self.length:
            self.length = length
            self.first, self.last = 0.0, length
            self.changed.emit()

    def set_region(self, region: tuple[float, float] | None) -> None:
        if region != self.region:
            self.region = region
            self.changed.emit()

    def set_playhead(self, seconds: float | None) -> None:
        if seconds != self.playhead:
            before, self.playhead = self.playhead, seconds
            self.playhead_moved.emit(-1.0 if before is None else before, -1.0 if seconds is None else seconds)

    def zoom(self, factor: float, around: float) -> None:
        """Shows a part `factor` times as long; the time `around` stays where it is."""
        span = min(max((self.last - self.first) * factor, min(_SHORTEST_SPAN, self.length)), self.length)
        share = (around - self.first) / (self.last - self.first) if self.last > self.first else 0.5
        self._show(around - share * span, span)

    def pan(self, seconds: float) -> None:
        self._show(self.first + seconds, self.last - self.first)

    def show_all(self) -> None:
        self._show(0.0, self.length)

    def _show(self, first: float, span: float) -> None:
        first = min(max(first, 0.0), max(self.length - span, 0.0))
        if (first, first + span) != (self.first, self.last):
            self.first, self.last = first, first + span
            self.changed.emit()
