"""What is measured on a batch that a model has played. B = batch, F = frames, N = samples.

An evaluator lives for one checkpoint: batches in, means out. A gin file names it by its settings (config/settings.py),
and `make_evaluators` finds the class that goes with them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Protocol

import numpy as np
import soxr

from ddsp_backend.config.settings import BasicEvaluatorConfig, EvaluatorConfig, F0LdEvaluatorConfig
from ddsp_backend.data.features import compute_loudness
from ddsp_backend.evaluation.distances import OUTLIER_SEMITONES, f0_distance, loudness_distance
from ddsp_backend.inference.measuring import mean_losses, size
from ddsp_backend.pitch.tracker import SAMPLE_RATE, Array, PitchTracker, frame_layout, make_tracker, track

Batch = dict[str, Any]
Outputs = dict[str, Any]


class Evaluator(Protocol):
    """Measures batches of one checkpoint."""

    group: ClassVar[str]
    """The part of TensorBoard that its numbers belong to."""

    def evaluate(self, batch: Batch, outputs: Outputs, losses: Mapping[str, float]) -> Iterator[int]:
        """Adds a batch. Yields how many of its examples are done, part by part: between two the job can stop.

        Args:
          batch: As the data provider gives it.
          outputs: What the model makes of it, and `audio_gen` [B, N].
          losses: Means over the batch.
        """
        ...

    def metrics(self) -> dict[str, float]:
        """Means over all that was added, by name. What could not be measured is left out."""
        ...


class BasicEvaluator:
    """The model's losses."""

    group: ClassVar[str] = "losses"

    def __init__(self, config: BasicEvaluatorConfig, sample_rate: int, frame_rate: int) -> None:
        self._measured: list[tuple[int, Mapping[str, float]]] = []

    def evaluate(self, batch: Batch, outputs: Outputs, losses: Mapping[str, float]) -> Iterator[int]:
        self._measured.append((size(batch), losses))
        yield size(batch)

    def metrics(self) -> dict[str, float]:
        return mean_losses(self._measured)


class F0LdEvaluator:
    """Distances of pitch and loudness between the resynthesized audio and its target.

    Measures `loudness_distance_db`; `f0_distance_cents` over the examples within an octave; and `f0_outlier_ratio`, the
    share of those beyond, or without any pitch at all. Examples whose target has no sure pitch are not asked for one.
    """

    group: ClassVar[str] = "metrics"

    def __init__(self, config: F0LdEvaluatorConfig, sample_rate: int, frame_rate: int) -> None:
        self._sample_rate, self._frame_rate = sample_rate, frame_rate
        self._tracker = _crepe(config.crepe_capacity) if config.run_f0_crepe else None
        self._loudness_db: list[float] = []
        self._f0_semitones: list[float] = []
        self._n_outliers = 0

    def evaluate(self, batch: Batch, outputs: Outputs, losses: Mapping[str, float]) -> Iterator[int]:
        target_BN, output_BN = batch["audio"].numpy(), outputs["audio_gen"].numpy()
        f0_hz_BF, confidence_BF = batch["f0_hz"].numpy(), batch["f0_confidence"].numpy()
        for target_N, output_N, f0_hz_F, confidence_F in zip(
            target_BN, output_BN, f0_hz_BF, confidence_BF, strict=True
        ):
            target_16k, output_16k = self._at_16k(target_N), self._at_16k(output_N)
            padding = self._padding(len(output_16k), len(f0_hz_F))
            loudness = (compute_loudness(audio_N, self._frame_rate, padding) for audio_N in (target_16k, output_16k))
            self._loudness_db.append(loudness_distance(*loudness))
            if self._tracker is not None:
                output_pitch = track(self._tracker, output_16k, self._frame_rate, padding)
                self._compare_pitch(f0_hz_F, confidence_F, *output_pitch)
            yield 1

    def metrics(self) -> dict[str, float]:
        found = {"loudness_distance_db": float(np.mean(self._loudness_db))}
        if self._f0_semitones:
            found["f0_distance_cents"] = 100 * float(np.mean(self._f0_semitones))
        n_asked = len(self._f0_semitones) + self._n_outliers
        if n_asked:
            found["f0_outlier_ratio"] = self._n_outliers / n_asked
        return found

    def _compare_pitch(
        self, f0_hz_F: Array, confidence_F: Array, output_hz_F: Array, output_confidence_F: Array
    ) -> None:
        distance = f0_distance(f0_hz_F, output_hz_F, confidence_F)
        if distance is None:
            return
        # Silence has no pitch: what stands there is filled in, and may be near by chance.
        if distance > OUTLIER_SEMITONES or not output_confidence_F.any():
            self._n_outliers += 1
        else:
            self._f0_semitones.append(distance)

    def _padding(self, n_samples: int, n_frames: int) -> str:
        """How the data set's frames lie: centred ones are one more than others."""
        centered = frame_layout(n_samples, self._frame_rate, "center")[2]
        return "center" if n_frames == centered else "same"

    def _at_16k(self, audio_N: Array) -> Array:
        if self._sample_rate == SAMPLE_RATE:
            return audio_N
        resampled_N: Array = soxr.resample(audio_N, self._sample_rate, SAMPLE_RATE, "VHQ")
        return resampled_N


_CLASSES: dict[type[EvaluatorConfig], Callable[[Any, int, int], Evaluator]] = {
    BasicEvaluatorConfig: BasicEvaluator,
    F0LdEvaluatorConfig: F0LdEvaluator,
}


def make_evaluators(configs: Sequence[EvaluatorConfig], sample_rate: int, frame_rate: int) -> list[Evaluator]:
    """Fresh ones, for one checkpoint, on audio and features of these rates.

    Raises:
      ConfigError: where one needs weights that are not installed.
    """
    return [_CLASSES[type(config)](config, sample_rate, frame_rate) for config in configs]


@cache
def _crepe(capacity: str) -> PitchTracker:
    return make_tracker("crepe", capacity)
