"""Notes whose attack and release are known: ramps that are straight in decibels."""

import math

import numpy as np
import pytest

from ddsp_backend.evaluation.note_edges import attacks_and_releases

RATE = 16000


def note(attack: float, release: float, seconds: float = 2.0, hz: float = 440.0) -> np.ndarray:
    """60 dB up in `attack` seconds from 0.5 s on, 60 dB down in `release` seconds until 1.5 s + release."""
    time_N = np.arange(round(seconds * RATE)) / RATE
    level_db = np.minimum(0.0, -60.0 + 60.0 * (time_N - 0.5) / attack)
    level_db = np.minimum(level_db, -60.0 * (time_N - 1.2) / release)
    return np.where(level_db > -60.0, 0.3 * 10 ** (level_db / 20), 0.0) * np.sin(2 * np.pi * hz * time_N)


def test_that_straight_ramps_have_the_times_that_they_are_made_with():
    """From 20 to 3 dB below the level lie 17 of the 60 dB."""
    (attack,), (release,) = attacks_and_releases(note(0.3, 0.4), note(0.3, 0.4), RATE)
    assert attack.recorded == pytest.approx(0.3 * 17 / 60, abs=0.015)
    assert release.recorded == pytest.approx(0.4 * 17 / 60, abs=0.015)
    assert (attack.output, release.output) == (attack.recorded, release.recorded)


def test_that_a_slower_note_is_as_much_slower_as_it_is_made():
    (attack,), (release,) = attacks_and_releases(note(0.15, 0.15), note(0.45, 0.6), RATE)
    assert attack.output - attack.recorded == pytest.approx(0.3 * 17 / 60, abs=0.02)
    assert release.output - release.recorded == pytest.approx(0.45 * 17 / 60, abs=0.02)


def test_that_how_loud_a_note_is_does_not_matter():
    (attack,), _ = attacks_and_releases(note(0.3, 0.4), 0.1 * note(0.3, 0.4), RATE)
    assert attack.output == pytest.approx(attack.recorded, abs=0.004)


def test_that_every_note_between_rests_has_an_attack_and_a_release():
    two = np.concatenate([note(0.1, 0.1), note(0.2, 0.2)])
    attacks, releases = attacks_and_releases(two, two, RATE)
    assert len(attacks) == len(releases) == 2
    assert attacks[0].recorded < attacks[1].recorded


def test_that_a_note_that_the_phrase_cuts_has_no_attack_or_no_release():
    cut = note(0.3, 0.4)[round(0.9 * RATE) :]
    attacks, releases = attacks_and_releases(cut, cut, RATE)
    assert (len(attacks), len(releases)) == (0, 1)
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    assert attacks_and_releases(tone, tone, RATE) == ([], [])


def test_that_silence_has_no_notes_and_a_silent_result_no_times():
    silence = np.zeros(2 * RATE)
    assert attacks_and_releases(silence, silence, RATE) == ([], [])
    (attack,), _ = attacks_and_releases(note(0.3, 0.4), silence, RATE)
    assert math.isfinite(attack.recorded)
    assert math.isnan(attack.output)
