"""Evaluators of models that know pitch or notes, on small models, and what they show in TensorBoard."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ddsp_backend.config.parse import parse
from ddsp_backend.config.settings import (
    BasicEvaluatorConfig,
    EvaluatorConfig,
    F0LdEvaluatorConfig,
    MidiAutoencoderEvaluatorConfig,
    MidiHeuristicEvaluatorConfig,
    TWMEvaluatorConfig,
)
from ddsp_backend.errors import DataError
from ddsp_backend.evaluation.evaluator_table import make_evaluators
from ddsp_backend.evaluation.evaluators import Evaluator
from ddsp_backend.evaluation.sample_summaries import SampleSummaries
from ddsp_backend.reporting.tensorboard import Summaries

SAMPLE_RATE, FRAME_RATE, N_FRAMES = 16000, 250, 60
N_SAMPLES = N_FRAMES * 64
NOTES_F = np.repeat([62, 0, 65], [25, 10, 25])
HZ_F = np.where(NOTES_F > 0, 440 * 2 ** ((NOTES_F - 69) / 12), 0)
BATCH = {
    "audio": tf.constant(0.2 * np.sin(np.cumsum(np.repeat(HZ_F, 64)) * 2 * np.pi / SAMPLE_RATE)[None], tf.float32),
    "f0_hz": tf.constant(HZ_F[None, :, None], tf.float32),
    "f0_confidence": tf.constant((HZ_F > 0)[None], tf.float32),
    "loudness_db": tf.constant(np.where(NOTES_F > 0, -25.0, -80.0)[None, :, None], tf.float32),
    "note_active_velocities": tf.constant((np.eye(128)[NOTES_F] * (NOTES_F > 0)[:, None])[None], tf.float32),
}
SMALL = (
    f"F0LoudnessPreprocessor.time_steps = {N_FRAMES}",
    "DilatedConvDecoder.ch = 6",
    "DilatedConvDecoder.layers_per_stack = 2",
    "dec/DilatedConvStack.ch = 6",
    "dec/DilatedConvStack.stacks = 1",
    "dec/DilatedConvStack.layers_per_stack = 2",
    "SpectralLoss.fft_sizes = (256, 64)",
    f"MidiAutoencoder.n_samples = {N_SAMPLES}",
    "MidiAutoencoder.reverb = False",
)


@pytest.fixture(scope="module")
def outputs() -> dict[str, Any]:
    """Of a MidiAutoencoder that takes the notes of the data set."""
    tf.random.set_seed(0)
    model = parse(["models/midiae/midiae.gin"], SMALL).model()
    model.build(BATCH)
    outputs = model(BATCH, training=False)
    return {**outputs, "audio_gen": model.get_audio_from_outputs(outputs)}


@pytest.fixture
def shown(tmp_path: Path) -> "Shown":
    return Shown(tmp_path)


class Shown:
    """What an evaluator writes for TensorBoard, read with TensorBoard's own reader."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)

    def by(self, evaluator: Evaluator, outputs: dict[str, Any]) -> dict[str, Any]:
        """Pictures [H, W, C] and rendered sounds by tag."""
        with Summaries(self._folder) as summaries:
            evaluator.sample(BATCH, outputs, SampleSummaries(summaries, 7, "sample 1", SAMPLE_RATE))
        events = EventAccumulator(self._folder).Reload()
        found = {}
        for tag in events.Tags()["tensors"]:
            (event,) = events.Tensors(tag)
            assert event.step == 7
            encoded = event.tensor_proto.string_val
            plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
            if plugin == "images":
                found[tag] = tf.io.decode_png(encoded[2]).numpy()
            else:
                found[tag] = tf.audio.decode_wav(encoded[0])[0].numpy()[:, 0]
        return found


def made(config: EvaluatorConfig) -> Evaluator:
    (evaluator,) = make_evaluators([config], SAMPLE_RATE, FRAME_RATE)
    return evaluator


def measured(config: EvaluatorConfig, outputs: Mapping[str, Any]) -> dict[str, float]:
    evaluator = made(config)
    assert list(evaluator.evaluate(BATCH, dict(outputs), {})) == [1]
    return evaluator.metrics()


