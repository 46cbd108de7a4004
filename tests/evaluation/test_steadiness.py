"""Which notes are held, and how steadily. F = frames."""

import numpy as np
import pytest

from ddsp_backend.evaluation.steadiness import harmonic_levels_db, steady_stretches, wobble_db

RATE = 50


def held(n: int, hz: float = 220.0, db: float = -20.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.full(n, hz), np.full(n, db), np.ones(n, bool)


def test_that_a_held_note_is_one_stretch_and_another_note_begins_another():
    hz, db, is_voiced = (np.concatenate(parts) for parts in zip(held(40), held(30, 330.0), strict=True))
    assert steady_stretches(hz, db, is_voiced, RATE) == [slice(0, 40), slice(40, 70)]


def test_that_short_notes_rests_glides_and_swells_are_no_stretches():
    hz, db, is_voiced = held(50)
    assert steady_stretches(*held(10), RATE) == []
    assert steady_stretches(hz, db, ~is_voiced, RATE) == []
    assert steady_stretches(220.0 * 2 ** (np.arange(50) / 50), db, is_voiced, RATE) == []
    assert steady_stretches(hz, np.linspace(-60.0, 0.0, 50), is_voiced, RATE) == []


def test_that_vibrato_of_30_cents_stays_one_note():
    hz, db, is_voiced = held(50)
    vibrato = hz * 2 ** (30 / 1200 * np.sin(np.arange(50)))
    assert steady_stretches(vibrato, db, is_voiced, RATE) == [slice(0, 50)]


def test_that_a_wobble_is_measured_around_a_line_and_not_around_the_mean():
    frames = np.arange(100)
    line = -20.0 - 0.05 * frames
    wave = np.sqrt(2) * np.sin(2 * np.pi * frames / 10)
    (straight,) = wobble_db(line[:, None], [slice(0, 100)])
    (waving,) = wobble_db((line + wave)[:, None], [slice(0, 100)])
    assert straight == pytest.approx(0.0, abs=1e-9)
    assert waving == pytest.approx(1.0, abs=0.01)


def test_that_harmonics_that_nobody_hears_have_no_part_in_it():
    amplitudes = np.tile([1.0, 0.1, 0.001], (20, 1))
    amplitudes[::2, 2] = 0.0
    levels = harmonic_levels_db(amplitudes)
    assert np.isfinite(levels).all(0).tolist() == [True, True, False]
    assert wobble_db(levels, [slice(0, 20)]) == pytest.approx([0.0, 0.0], abs=1e-9)
    assert wobble_db(levels[:, 2:], [slice(0, 20)]) == []
