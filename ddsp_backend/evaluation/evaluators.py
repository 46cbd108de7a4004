"""What is measured on a batch that a model has played, and shown of an example. B = batch, F = frames, N = samples.

An evaluator lives for one checkpoint: batches in, means out. A gin file names it by its settings (config/settings.py);
evaluation/evaluator_table.py finds the class that goes with them.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Protocol

import numpy as np

from ddsp_backend.arrays import Array, Batch
from ddsp_backend.config.settings import BasicEvaluatorConfig, F0LdEvaluatorConfig, TWMEvaluatorConfig
from ddsp_backend.dsp.core import resample
from ddsp_backend.dsp.two_way_mismatch import TWMLoss
from ddsp_backend.evaluation import pictures
from ddsp_backend.evaluation.metrics import F0CrepeMetrics, F0Metrics
from ddsp_backend.evaluation.outputs import Outputs, curves, measured
from ddsp_backend.evaluation.sample_summaries import SampleSummaries
from ddsp_backend.reporting.held_out_loss import batch_size, mean_losses
from ddsp_backend.reporting.loudness_metrics import LoudnessMetrics

_CLOSE_UP = 2000  # samples: single periods can be told apart
_FRAMES_AT_ONCE = 50  # candidates times sinusoids times harmonics of so many frames take some 60 MB


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

        Raises:
          DataError: Batch or outputs lack what is measured.
        """
        ...

    def sample(self, batch: Batch, outputs: Outputs, summaries: SampleSummaries) -> None:
        """Shows an example: a batch of one. Raises as `evaluate`."""
        ...

    def metrics(self) -> dict[str, float]:
        """Means over all that was added, by name. What could not be measured is left out."""
        ...


class BasicEvaluator:
    """The model's losses; original and generated audio, their waveforms and spectrograms."""

    group: ClassVar[str] = "losses"

    def __init__(self, config: BasicEvaluatorConfig, sample_rate: int, frame_rate: int) -> None:
        self._sample_rate = sample_rate
        self._measured: list[tuple[int, Mapping[str, float]]] = []

    def evaluate(self, batch: Batch, outputs: Outputs, losses: Mapping[str, float]) -> Iterator[int]:
        self._measured.append((batch_size(batch), losses))
        yield batch_size(batch)

    def sample(self, batch: Batch, outputs: Outputs, summaries: SampleSummaries) -> None:
        target_N, output_N = measured(batch, "audio", "BasicEvaluator")[0], np.asarray(outputs["audio_gen"])[0]
        for part, audio_N in (("original", target_N), ("generated", output_N)):
            summaries.audio(f"audio_{part}", audio_N)
            summaries.spectrogram(f"spectrogram_{part}", audio_N)
        for kind, n in (("waveform", len(target_N)), ("waveform_close_up", min(_CLOSE_UP, len(target_N)))):
            summaries.picture(kind, pictures.waveform(target_N[:n], output_N[:n], n / self._sample_rate))

    def metrics(self) -> dict[str, float]:
        return mean_losses(self._measured)


class F0LdEvaluator:
    """Distances of pitch and loudness between the resynthesized audio and its target.

    See `LoudnessMetrics` and `F0CrepeMetrics`; and `F0Metrics` of a model that says a pitch of its own. Examples whose
    target has no sure pitch are not asked for one.
    """

    group: ClassVar[str] = "metrics"

    def __init__(self, config: F0LdEvaluatorConfig, sample_rate: int, frame_rate: int) -> None:
        self._seconds_of_sample = 1 / sample_rate
        self._loudness = LoudnessMetrics(sample_rate, frame_rate)
        self._f0 = F0Metrics()
        self._f0_crepe = F0CrepeMetrics(sample_rate, frame_rate, config.crepe_capacity) if config.run_f0_crepe else None

    def evaluate(self, batch: Batch, outputs: Outputs, losses: Mapping[str, float]) -> Iterator[int]:
        target_BN, output_BN = measured(batch, "audio", "F0LdEvaluator"), np.asarray(outputs["audio_gen"])
        f0_hz_BF, confidence_BF = _target_pitch(batch, "F0LdEvaluator")
        own_hz_BF = _own_pitch(f0_hz_BF, outputs)
        for i, (target_N, output_N) in enumerate(zip(target_BN, output_BN, strict=True)):
            self._loudness.update_state(target_N, output_N, f0_hz_BF.shape[1])
            if own_hz_BF is not None:
                self._f0.update_state(f0_hz_BF[i], confidence_BF[i], own_hz_BF[i])
            if self._f0_crepe is not None:
                self._f0_crepe.update_state(f0_hz_BF[i], confidence_BF[i], output_N)
            yield 1

    def sample(self, batch: Batch, outputs: Outputs, summaries: SampleSummaries) -> None:
        f0_hz_BF, _ = _target_pitch(batch, "F0LdEvaluator")
        own_hz_BF = _own_pitch(f0_hz_BF, outputs)
        if own_hz_BF is not None:
            seconds = outputs["audio_gen"].shape[1] * self._seconds_of_sample
            summaries.picture("f0", pictures.f0(f0_hz_BF[0], own_hz_BF[0], seconds))

    def metrics(self) -> dict[str, float]:
        f0_crepe = {} if self._f0_crepe is None else self._f0_crepe.metrics()
        return {**self._loudness.metrics(), **f0_crepe, **self._f0.metrics()}