def test_that_notes_taken_from_the_data_set_are_all_right(outputs: dict[str, Any]) -> None:
    found = measured(MidiAutoencoderEvaluatorConfig(), outputs)
    assert found == {
        f"midi/learned/{part}/{score}": 1
        for part in ("onset", "full_note", "frame")
        for score in ("precision", "recall", "f1")
    }


def test_that_a_note_that_is_a_semitone_off_is_wrong_and_still_sounds(outputs: dict[str, Any]) -> None:
    wrong_F = np.where(NOTES_F == 65, 66, NOTES_F)
    found = measured(MidiAutoencoderEvaluatorConfig(), {**outputs, "pianoroll": np.eye(128)[wrong_F][None]})
    assert found["midi/learned/onset/f1"] == found["midi/learned/full_note/precision"] == 0.5
    assert found["midi/learned/frame/f1"] == 1


def test_that_rules_of_thumb_find_the_notes_in_the_controls(outputs: dict[str, Any]) -> None:
    found = measured(MidiHeuristicEvaluatorConfig(), outputs)
    assert found["midi/heuristic/onset/f1"] == found["midi/heuristic/full_note/f1"] == 1
    assert found["midi/heuristic/frame/f1"] > 0.95


def test_that_notes_before_and_after_are_shown(shown: Shown, outputs: dict[str, Any]) -> None:
    found = shown.by(made(MidiAutoencoderEvaluatorConfig()), {**outputs, "loudness_db_rec": BATCH["loudness_db"]})
    sounds = {"synth_audio", "midi_audio"}
    pictures = {"pitch_learned", "loudness_db_learned", "pianoroll_learned", "amplitudes"}
    pictures |= {"harmonic_distribution", "noise_magnitudes"}
    of_sounds = {f"{kind}_{sound}" for kind in ("spectrogram", "waveform") for sound in sounds}
    assert found.keys() == {f"{kind}/sample 1" for kind in sounds | pictures | of_sounds}
    np.testing.assert_allclose(found["midi_audio/sample 1"], outputs["midi_audio"][0], atol=1e-4)
    colors = {tuple(pixel) for pixel in found["pianoroll_learned/sample 1"].reshape(-1, 3)}
    assert (0, 200, 200) in colors  # both agree ...
    assert not colors & {(0, 170, 0), (0, 0, 255)}  # ... everywhere


def test_that_the_notes_of_rules_of_thumb_are_shown(shown: Shown, outputs: dict[str, Any]) -> None:
    found = shown.by(made(MidiHeuristicEvaluatorConfig()), outputs)
    assert found.keys() == {"midi_heuristic/sample 1", "pianoroll_heuristic/sample 1"}
    assert (214, 39, 40) in {tuple(pixel) for pixel in found["midi_heuristic/sample 1"].reshape(-1, 3)}


def test_that_audio_waveforms_and_spectrograms_are_shown(shown: Shown, outputs: dict[str, Any]) -> None:
    found = shown.by(made(BasicEvaluatorConfig()), outputs)
    kinds = {"audio_original", "audio_generated", "spectrogram_original", "spectrogram_generated"}
    assert found.keys() == {f"{kind}/sample 1" for kind in kinds | {"waveform", "waveform_close_up"}}
    np.testing.assert_allclose(found["audio_original/sample 1"], BATCH["audio"][0], atol=1e-4)
    assert found["spectrogram_original/sample 1"].shape[0] == 128


def sinusoids(hz_F: np.ndarray) -> dict[str, Any]:
    """Ten harmonics, and strangers between them that are soft."""
    numbers_K = np.concatenate([np.arange(1, 11), [1.37, 2.61]])
    harmonics_FK = np.maximum(hz_F, 1.0)[:, None] * numbers_K
    amps_K = np.where(numbers_K % 1 == 0, 0.3 / numbers_K, 0.0003)
    amps_FK = amps_K * (hz_F > 0)[:, None]
    controls = {"frequencies": tf.constant(harmonics_FK[None], tf.float32)}
    return {
        "sinusoidal": {"controls": {**controls, "amplitudes": tf.constant(amps_FK[None], tf.float32)}},
        "audio_gen": BATCH["audio"],
    }


