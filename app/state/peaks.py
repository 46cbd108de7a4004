"""What a waveform shows of a sound that has more samples than the screen has pixels.

N = samples, C = columns.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Enough for every screen and some zooming; a longer sound has longer columns.
_MOST_COLUMNS = 1 << 14

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """Lowest, highest and root-mean-square value of each column of a sound, evenly spread over `seconds`."""

    low: Floats
    high: Floats
    rms: Floats
    seconds: float


def peaks_of(samples_N: Floats, sample_rate: int) -> Peaks:
    """The columns of a sound of any length."""
    n_samples = len(samples_N)
    n_columns = min(max(n_samples, 1), _MOST_COLUMNS)
    if n_samples == 0:
        nothing = np.zeros(1, np.float32)
        return Peaks(nothing, nothing, nothing, 0.0)
    edges_C = np.arange(n_columns) * n_samples // n_columns
    low_C, high_C = np.minimum.reduceat(samples_N, edges_C), np.maximum.reduceat(samples_N, edges_C)
    power_C = np.add.reduceat(np.square(samples_N), edges_C) / np.diff(edges_C, append=n_samples)
    return Peaks(low_C, high_C, np.sqrt(power_C).astype(np.float32), n_samples / sample_rate)


def columns_between(peaks: Peaks, first_second: float, last_second: float, n_pixels: int) -> Peaks:
    """The columns of `n_pixels` pixels that show a part of the sound; zero beyond its ends."""
    n_columns = len(peaks.low)
    per_second = n_columns / peaks.seconds if peaks.seconds > 0 else 0.0
    edges = np.linspace(first_second, last_second, n_pixels + 1) * per_second
    starts = np.clip(np.floor(edges[:-1]).astype(np.int64), 0, n_columns - 1)
    # Where pixels are finer than columns each pixel shows the column that it lies in.
    is_inside = (edges[1:] > 0) & (edges[:-1] < n_columns)
    last = int(np.clip(np.ceil(edges[-1]), starts[-1] + 1, n_columns))

    def reduce(ufunc: np.ufunc, values: Floats) -> Floats:
        reduced = ufunc.reduceat(values[:last], starts)
        return np.where(is_inside, reduced, 0).astype(np.float32)

    squares = np.square(peaks.rms)
    n_each = np.maximum(np.diff(starts, append=last), 1)
    rms = np.sqrt(reduce(np.add, squares) / n_each).astype(np.float32)
    return Peaks(reduce(np.minimum, peaks.low), reduce(np.maximum, peaks.high), rms, last_second - first_second)