class TWMEvaluator:
    """The pitch that a model's sinusoids are most likely harmonics of, compared with the target's.

    Every sinusoid is a candidate. See `F0Metrics`.
    """

    group: ClassVar[str] = "metrics"

    def __init__(self, config: TWMEvaluatorConfig, sample_rate: int, frame_rate: int) -> None:
        self._config = config
        self._sample_rate = sample_rate
        self._twm = TWMLoss(sample_rate=sample_rate)
        self._f0 = F0Metrics("f0_twm")

    def evaluate(self, batch: Batch, outputs: Outputs, losses: Mapping[str, float]) -> Iterator[int]:
        f0_hz_BF, confidence_BF = _target_pitch(batch, "TWMEvaluator")
        for i in range(len(f0_hz_BF)):
            self._f0.update_state(f0_hz_BF[i], confidence_BF[i], self._likeliest(outputs, i))
            yield 1

    def sample(self, batch: Batch, outputs: Outputs, summaries: SampleSummaries) -> None:
        f0_hz_BF, _ = _target_pitch(batch, "TWMEvaluator")
        seconds = outputs["audio_gen"].shape[1] / self._sample_rate
        summaries.picture("f0_twm", pictures.f0(f0_hz_BF[0], self._likeliest(outputs, 0), seconds))

    def metrics(self) -> dict[str, float]:
        return self._f0.metrics()

    def _likeliest(self, outputs: Outputs, example: int) -> Array:
        """Hz, [F]."""
        freqs, amps = (self._controls(outputs, key)[example : example + 1] for key in ("frequencies", "amplitudes"))
        if self._config.noisy:
            amps = amps * (1.0 - self._controls(outputs, "noise_ratios")[example : example + 1])
        pieces = [slice(first, first + _FRAMES_AT_ONCE) for first in range(0, freqs.shape[1], _FRAMES_AT_ONCE)]
        f0_hz = [self._twm.predict_f0(freqs[:, piece], freqs[:, piece], amps[:, piece]) for piece in pieces]
        return np.concatenate(f0_hz, axis=1)[0, :, 0]

    def _controls(self, outputs: Outputs, key: str) -> Array:
        return measured(outputs, f"{self._config.processor_name}/controls/{key}", "TWMEvaluator")


def _target_pitch(batch: Batch, owner: str) -> tuple[Array, Array]:
    """Hz and confidence, [B, F] both."""
    f0_hz_BF, confidence_BF = (curves(measured(batch, key, owner)) for key in ("f0_hz", "f0_confidence"))
    return f0_hz_BF, confidence_BF


def _own_pitch(f0_hz_BF: Array, outputs: Outputs) -> Array | None:
    """The pitch in the outputs, [B, F], where it is not merely the one that was put in."""
    if "f0_hz" not in outputs:
        return None
    output_hz_BF = curves(outputs["f0_hz"])
    handed_on_BF = resample(f0_hz_BF, output_hz_BF.shape[1])  # as preprocessors do
    return None if np.allclose(output_hz_BF, handed_on_BF, rtol=1e-4) else output_hz_BF
