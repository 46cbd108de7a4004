"""Means of distances over examples: pitch as a model says it, and pitch as CREPE hears it.

F = frames, N = samples. Each is given one example after the other, and says its means in the end.
"""

from functools import cache

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.evaluation.distances import (
    OUTLIER_SEMITONES,
    f0_distance,
    midi_distance,
    raw_chroma_accuracy,
    raw_pitch_accuracy,
)
from ddsp_backend.evaluation.outputs import at_frames
from ddsp_backend.pitch.tracker import PitchTracker, track
from ddsp_backend.pitch.trackers import make_tracker
from ddsp_backend.reporting.loudness_metrics import at_16k, padding_of


class _F0Distances:
    """`f0_distance_cents` over the examples within an octave; `f0_outlier_ratio`, the share of the others."""

    def __init__(self) -> None:
        self._semitones: list[float] = []
        self._n_outliers = 0

    def add(self, distance: float | None, is_lost: bool = False) -> None:
        """`distance` in semitones, None where the target has no sure pitch; `is_lost` where the output has none."""
        if distance is None:
            return
        if distance > OUTLIER_SEMITONES or is_lost:
            self._n_outliers += 1
        else:
            self._semitones.append(distance)

    def metrics(self) -> dict[str, float]:
        found = {}
        if self._semitones:
            found["f0_distance_cents"] = 100 * float(np.mean(self._semitones))
        n_asked = len(self._semitones) + self._n_outliers
        if n_asked:
            found["f0_outlier_ratio"] = self._n_outliers / n_asked
        return found


class F0CrepeMetrics:
    """Distances of the pitch that CREPE hears in the output: `f0_distance_cents` and `f0_outlier_ratio`."""

    def __init__(self, sample_rate: int, frame_rate: int, crepe_capacity: str = "full") -> None:
        self._sample_rate, self._frame_rate = sample_rate, frame_rate
        self._capacity = crepe_capacity
        self._distances = _F0Distances()

    def update_state(self, f0_hz_F: Array, f0_confidence_F: Array, output_N: Array) -> None:
        """Adds an example: the target's pitch, and the audio of the output."""
        output_16k = at_16k(output_N, self._sample_rate)
        padding = padding_of(len(output_16k), len(f0_hz_F), self._frame_rate)
        output_hz_F, output_confidence_F = track(_crepe(self._capacity), output_16k, self._frame_rate, padding)
        # Silence has no pitch: what stands there is filled in, and may be near by chance.
        is_lost = not output_confidence_F.any()
        self._distances.add(f0_distance(f0_hz_F, output_hz_F, f0_confidence_F), is_lost)

    def metrics(self) -> dict[str, float]:
        return self._distances.metrics()


class F0Metrics:
    """Distances of the pitch that a model says, over the examples whose target has a sure pitch.

    As the reference measures: `f0_dist` in semitones, on the frames where the target is sure, and over all examples
    however far off they are; `raw_pitch_accuracy` and `raw_chroma_accuracy` on all frames that have a pitch. Beside it,
    `f0_distance_cents` and `f0_outlier_ratio` as with CREPE. Each name after `name` and a slash.
    """

    def __init__(self, name: str = "f0", rpa_tolerance: float = 50.0) -> None:
        """`rpa_tolerance` in cents."""
        self._name = name
        self._tolerance = rpa_tolerance
        self._distances = _F0Distances()
        self._others: dict[str, list[float]] = {"f0_dist": [], "raw_pitch_accuracy": [], "raw_chroma_accuracy": []}

    def update_state(self, f0_hz_F: Array, f0_confidence_F: Array, output_hz_F: Array) -> None:
        """Adds an example. The output may have another number of frames over the same time."""
        n_frames = len(output_hz_F)
        f0_hz_F, f0_confidence_F = at_frames(f0_hz_F, n_frames), at_frames(f0_confidence_F, n_frames)
        distance = f0_distance(f0_hz_F, np.maximum(output_hz_F, 1e-3), f0_confidence_F)
        if distance is None:
            return
        self._distances.add(distance)
        measured = {
            "f0_dist": midi_distance(f0_hz_F, output_hz_F, f0_confidence_F),
            "raw_pitch_accuracy": raw_pitch_accuracy(f0_hz_F, output_hz_F, self._tolerance),
            "raw_chroma_accuracy": raw_chroma_accuracy(f0_hz_F, output_hz_F, self._tolerance),
        }
        for name, value in measured.items():
            if value is not None:
                self._others[name].append(value)

    def metrics(self) -> dict[str, float]:
        others = {name: float(np.mean(values)) for name, values in self._others.items() if values}
        return {f"{self._name}/{name}": value for name, value in {**self._distances.metrics(), **others}.items()}


@cache
def _crepe(capacity: str) -> PitchTracker:
    return make_tracker("crepe", capacity)
