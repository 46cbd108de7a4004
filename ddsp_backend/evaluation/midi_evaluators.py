"""What is measured of models that know notes, and shown of an example. B = batch, F = frames, P = 128 MIDI pitches."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import Batch
from ddsp_backend.config.settings import MidiAutoencoderEvaluatorConfig, MidiHeuristicEvaluatorConfig
from ddsp_backend.evaluation import pictures
from ddsp_backend.evaluation.heuristics import segment_notes_batch
from ddsp_backend.evaluation.midi_metrics import MidiMetrics
from ddsp_backend.evaluation.notes import Note, pianoroll_to_notes
from ddsp_backend.evaluation.outputs import Outputs, at_frames, curves, measured
from ddsp_backend.evaluation.sample_summaries import SampleSummaries

_TARGET_KEY = "note_active_velocities"
_AUDIO_KEYS = ("midi_audio", "synth_audio")


class MidiAutoencoderEvaluator:
    """Notes in the middle of a MidiAutoencoder, compared with those of the data set. See `MidiMetrics`."""

    group: ClassVar[str] = "metrics"

    def __init__(self, config: MidiAutoencoderEvaluatorConfig, sample_rate: int, frame_rate: int) -> None:
        self._config = config
        self._sample_rate, self._frame_rate = sample_rate, frame_rate
        self._midi = MidiMetrics(frame_rate, "learned")

    def evaluate(self, batch: Batch, outputs: Outputs, losses: Mapping[str, float]) -> Iterator[int]:
        found_BFP = measured(outputs, "pianoroll", "MidiAutoencoderEvaluator")
        target_BFP = _pianorolls(outputs, found_BFP.shape[1], "MidiAutoencoderEvaluator")
        f0_hz_BF = curves(measured(outputs, "f0_hz", "MidiAutoencoderEvaluator"))
        for target_FP, found_FP, f0_hz_F in zip(target_BFP, found_BFP, f0_hz_BF, strict=True):
            self._midi.update_state(target_FP, pianoroll_to_notes(found_FP, self._frame_rate), f0_hz_F)
            yield 1

    def sample(self, batch: Batch, outputs: Outputs, summaries: SampleSummaries) -> None:
        audio_N = measured(batch, "audio", "MidiAutoencoderEvaluator")[0]
        seconds = len(audio_N) / self._sample_rate
        for key in _AUDIO_KEYS:
            if key in outputs:
                output_N = np.asarray(outputs[key])[0]
                summaries.audio(key, output_N)
                summaries.spectrogram(f"spectrogram_{key}", output_N)
                summaries.picture(f"waveform_{key}", pictures.waveform(audio_N, output_N, seconds))
        self._sample_notes(batch, outputs, summaries, seconds)
        self._sample_controls(outputs, summaries, seconds)

    def metrics(self) -> dict[str, float]:
        return self._midi.metrics()

    def _sample_notes(self, batch: Batch, outputs: Outputs, summaries: SampleSummaries, seconds: float) -> None:
        f0_key, db_key = self._config.f0_key, self._config.db_key
        found_FP = measured(outputs, "pianoroll", "MidiAutoencoderEvaluator")[0]
        f0_hz_F = curves(measured(batch, f0_key, "MidiAutoencoderEvaluator"))[0]
        notes_F, decoded_hz_F = (
            curves(measured(outputs, key, "MidiAutoencoderEvaluator"))[0] for key in ("q_pitch", f"{f0_key}_pred")
        )
        summaries.picture("pitch_learned", pictures.f0(f0_hz_F, decoded_hz_F, seconds, notes_F))
        if db_key in batch and f"{db_key}_rec" in outputs:  # what is called _pred is the level that was given
            given_F, decoded_F = curves(batch[db_key])[0], curves(outputs[f"{db_key}_rec"])[0]
            summaries.picture(f"{db_key}_learned", pictures.curves(given_F, decoded_F, seconds))
        (target_FP,) = _pianorolls(outputs, len(found_FP), "MidiAutoencoderEvaluator")
        notes = pianoroll_to_notes(found_FP, self._frame_rate)
        summaries.picture("pianoroll_learned", pictures.pianoroll(target_FP, notes, self._frame_rate))

    def _sample_controls(self, outputs: Outputs, summaries: SampleSummaries, seconds: float) -> None:
        amps_F = curves(measured(outputs, "amps", "MidiAutoencoderEvaluator"))[0]
        decoded_F = curves(outputs["amps_pred"])[0] if "amps_pred" in outputs else amps_F
        summaries.picture("amplitudes", pictures.curves(amps_F, decoded_F, seconds))
        for kind, key in (("harmonic_distribution", "hd"), ("noise_magnitudes", "noise")):
            # The distribution is linear, the magnitudes are in dB.
            seen = pictures.logarithm if key == "hd" else np.asarray
            given_FK, decoded_FK = (
                seen(np.asarray(outputs[name])[0]) if name in outputs else None for name in (key, f"{key}_pred")
            )
            if given_FK is not None:
                summaries.picture(kind, pictures.controls(given_FK, decoded_FK, seconds))


class MidiHeuristicEvaluator:
    """Notes that rules of thumb find in a model's controls, compared with those of the data set. See `MidiMetrics`."""

    group: ClassVar[str] = "metrics"

    def __init__(self, config: MidiHeuristicEvaluatorConfig, sample_rate: int, frame_rate: int) -> None:
        self._segment = config.segment_f or segment_notes_batch
        self._frame_rate = frame_rate
        self._midi = MidiMetrics(frame_rate, "heuristic")

    def evaluate(self, batch: Batch, outputs: Outputs, losses: Mapping[str, float]) -> Iterator[int]:
        f0_hz_BF = curves(measured(outputs, "f0_hz", "MidiHeuristicEvaluator"))
        target_BFP = _pianorolls(outputs, f0_hz_BF.shape[1], "MidiHeuristicEvaluator")
        for target_FP, found, f0_hz_F in zip(target_BFP, self._notes(outputs), f0_hz_BF, strict=True):
            self._midi.update_state(target_FP, found, f0_hz_F)
            yield 1

    def sample(self, batch: Batch, outputs: Outputs, summaries: SampleSummaries) -> None:
        (found,) = self._notes(outputs)
        f0_hz_F, amplitudes_F = (
            curves(measured(outputs, key, "MidiHeuristicEvaluator"))[0]
            for key in ("f0_hz", "harmonic/controls/amplitudes")
        )
        summaries.picture("midi_heuristic", pictures.midi(f0_hz_F, amplitudes_F, found, self._frame_rate))
        (target_FP,) = _pianorolls(outputs, len(f0_hz_F), "MidiHeuristicEvaluator")
        summaries.picture("pianoroll_heuristic", pictures.pianoroll(target_FP, found, self._frame_rate))

    def metrics(self) -> dict[str, float]:
        return self._midi.metrics()

    def _notes(self, outputs: Outputs) -> list[list[Note]]:
        found: list[list[Note]] = self._segment(outputs, frame_rate=self._frame_rate)
        return found


def _pianorolls(outputs: Outputs, n_frames: int, owner: str) -> npt.NDArray[np.floating]:
    """The data set's velocities, [B, n_frames, P], which the model hands on."""
    target_BFP = measured(outputs, _TARGET_KEY, owner)
    return np.stack([at_frames(target_FP, n_frames) for target_FP in target_BFP])
