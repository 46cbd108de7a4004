"""Evaluators on batches whose distances are known."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.config.settings import BasicEvaluatorConfig, F0LdEvaluatorConfig
from ddsp_backend.evaluation.evaluator_table import make_evaluators
from ddsp_backend.evaluation.evaluators import Evaluator
from tests.recordings import tone

SECONDS = 0.4
FRAME_RATE = 250
TINY = F0LdEvaluatorConfig(crepe_capacity="tiny")


def test_that_losses_are_means_over_examples_and_not_over_batches() -> None:
    (evaluator,) = make_evaluators([BasicEvaluatorConfig()], 16000, FRAME_RATE)
    for n, loss in ((4, 1.0), (1, 6.0)):
        assert list(evaluator.evaluate({"audio": tf.zeros([n, 10])}, {}, {"total_loss": loss})) == [n]
    assert evaluator.metrics() == {"total_loss": pytest.approx(2.0)}


def test_that_the_target_itself_is_near_in_pitch_and_equal_in_loudness() -> None:
    metrics = _measured([440.0, 300.0], [_note(440.0), _note(300.0)])
    assert metrics["loudness_distance_db"] == 0
    assert metrics["f0_distance_cents"] < 15
    assert metrics["f0_outlier_ratio"] == 0


def test_that_half_the_level_is_six_decibels_and_a_semitone_a_hundred_cents() -> None:
    metrics = _measured([440.0], [0.5 * _note(440.0 * 2 ** (1 / 12))], target=[_note(440.0 * 2 ** (1 / 12))])
    assert metrics["loudness_distance_db"] == pytest.approx(6.02, abs=0.1)
    assert metrics["f0_distance_cents"] == pytest.approx(100, abs=15)


def test_that_a_residue_in_silence_weighs_in_silence_and_not_in_the_notes() -> None:
    note_N, rest_N = _note(440.0), np.zeros(round(SECONDS * 16000))
    target_N, output_N = np.concatenate([note_N, rest_N]), np.concatenate([note_N, 0.001 * note_N])
    metrics = _measured([np.full(200, 440.0)], [output_N], target=[target_N])
    assert metrics["loudness_distance_db_notes"] < 1
    assert metrics["loudness_distance_db_silence"] > 15
    together = metrics["loudness_distance_db_notes"] + metrics["loudness_distance_db_silence"]
    assert metrics["loudness_distance_db"] == pytest.approx(together / 2, rel=0.1)


def test_that_silence_and_what_is_over_an_octave_away_are_outliers_and_not_in_the_mean() -> None:
    f0_hz = [220.0, 150.0, 440.0]  # the pitch that stands for silence is 220 Hz
    metrics = _measured(f0_hz, [0 * _note(220.0), _note(900.0), _note(440.0)])
    assert metrics["f0_outlier_ratio"] == pytest.approx(2 / 3)
    assert metrics["f0_distance_cents"] < 15


def test_that_examples_without_a_sure_pitch_are_not_asked_for_one() -> None:
    metrics = _measured([440.0], [_note(440.0)], confidence=0.8)
    assert metrics.keys() == {"loudness_distance_db", "loudness_distance_db_notes"}


def test_that_without_crepe_only_loudness_is_compared() -> None:
    metrics = _measured([440.0], [_note(440.0)], config=F0LdEvaluatorConfig(run_f0_crepe=False))
    assert metrics.keys() == {"loudness_distance_db", "loudness_distance_db_notes"}


@pytest.mark.parametrize(("sample_rate", "n_frames"), [(16000, 100), (16000, 101), (48000, 101)])
def test_that_centred_frames_and_other_rates_are_compared_in_their_places(sample_rate: int, n_frames: int) -> None:
    """The pitch jumps in the middle: half a frame of 64 ms to the side would count as semitones there."""
    half = round(SECONDS * sample_rate) // 2
    audio_N = np.concatenate([_note(330.0, sample_rate)[:half], _note(660.0, sample_rate)[:half]])
    start = -32 if n_frames == 101 else 0
    centre_ms = 4 * np.arange(n_frames) + start + 32
    metrics = _measured(
        [np.where(centre_ms < 200, 330.0, 660.0)],
        [audio_N],
        sample_rate=sample_rate,
        confidence=_away_from(200, centre_ms),
    )
    assert metrics["f0_distance_cents"] < 20


def _away_from(middle_ms: float, centre_ms: np.ndarray) -> np.ndarray:
    """Sure everywhere but within 16 ms of the jump, and at the very ends."""
    inside = (centre_ms > 32) & (centre_ms < 1000 * SECONDS - 32)
    return np.where(inside & (np.abs(centre_ms - middle_ms) > 16), 1.0, 0.0)


def _note(hz: float, sample_rate: int = 16000) -> np.ndarray:
    return sum(tone(SECONDS, sample_rate, k * hz, 0.2 / k) for k in (1, 2, 3))  # type: ignore[return-value]


def _measured(
    f0_hz: list[Any],
    output: list[np.ndarray],
    target: list[np.ndarray] | None = None,
    confidence: Any = 1.0,
    sample_rate: int = 16000,
    config: F0LdEvaluatorConfig = TINY,
) -> Mapping[str, float]:
    n_frames = max(np.size(f0_hz[0]), round(SECONDS * FRAME_RATE) if np.size(f0_hz[0]) == 1 else 0)
    f0_hz_BF = np.stack([np.broadcast_to(hz, n_frames) for hz in f0_hz]).astype(np.float32)
    batch = {
        "audio": tf.constant(np.stack(target or output).astype(np.float32)),
        "f0_hz": tf.constant(f0_hz_BF),
        "f0_confidence": tf.constant(np.broadcast_to(confidence, f0_hz_BF.shape).astype(np.float32)),
    }
    evaluator: Evaluator
    (evaluator,) = make_evaluators([config], sample_rate, FRAME_RATE)
    assert list(evaluator.evaluate(batch, {"audio_gen": tf.constant(np.stack(output).astype(np.float32))}, {})) == [
        1
    ] * len(output)
    return evaluator.metrics()
