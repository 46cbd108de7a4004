"""Sounds whose answer is known. N = samples."""

import math

import numpy as np
import pytest

from ddsp_backend.arrays import Array
from ddsp_backend.evaluation.sound_judge import JudgedPhrase, judge
from ddsp_backend.pitch.trackers import make_tracker

TIME_N = np.arange(2 * 16000) / 16000
SILENCE = np.zeros(len(TIME_N), np.float32)
NOISE = np.random.default_rng(0).uniform(-0.1, 0.1, len(TIME_N)).astype(np.float32)


def tone(f0_hz: float, level: float = 0.1) -> Array:
    return sum(level / k * np.sin(2 * np.pi * k * f0_hz * TIME_N) for k in range(1, 9)).astype(np.float32)


def heard(target: Array, output: Array, harmonic: Array = SILENCE, noise: Array = SILENCE):
    return judge([JudgedPhrase(target, output, harmonic, noise)], make_tracker("swift-f0"))


def test_that_a_phrase_is_like_itself():
    found = heard(tone(220), tone(220), tone(220))
    assert found.notes_heard == 1.0
    assert found.pitch_lost == 0.0
    assert found.pitch_error_cents < 1.0
    assert found.note_loudness_error_db == 0.0
    assert math.isnan(found.silence_loudness_error_db)
    assert found.harmonic_share == 1.0


def test_that_a_pitch_that_is_off_is_measured_in_cents():
    found = heard(tone(220), tone(220 * 2 ** (30 / 1200)))
    assert found.pitch_error_cents == pytest.approx(30, abs=5)
    assert found.notes_heard > 0.95


def test_that_a_wrong_note_is_not_heard_but_not_lost():
    found = heard(tone(220), tone(233))
    assert found.notes_heard < 0.05
    assert found.pitch_lost < 0.05


def test_that_noise_has_lost_the_pitch():
    found = heard(tone(220), NOISE, noise=NOISE)
    assert found.pitch_lost > 0.9
    assert found.notes_heard < 0.1
    assert found.harmonic_share == 0.0


def test_that_silence_has_lost_the_pitch_too():
    found = heard(tone(220), SILENCE)
    assert found.pitch_lost == 1.0
    assert math.isnan(found.pitch_error_cents)


def test_that_half_the_level_is_six_decibels():
    assert heard(tone(220), tone(220, 0.05)).note_loudness_error_db == pytest.approx(6.02, abs=0.1)


def test_that_notes_and_silence_are_measured_apart():
    is_note_N = TIME_N < 1.0
    target = (tone(220) * is_note_N).astype(np.float32)
    found = heard(target, target + 0.01 * NOISE)
    assert found.note_loudness_error_db < 0.5
    assert 30 < found.silence_loudness_error_db < 45


def test_that_as_much_noise_as_harmonics_is_a_share_of_half():
    louder = NOISE * np.sqrt(np.sum(np.square(tone(220))) / np.sum(np.square(NOISE)))
    assert heard(tone(220), tone(220), tone(220), louder).harmonic_share == pytest.approx(0.5, abs=0.01)


def test_that_without_phrases_nothing_is_known():
    assert math.isnan(judge([], make_tracker("swift-f0")).notes_heard)


def test_that_shares_of_pitch_add_up_and_a_wrong_note_is_wrong():
    found = heard(tone(220), tone(233))
    assert found.pitch_wrong > 0.95
    assert found.notes_heard + found.pitch_lost + found.pitch_wrong == pytest.approx(1.0)


def test_that_all_frames_are_weighed_alike_in_the_loudness_of_all():
    is_note_N = TIME_N < 1.0
    target = (tone(220) * is_note_N).astype(np.float32)
    found = heard(target, 0.5 * target)
    assert found.note_loudness_error_db > 5.9
    assert 2.8 < found.loudness_error_db < 3.3  # six decibels in one of two seconds


def test_that_the_share_of_harmonics_in_the_recording_is_measured_beside():
    louder = NOISE * np.sqrt(np.sum(np.square(tone(220))) / np.sum(np.square(NOISE)))
    assert heard(tone(220), tone(220)).recorded_harmonic_share > 0.98  # its hard edges are noise
    assert heard(tone(220) + louder, tone(220)).recorded_harmonic_share == pytest.approx(0.5, abs=0.1)


def test_that_a_tremolo_is_a_wobble_of_loudness_and_of_every_harmonic():
    """Three decibels up and down: a sine, whose root mean square is its peak over the root of two."""
    tremolo_db = 3.0 * np.sin(2 * np.pi * 4 * TIME_N)
    found = heard(tone(220), (tone(220) * 10 ** (tremolo_db / 20)).astype(np.float32))
    assert found.recorded_loudness_wobble_db < 0.1
    assert found.loudness_wobble_db == pytest.approx(3 / np.sqrt(2), abs=0.2)
    assert found.recorded_harmonic_wobble_db < 0.2
    assert found.harmonic_wobble_db == pytest.approx(3 / np.sqrt(2), abs=0.4)


def test_that_harmonics_can_wobble_while_the_loudness_hardly_does():
    slow = 0.5 + 0.4 * np.sin(2 * np.pi * 3 * TIME_N)
    parts = [sum(0.1 / k * np.sin(2 * np.pi * k * 440 * TIME_N) for k in ks) for ks in ((1, 3), (2, 4))]
    steady = (parts[0] + parts[1]).astype(np.float32)
    wobbling = (parts[0] * np.sqrt(slow) + parts[1] * np.sqrt(1 - slow)).astype(np.float32)
    found = heard(steady, wobbling)
    assert found.harmonic_wobble_db > 3.0 * found.loudness_wobble_db / 2.0
    assert found.harmonic_wobble_db > 2.0
