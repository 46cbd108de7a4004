"""Distances of pitch and loudness, on numbers that can be reckoned by hand."""

import numpy as np
import pytest

from ddsp_backend.evaluation.distances import (
    f0_distance,
    midi_distance,
    raw_chroma_accuracy,
    raw_pitch_accuracy,
)
from ddsp_backend.evaluation.metrics import F0Metrics
from ddsp_backend.reporting.loudness_metrics import loudness_differences, loudness_distance


def test_that_an_octave_on_every_sure_frame_is_twelve_semitones() -> None:
    target_F, sure_F = np.array([220.0, 440.0, 330.0]), np.full(3, 0.9)
    assert f0_distance(target_F, 2 * target_F, sure_F) == pytest.approx(12)
    assert f0_distance(target_F, target_F / 2, sure_F) == pytest.approx(12)


def test_that_only_frames_where_the_target_is_sure_count() -> None:
    target_F, output_F = np.full(4, 440.0), np.array([440.0, 440.0 * 2 ** (1 / 12), 9999.0, 20.0])
    assert f0_distance(target_F, output_F, np.array([0.9, 0.85, 0.84, 0.0])) == pytest.approx(0.5)


def test_that_a_target_without_a_sure_frame_has_no_distance() -> None:
    assert f0_distance(np.full(3, 440.0), np.full(3, 440.0), np.full(3, 0.8)) is None


def test_that_the_references_distance_averages_in_whatever_is_far_off_and_has_silence_at_note_zero() -> None:
    target_F, sure_F = np.full(4, 220.0), np.array([1.0, 1.0, 0.9, 0.2])
    assert midi_distance(target_F, np.array([220.0, 220.0, 660.0, 5.0]), sure_F) == pytest.approx(12 * np.log2(3) / 3)
    assert midi_distance(target_F, np.array([220.0, 220.0, 0.0, 5.0]), sure_F) == pytest.approx(57 / 3)
    assert midi_distance(np.zeros(4), np.zeros(4), sure_F) == 0
    assert midi_distance(target_F, target_F, np.full(4, 0.8)) is None


def test_that_examples_far_off_are_in_the_references_mean_and_counted_beside_it() -> None:
    metrics = F0Metrics()
    hz_F, sure_F = np.full(50, 300.0, np.float32), np.ones(50, np.float32)
    for factor in (1.0, 3.0):
        metrics.update_state(hz_F, sure_F, factor * hz_F)
    found = metrics.metrics()
    assert found["f0/f0_dist"] == pytest.approx(6 * np.log2(3))
    assert (found["f0/f0_distance_cents"], found["f0/f0_outlier_ratio"]) == (0, 0.5)


def test_that_frames_that_one_side_lacks_are_left_out() -> None:
    assert f0_distance(np.full(5, 440.0), np.full(4, 440.0), np.ones(5)) == 0
    assert loudness_distance(np.array([-20.0, -30.0, -40.0]), np.array([-21.0, -27.0])) == pytest.approx(2)


def test_that_loudness_is_told_apart_where_the_target_sounds_and_where_it_is_silent() -> None:
    notes, silence = loudness_differences(np.array([-20.0, -59.0, -60.0, -80.0]), np.array([-22.0, -58.0, -20.0]))
    assert notes.tolist() == [2, 1]
    assert silence.tolist() == [40]


def test_that_accuracies_are_shares_of_the_frames_that_have_a_pitch() -> None:
    """Right, 49 and 51 cents off, an octave and 40 cents off, not found; and one that nobody asked for."""
    target_F = np.array([440.0, 440.0, 440.0, 440.0, 440.0, 0.0])
    output_F = np.array([440.0, 440 * 2 ** (49 / 1200), 440 * 2 ** (-51 / 1200), 440 * 2 ** (1240 / 1200), 0.0, 440.0])
    assert raw_pitch_accuracy(target_F, output_F) == pytest.approx(2 / 5)
    assert raw_chroma_accuracy(target_F, output_F) == pytest.approx(3 / 5)
    assert raw_pitch_accuracy(target_F, output_F, tolerance_cents=60) == pytest.approx(3 / 5)
    assert raw_pitch_accuracy(np.zeros(3), np.ones(3)) is None
