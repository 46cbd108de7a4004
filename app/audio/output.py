"""One open stream: fetches sound from a mixer, remembers when what is heard, says when it has ended."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from app.audio.devices import close_stream, end_of_stream, open_stream
from app.audio.mixer import Mixer

# The stream runs on silently for a moment, so that pause and play in quick turns do not open the device each time.
_IDLE_SECONDS = 0.5


class Output:
    """Plays `mixer` at its rate until it has been silent for a moment. Raises AudioUnavailable when made."""

    def __init__(self, mixer: Mixer, n_channels: int, ended: Callable[["Output"], None]) -> None:
        self.mixer = mixer
        self.ended_by_itself = False
        self._ended = ended
        self._n_idle = 0
        self._called_at = time.monotonic()
        # Position, time and length of the newest blocks: what is heard now was rendered some blocks ago.
        self._blocks: deque[tuple[int, float, int]] = deque(maxlen=32)
        self._stream = open_stream(mixer.sample_rate, n_channels, self._fill, self._finished)

    @property
    def silent_for(self) -> float:
        """Seconds since the device last asked for sound."""
        return time.monotonic() - self._called_at

    @property
    def position(self) -> int:
        """The sample that is heard now."""
        now = time.monotonic()
        for position, heard_at, n_samples in reversed(tuple(self._blocks)):
            if heard_at <= now:
                return position + min(round((now - heard_at) * self.mixer.sample_rate), n_samples)
        return self.mixer.position

    def close(self) -> None:
        close_stream(self._stream)

    def _fill(self, outdata: Any, n_samples: int, times: Any, _status: Any) -> None:
        self._called_at = time.monotonic()
        position = self.mixer.position
        outdata[:] = self.mixer.render(n_samples)[:, None]
        delay = max(times.outputBufferDacTime - times.currentTime, 0.0)
        self._blocks.append((position, self._called_at + delay, n_samples))
        self._n_idle = self._n_idle + n_samples if self.mixer.is_silent else 0
        if self._n_idle > _IDLE_SECONDS * self.mixer.sample_rate:
            self.ended_by_itself = True
            raise end_of_stream()

    def _finished(self) -> None:
        self._ended(self)
