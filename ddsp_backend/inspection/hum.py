"""Hum of the mains: 50 or 60 Hz and multiples that never pause, under the notes as between them."""

# N = samples at 16 kHz, T = looks, K = bins

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.inspection.frames import SILENT_DB
from ddsp_backend.pitch.tracker import SAMPLE_RATE

_WINDOW, _HOP = 8192, 4096  # half a second: bins of 2 Hz
_HIGHEST_HZ = 650.0
_ALWAYS = 20  # percentile over time: a note that fills four fifths of a recording is rare
_MAINS_HZ = (50.0, 60.0)
_MULTIPLES = 10
_ABOVE_DB = 10.0  # a line above what lies around it
_AROUND_BINS = (4, 12)


class HumMeter:
    """Keeps the low end of a spectrum every quarter of a second: three megabytes an hour for each 100 Hz."""

    def __init__(self) -> None:
        self._held_N = np.zeros(0, np.float32)
        self._looks: list[Array] = []

    def add(self, audio_N: Array) -> None:
        """The next stretch, without overlap."""
        self._held_N = np.concatenate([self._held_N, audio_N])
        n_bins = int(_HIGHEST_HZ * _WINDOW / SAMPLE_RATE)
        window_N = np.hanning(_WINDOW).astype(np.float32)
        scale = np.sqrt(2) / window_N.sum()  # a sine's root mean square
        while len(self._held_N) >= _WINDOW:
            spectrum_K = np.abs(np.fft.rfft(self._held_N[:_WINDOW] * window_N)[:n_bins])
            self._looks.append((scale * spectrum_K).astype(np.float32))
            self._held_N = self._held_N[_HOP:]

    @property
    def level_db(self) -> float:
        """Level of the hum in dBFS; SILENT_DB where there is none."""
        if not self._looks:
            return SILENT_DB
        lasting_K = np.percentile(np.stack(self._looks), _ALWAYS, axis=0)
        return max(_level(lasting_K, mains) for mains in _MAINS_HZ)


def _level(lasting_K: np.ndarray, mains_hz: float) -> float:
    energy, n_lines = 0.0, 0
    for multiple in range(1, _MULTIPLES + 1):
        at = round(multiple * mains_hz * _WINDOW / SAMPLE_RATE)
        line = float(lasting_K[at - 1 : at + 2].max())
        near, far = _AROUND_BINS
        around = np.concatenate([lasting_K[max(0, at - far) : at - near], lasting_K[at + near : at + far]])
        if line > np.median(around) * 10 ** (_ABOVE_DB / 20) and line > 10 ** (SILENT_DB / 20):
            energy += line**2
            n_lines += 1
    # One line may be a note that stays; two multiples of the mains are not.
    return 10 * float(np.log10(energy)) if n_lines >= 2 else SILENT_DB
