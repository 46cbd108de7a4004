"""Notes found in curves whose notes are known: at 250 frames a second."""

from typing import Any

import numpy as np
import pytest

from ddsp_backend.config.parse import parse
from ddsp_backend.config.settings import MidiHeuristicEvaluatorConfig
from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.evaluation import heuristics
from ddsp_backend.evaluation.notes import Note

N_FRAMES, HOP = 300, 64
MIDI_F = np.repeat([60.0, 62.0, 0.0, 64.0], [100, 100, 20, 80])


def controls(midi_F: np.ndarray = MIDI_F, amplitude: float = 0.3) -> dict[str, Any]:
    """Of one example, in tune, with a dip where there is no pitch."""
    amps_F = np.where(midi_F > 0, amplitude, 1e-6)
    return {
        "f0_hz": np.where(midi_F > 0, 440 * 2 ** ((midi_F - 69) / 12), 0.0)[:, None],
        "harmonic": {"controls": {"amplitudes": amps_F[:, None]}},
        "audio": np.repeat(amps_F, HOP) * np.sin(0.3 * np.arange(N_FRAMES * HOP)),
    }


@pytest.mark.parametrize("binarize_f", [heuristics.midi_heuristic, heuristics.midi_heuristic_power])
def test_that_notes_are_found_between_changes_of_pitch_and_silence(binarize_f: heuristics.Binarize) -> None:
    notes = heuristics.segment_notes(controls(), binarize_f)
    assert [note.pitch for note in notes] == [60, 62, 64]
    starts, ends = [note.start for note in notes], [note.end for note in notes]
    np.testing.assert_allclose(starts, [0, 100 / 250, 220 / 250], atol=3 / 250)
    np.testing.assert_allclose(ends, [100 / 250, 200 / 250, 300 / 250], atol=3 / 250)
    assert [note.amplitude for note in notes] == pytest.approx([0.3] * 3)


def test_that_a_vibrato_is_one_note_and_a_slow_slide_two() -> None:
    vibrato_F = 60 + 0.3 * np.sin(np.arange(N_FRAMES) / 8)
    assert heuristics.strided_freq_change(controls(vibrato_F)).all()
    slide_F = np.interp(np.arange(N_FRAMES), [0, 140, 160, 300], [60, 60, 62, 62])
    steady_F = heuristics.strided_freq_change(controls(slide_F))
    assert 0 < (~steady_F[140:175]).sum() <= 35
    assert steady_F[:140].all()
    assert steady_F[200:].all()
    # Two notes of the same pitch with a dip in between are told apart by their level alone.
    dipped = controls(np.full(N_FRAMES, 60.0))
    dipped["harmonic"]["controls"]["amplitudes"][148:152] = 0.01
    assert len(heuristics.segment_notes(dipped)) == 2


def test_that_a_steady_tone_is_on_and_silence_off() -> None:
    tone = controls(np.full(N_FRAMES, 60.0))
    assert heuristics.amp_pooled_outliers(tone).all()
    assert heuristics.power_pooled_outliers(tone).all()
    silent = controls(np.full(N_FRAMES, 60.0), amplitude=1e-6)
    assert not heuristics.amp_pooled_outliers(silent).any()
    assert not heuristics.power_pooled_outliers(silent).any()


def test_that_short_stretches_go_wherever_they_lie() -> None:
    is_on_F = np.array([1, 1, 0, 1, 1, 1, 0, 1], np.bool_)
    np.testing.assert_array_equal(heuristics.remove_short(is_on_F, 3), [0, 0, 0, 1, 1, 1, 0, 0])


def test_that_pitches_and_amplitudes_of_a_note_are_means_or_medians() -> None:
    example = {"f0_hz": np.array([9.0, 100, 200, 600, 9]), "harmonic": {"controls": {"amplitudes": np.arange(5.0)}}}
    assert heuristics.mean_f0(example, 1, 4) == 300
    assert heuristics.median_f0(example, 1, 4) == 200
    assert heuristics.median_amps(example, 1, 4) == 2


def test_that_a_batch_is_taken_apart() -> None:
    both = [controls(), controls(np.full(N_FRAMES, 67.0))]
    batch = {
        "f0_hz": np.stack([example["f0_hz"] for example in both]),
        "harmonic": {
            "controls": {"amplitudes": np.stack([example["harmonic"]["controls"]["amplitudes"] for example in both])}
        },
        "noise_seed": None,
    }
    tune, tone = heuristics.segment_notes_batch(batch)
    assert [note.pitch for note in tune] == [60, 62, 64]
    assert tone == [Note(67, 0.0, N_FRAMES / 250, pytest.approx(0.3))]
    assert heuristics.segment_notes_batch(batch, frame_rate=50)[1][0].end == N_FRAMES / 50


def test_that_the_files_of_heuristics_choose_them() -> None:
    for file, expected in (("heuristic", "midi_heuristic"), ("heuristic_power", "midi_heuristic_power")):
        (config,) = (
            parse([f"eval/{file}.gin"], ["evaluate.evaluator_classes = [@MidiHeuristicEvaluator]"])
            .evaluate()
            .evaluator_classes
        )
        assert isinstance(config, MidiHeuristicEvaluatorConfig)
        assert config.segment_f is not None
        assert config.segment_f.keywords["binarize_f"].__name__ == expected
        assert [note.pitch for note in config.segment_f(_batch_of_one())[0]] == [60, 62, 64]


def test_that_a_binding_of_the_rules_alone_counts_too() -> None:
    (config,) = (
        parse(
            [],
            ["segment_notes_batch.pick_f0_f = @median_f0", "evaluate.evaluator_classes = [@MidiHeuristicEvaluator]"],
        )
        .evaluate()
        .evaluator_classes
    )
    assert config.segment_f.keywords == {"pick_f0_f": heuristics.median_f0}  # type: ignore[union-attr]


def test_that_what_is_missing_or_unknown_is_said() -> None:
    with pytest.raises(DataError, match="needs 'harmonic/controls/amplitudes', but there is only audio, f0_hz"):
        heuristics.segment_notes({key: value for key, value in controls().items() if key != "harmonic"})
    with pytest.raises(ConfigError, match="pad_mode='left' is unknown"):
        heuristics.amp_pooled_outliers(controls(), pad_mode="left")


def _batch_of_one() -> dict[str, Any]:
    example = controls()
    amplitudes = example["harmonic"]["controls"]["amplitudes"][None]
    return {
        "f0_hz": example["f0_hz"][None],
        "audio": example["audio"][None],
        "harmonic": {"controls": {"amplitudes": amplitudes}},
    }
