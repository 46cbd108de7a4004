"""How long sound takes from the program through the output into the input and back, measured with clicks.

The output must reach the input: through a cable, or with the microphone at the headphones.
"""

import statistics
import time

import numpy as np

from ddsp_backend.arrays import Array

_N_CLICKS = 4
_BETWEEN_SECONDS = 0.8  # a longer delay cannot be told from the next click
_LEVEL, _HEARD = 0.5, 0.05
_QUIET_SECONDS = 0.2  # before the first click, to hear how loud the room is


class DelayProbe:
    """Plays clicks in the output's thread and hears them in the input's."""

    def __init__(self, output_rate: int, input_rate: int) -> None:
        self._output_rate, self._input_rate = output_rate, input_rate
        self._n_played = 0
        self._clicked_at: float | None = None
        self._noise = 0.0
        self.delays: list[float] = []
        """Seconds, of the clicks that were heard."""

    @property
    def is_over(self) -> bool:
        return self._n_played > (_QUIET_SECONDS + _N_CLICKS * _BETWEEN_SECONDS) * self._output_rate

    @property
    def seconds(self) -> float | None:
        """The middle one of the delays; None where most clicks were not heard."""
        return statistics.median(self.delays) if len(self.delays) > _N_CLICKS // 2 else None

    def fill(self, n: int) -> Array:
        """The next n samples: silence, and a click now and then."""
        audio_N = np.zeros(n, np.float32)
        first = round(_QUIET_SECONDS * self._output_rate)
        between = round(_BETWEEN_SECONDS * self._output_rate)
        place = (first - self._n_played) % between
        if place < n and self._n_played + place >= first and not self.is_over:
            audio_N[place : place + 4] = _LEVEL
            self._clicked_at = time.perf_counter() + place / self._output_rate
        self._n_played += n
        return audio_N

    def hear(self, block_N: Array) -> None:
        """Takes the newest samples of the input."""
        loud_N = np.abs(block_N)
        clicked_at = self._clicked_at
        if clicked_at is None:
            self._noise = max(self._noise, float(loud_N.max(initial=0.0)))
            return
        is_click = loud_N > max(_HEARD * _LEVEL, 2 * self._noise)
        if is_click.any():
            self._clicked_at = None
            heard_at = time.perf_counter() - (len(block_N) - int(np.argmax(is_click))) / self._input_rate
            self.delays.append(max(0.0, heard_at - clicked_at))
