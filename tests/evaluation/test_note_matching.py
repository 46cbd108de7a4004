"""Notes and their matches, on pianorolls that can be counted by hand."""

import numpy as np
import pytest

from ddsp_backend.evaluation.midi_metrics import MidiMetrics
from ddsp_backend.evaluation.note_matching import Counts, count_matches
from ddsp_backend.evaluation.notes import Note, align_notes, hz_to_midi, notes_to_pianoroll, pianoroll_to_notes

RATE = 100
TUNE = [Note(60, 0.0, 0.5), Note(62, 0.5, 1.0), Note(60, 1.2, 1.6)]


def test_that_a_pianoroll_and_its_notes_are_the_same() -> None:
    pianoroll_FP = notes_to_pianoroll(TUNE, 200, RATE)
    assert pianoroll_FP.sum() == 50 + 50 + 40
    assert pianoroll_to_notes(pianoroll_FP, RATE) == TUNE
    assert pianoroll_to_notes(np.zeros([20, 128]), RATE) == []


def test_that_pitch_0_is_a_rest() -> None:
    pianoroll_FP = np.zeros([20, 128])
    pianoroll_FP[:10, 0] = pianoroll_FP[10:, 64] = 1
    assert pianoroll_to_notes(pianoroll_FP, RATE) == [Note(64, 0.1, 0.2)]


def test_that_no_pitch_is_note_0() -> None:
    np.testing.assert_allclose(hz_to_midi([440.0, 0.0, 880.0]), [69, 0, 81])


@pytest.mark.parametrize(
    ("later", "longer", "higher", "n_onsets", "n_full"),
    [(0.05, 0, 0, 1, 1), (0.06, 0, 0, 0, 0), (0, 0.1, 0, 1, 1), (0, 0.12, 0, 1, 0), (0, 0, 1, 0, 0)],
)
def test_that_tolerances_are_50_ms_and_a_fifth_of_the_length(
    later: float, longer: float, higher: int, n_onsets: int, n_full: int
) -> None:
    reference, estimated = [Note(60, 1.0, 1.5)], [Note(60 + higher, 1.0 + later, 1.5 + longer)]
    assert count_matches(reference, estimated, with_offsets=False) == n_onsets
    assert count_matches(reference, estimated, with_offsets=True) == n_full


def test_that_no_note_is_matched_twice_and_the_most_are_matched() -> None:
    """The first could take either; only if it leaves the earlier one to the second are both served."""
    reference = [Note(60, 1.0, 1.2), Note(60, 0.96, 1.2)]
    estimated = [Note(60, 1.0, 1.2), Note(60, 1.05, 1.2)]
    assert count_matches(reference, estimated, with_offsets=False) == 2
    assert count_matches(reference, estimated[:1] * 1, with_offsets=False) == 1
    assert count_matches([], estimated, with_offsets=False) == 0


def test_that_scores_are_those_of_the_textbook() -> None:
    counts = Counts()
    counts.add(2, 1, 0)
    counts.add(1, 0, 4)
    assert counts.scores() == pytest.approx({"precision": 3 / 4, "recall": 3 / 7, "f1": 6 / 11})
    assert Counts().scores() == {}
    assert Counts(0, 2, 3).scores() == {"precision": 0, "recall": 0, "f1": 0}


def test_that_annotated_notes_move_to_where_they_are_heard() -> None:
    heard = np.zeros(200)
    heard[10:58], heard[62:95] = 60, 62
    hz_F = np.where(heard > 0, 440 * 2 ** ((heard - 69) / 12), 0)
    aligned = align_notes([Note(60, 0.0, 0.6), Note(62, 0.6, 1.0), Note(99, 1.5, 1.6)], hz_F, RATE)
    assert aligned == [Note(60, 0.1, 0.58), Note(62, 0.62, 0.95), Note(99, 1.5, 1.6)]


def test_that_notes_are_counted_over_all_examples_together() -> None:
    pianoroll_FP = notes_to_pianoroll(TUNE, 200, RATE)
    metrics = MidiMetrics(RATE, "learned", align_midi_with_f0=False)
    metrics.update_state(pianoroll_FP, TUNE, np.zeros(200))
    metrics.update_state(pianoroll_FP, [TUNE[0], Note(62, 0.5, 1.6)], np.zeros(200))
    found = metrics.metrics()
    assert found["midi/learned/onset/recall"] == pytest.approx(5 / 6)
    assert found["midi/learned/onset/precision"] == 1
    assert found["midi/learned/full_note/recall"] == pytest.approx(4 / 6)
    assert found["midi/learned/full_note/precision"] == pytest.approx(4 / 5)
    # In the second example the gap of 20 frames sounds.
    assert found["midi/learned/frame/recall"] == 1
    assert found["midi/learned/frame/precision"] == pytest.approx(280 / 300)
    assert found["midi/learned/frame/f1"] == pytest.approx(560 / 580)


def test_that_alignment_is_asked_for_by_default() -> None:
    pianoroll_FP = notes_to_pianoroll([Note(60, 0.0, 0.5)], 100, RATE)
    hz_F = np.where((np.arange(100) >= 20) & (np.arange(100) < 50), 261.63, 0)
    for aligns, recall in ((True, 1), (False, 0)):
        metrics = MidiMetrics(RATE, "x", align_midi_with_f0=aligns)
        metrics.update_state(pianoroll_FP, [Note(60, 0.2, 0.5)], hz_F)
        assert metrics.metrics()["midi/x/onset/recall"] == recall


def test_that_nothing_to_find_and_nothing_found_is_not_measured() -> None:
    metrics = MidiMetrics(RATE, "x")
    metrics.update_state(np.zeros([50, 128]), [], np.zeros(50))
    assert metrics.metrics() == {}