def test_that_the_pitch_of_sinusoids_is_found_by_two_way_mismatch(shown: Shown) -> None:
    found = measured(TWMEvaluatorConfig(), sinusoids(HZ_F))
    assert found["f0_twm/f0_distance_cents"] < 1
    assert found["f0_twm/raw_pitch_accuracy"] == found["f0_twm/raw_chroma_accuracy"] == 1
    assert shown.by(made(TWMEvaluatorConfig()), sinusoids(HZ_F)).keys() == {"f0_twm/sample 1"}


def test_that_another_octave_is_right_in_chroma_alone() -> None:
    found = measured(TWMEvaluatorConfig(), sinusoids(2 * HZ_F))
    assert found["f0_twm/f0_distance_cents"] == pytest.approx(1200, abs=1)
    assert (found["f0_twm/raw_pitch_accuracy"], found["f0_twm/raw_chroma_accuracy"]) == (0, 1)


def test_that_what_is_noise_does_not_count_as_a_sinusoid() -> None:
    """Two tones at once, of which the louder one is noise."""
    soft, loud = (sinusoids(hz_F)["sinusoidal"]["controls"] for hz_F in (HZ_F, 1.37 * HZ_F))
    levels = {"frequencies": 1.0, "amplitudes": 20.0}
    controls = {key: tf.concat([soft[key], level * loud[key]], -1) for key, level in levels.items()}
    controls["noise_ratios"] = tf.concat([tf.zeros([1, N_FRAMES, 12]), tf.ones([1, N_FRAMES, 12])], -1)
    for noisy, cents in ((False, 1200 * np.log2(1.37)), (True, 0)):
        found = measured(TWMEvaluatorConfig(noisy=noisy), {"sinusoidal": {"controls": controls}})
        assert found["f0_twm/f0_distance_cents"] == pytest.approx(cents, abs=1)


def test_that_a_pitch_of_the_models_own_is_measured_and_shown(shown: Shown) -> None:
    config = F0LdEvaluatorConfig(run_f0_crepe=False)
    sharp = {"f0_hz": BATCH["f0_hz"] * 2 ** (0.3 / 12), "audio_gen": BATCH["audio"]}
    found = measured(config, sharp)
    assert found["f0/f0_distance_cents"] == pytest.approx(30, abs=0.1)
    assert found["f0/raw_pitch_accuracy"] == 1
    assert found["loudness_distance_db"] == 0
    assert shown.by(made(config), sharp).keys() == {"f0/sample 1"}


def test_that_a_pitch_that_is_merely_handed_on_is_not(shown: Shown) -> None:
    config = F0LdEvaluatorConfig(run_f0_crepe=False)
    same = {"f0_hz": BATCH["f0_hz"], "audio_gen": BATCH["audio"]}
    assert not [name for name in measured(config, same) if name.startswith("f0")]
    assert shown.by(made(config), same) == {}


def test_that_what_a_model_lacks_is_said() -> None:
    for config, needs in (
        (TWMEvaluatorConfig(), "TWMEvaluator needs 'sinusoidal/controls/frequencies'"),
        (MidiAutoencoderEvaluatorConfig(), "MidiAutoencoderEvaluator needs 'pianoroll'"),
        (MidiHeuristicEvaluatorConfig(), "MidiHeuristicEvaluator needs 'note_active_velocities'"),
    ):
        with pytest.raises(DataError, match=needs):
            measured(config, {"f0_hz": BATCH["f0_hz"], "audio_gen": BATCH["audio"]})


def test_that_the_files_choose_the_evaluators() -> None:
    chosen = {
        file: [type(config) for config in parse([f"eval/{file}.gin"]).sample().evaluator_classes]
        for file in ("basic_f0_ld_twm", "midi_ae")
    }
    assert chosen == {
        "basic_f0_ld_twm": [BasicEvaluatorConfig, F0LdEvaluatorConfig, TWMEvaluatorConfig],
        "midi_ae": [BasicEvaluatorConfig, MidiAutoencoderEvaluatorConfig],
    }
