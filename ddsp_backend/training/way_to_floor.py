"""How far the phrases that a training plays are from the recordings, and how near any model could come.

N = samples.
"""

import functools
import math
from collections.abc import Generator, Sequence

import numpy as np

from ddsp_backend.dsp.spectral_distance import spectral_distance_db
from ddsp_backend.inference.oracle_clips import oracle_clips
from ddsp_backend.jobs.events import DistanceMeasured, Event
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.reporting.clips import PlayedClip
from ddsp_backend.reporting.phrases import Phrase

_FITTED_FROM_STEP = 30  # the first sounds come sooner without the seconds that it takes


class WayToFloor:
    """Of a session's phrases.

    Args:
      sample_rate: Hz of the phrases.
    """

    def __init__(self, phrases: Sequence[Phrase], sample_rate: int, watch: Interruptible) -> None:
        self._phrases = phrases
        self._sample_rate = sample_rate
        self._watch = watch
        self._floor_db: float | None = None

    def measure(self, step: int, played: Sequence[PlayedClip]) -> Generator[Event, None, None]:
        """Says the distance of what was played, and, once it is known, the floor: fitted once, some seconds long."""
        if not played:
            return
        if self._floor_db is None and step >= _FITTED_FROM_STEP and not self._watch.stop_requested:
            self._floor_db = yield from self._watch.run(
                functools.partial(floor_db, [phrase.batch for phrase in self._phrases], self._sample_rate)
            )
        yield DistanceMeasured(step, _mean_distance_db(played), math.nan if self._floor_db is None else self._floor_db)


def floor_db(batches: Sequence[dict[str, object]], sample_rate: int) -> float:
    """Distance of the oracle, in dB; NaN where the phrases have no pitch, or differ in length.

    Args:
      batches: Of one phrase each.
    """
    wanted = ("audio", "f0_hz", "f0_confidence")
    if not all(key in batch for batch in batches for key in wanted):
        return math.nan
    parts = {key: [np.asarray(batch[key]) for batch in batches] for key in wanted}
    if any(len({array.shape for array in arrays}) != 1 for arrays in parts.values()):
        return math.nan
    fitted = oracle_clips({key: np.concatenate(arrays) for key, arrays in parts.items()}, sample_rate)
    return _mean_distance_db(fitted)


def _mean_distance_db(clips: Sequence[PlayedClip]) -> float:
    return float(np.mean([spectral_distance_db(clip.target, clip.output) for clip in clips]))
