"""Whole runs of models that know notes or sinusoids: a training of two steps, then both jobs that judge it.

The folder alone is given to these: its operative config says how the model is measured, and on what.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ClipRendered, Event, Finished, HeldOutMeasured, MetricsMeasured
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import EvaluateSpec, JobSpec, RenderSpec, SampleSpec, TrainSpec
from tests import recordings, tiny
from tests.evaluation.event_files import tensors
from tests.training.papers import PAPERS, papers_data
from tests.urmp import write_urmp

pytestmark = pytest.mark.slow
data = papers_data
SMALL = (
    "DilatedConvDecoder.ch = 4",
    "DilatedConvDecoder.layers_per_stack = 2",
    *(f"{scope}/DilatedConvStack.ch = 4" for scope in ("dec", "enc", "z")),
    *(f"{scope}/DilatedConvStack.stacks = 1" for scope in ("dec", "enc", "z")),
    *(f"{scope}/DilatedConvStack.layers_per_stack = 2" for scope in ("dec", "enc", "z")),
    "SpectralLoss.fft_sizes = (256,)",
    "MfccTimeDistributedRnnEncoder.rnn_channels = 4",
    "FcStackOut.ch = 5",
    "ExpressionEncoder.z_dims = 4",
    "OneHotEncoder.n_dims = 3",
    "MidiAutoencoder.reverb = False",
    "ZMidiAutoencoder.reverb = False",
    "batch_size = 2",
)
EVALUATORS = "evaluators = [@BasicEvaluator, @MidiAutoencoderEvaluator, @MidiHeuristicEvaluator]"
SCORES = {
    f"midi/{tag}/{part}/{score}"
    for tag in ("learned", "heuristic")
    for part in ("onset", "full_note", "frame")
    for score in ("precision", "recall", "f1")
}
BASIC = {"audio_original", "audio_generated", "spectrogram_original", "spectrogram_generated", "waveform"}
NOTES = {"pitch_learned", "pianoroll_learned", "amplitudes", "harmonic_distribution", "noise_magnitudes"}
NOTES |= {"midi_heuristic", "pianoroll_heuristic"}
SOUNDS = {f"{kind}{sound}" for kind in ("", "spectrogram_", "waveform_") for sound in ("midi_audio", "synth_audio")}


class Judged(NamedTuple):
    """A run, what its training and both jobs said, and what they left for TensorBoard."""

    folder: Path
    trained: list[Event]
    measured: dict[str, float]
    clips: list[ClipRendered]
    tensors: dict[tuple[str, int], Any]


def events_of(spec: JobSpec) -> list[Event]:
    events = list(run(spec, CancelToken()))
    assert isinstance(events[-1], Finished), events[-1]
    return events


def judged(folder: Path, files: Sequence[str], params: Sequence[str]) -> Judged:
    trained = events_of(TrainSpec(save_dir=str(folder), gin_files=tuple(files), gin_params=tuple(params), steps=2))
    evaluated, sampled = (events_of(spec(save_dir=str(folder))) for spec in (EvaluateSpec, SampleSpec))
    (metrics,) = (event for event in evaluated if isinstance(event, MetricsMeasured))
    assert metrics.step == 2
    written = json.loads((folder / "metrics.json").read_text())
    assert (written["step"], written["metrics"]) == (2, metrics.metrics)
    clips = [event for event in sampled if isinstance(event, ClipRendered)]
    return Judged(folder, trained, metrics.metrics, clips, tensors(folder / "summaries" / "eval"))


@pytest.mark.parametrize(
    ("files", "notes_are_given"),
    [
        (("models/midiae/midiae.gin",), True),
        (("models/midiae/z_midiae.gin", "models/midiae/mixins/midi_encoder.gin"), False),
    ],
)
def test_that_notes_are_measured_and_shown(files: tuple[str, ...], notes_are_given: bool, tmp_path: Path) -> None:
    data = (f"UrmpMidi.base_dir = '{write_urmp(tmp_path / 'urmp')}'", "train.n_clips = 1")
    held_out = "train.held_out_provider = @tested/data.UrmpMidi()"
    files = (*files, "datasets/urmp/all_midi.gin", "eval/heuristic.gin")
    found = judged(tmp_path / "run", files, (*SMALL, *data, held_out, EVALUATORS))
    *_, last = (event for event in found.trained if isinstance(event, HeldOutMeasured))
    assert found.measured.keys() == SCORES | last.losses.keys()
    for name, loss in last.losses.items():
        assert found.measured[name] == pytest.approx(loss, rel=1e-4)
    assert all(0 <= found.measured[name] <= 1 for name in SCORES)
    if notes_are_given:
        assert {found.measured[name] for name in SCORES if "learned" in name} == {1}
    for name in SCORES:
        assert found.tensors[f"metrics/{name}", 2] == pytest.approx(found.measured[name])
    kinds = {tag.removesuffix("/sample 1") for tag, _ in found.tensors if tag.endswith("/sample 1")}
    assert kinds >= BASIC | NOTES | SOUNDS
    assert not any("loudness_db" in kind for kind in kinds)  # nothing decodes it
    assert [len(soundfile.read(clip.output_audio)[0]) for clip in found.clips] == [64000, 64000]


@pytest.mark.parametrize("judged_on", ["recordings", "invented notes"])
def test_that_sinusoids_are_measured_and_shown(judged_on: str, data: Path, tmp_path: Path) -> None:
    name = "finetune" if judged_on == "recordings" else "pretrain"
    recorded = f"TFRecordProvider.file_pattern = '{data}/tiny.tfrecord'"
    params = (
        *PAPERS[name][1],
        f"SyntheticNotes.file_pattern = '{data}/notes.tfrecord*'",
        *(f"{part}/{recorded}" for part in ("train_data", "test_data")),
        "F0LdEvaluator.run_f0_crepe = False",
        "batch_size = 2",
    )
    found = judged(tmp_path / "run", PAPERS[name][0], params)
    shares = {f"{f0}/{share}" for f0 in ("f0", "f0_twm") for share in ("f0_outlier_ratio", "raw_pitch_accuracy")}
    assert all(0 <= found.measured[share] <= 1 for share in shares)
    assert {"loudness_distance_db", "total_loss"} <= found.measured.keys()
    assert any(loss.startswith("ss_") for loss in found.measured) == (judged_on == "invented notes")
    for share in shares:
        assert found.tensors[f"metrics/{share}", 2] == pytest.approx(found.measured[share])
    kinds = {tag.removesuffix("/sample 1") for tag, _ in found.tensors if tag.endswith("/sample 1")}
    assert kinds >= BASIC | {"f0", "f0_twm"}
    sounds = [soundfile.read(clip.output_audio)[0] for clip in found.clips]
    assert len(sounds) == 4
    assert all(len(sound) == tiny.N_SAMPLES and np.isfinite(sound).all() for sound in sounds)


def test_that_a_run_with_an_encoder_is_measured_and_can_be_listened_to(data: Path, tmp_path: Path) -> None:
    files, params = PAPERS["nsynth_ae"]
    judges = (f"{job}.data_provider = @data.TFRecordProvider()" for job in ("evaluate", "sample"))
    pattern = f"TFRecordProvider.file_pattern = '{data}/tiny.tfrecord'"
    found = judged(tmp_path / "run", files, (*params, *judges, pattern, "batch_size = 2", "train.n_clips = 0"))
    assert np.isfinite(found.measured["total_loss"])
    assert len(found.clips) == 4
    listening = RenderSpec(
        model_path=str(found.folder),
        input_path=str(recordings.write(tmp_path / "a.wav", recordings.melody(1, 44100), 44100)),
        output_path=str(tmp_path / "out.wav"),
        listening_dir=str(tmp_path / "heard"),
        tracker="swift-f0",
    )
    result = events_of(listening)[-1].result
    assert len(soundfile.read(result["output_audio"])[0]) == 16000
    assert np.load(result["output_spectrogram"]).shape == np.load(result["input_spectrogram"]).shape
