"""The range of the notes that a model has learned: from the data set, wherever it lies now, or from what is known."""

import json
from pathlib import Path

import numpy as np
import pytest

from ddsp_backend.data.manifest import RUN_STATISTICS, Manifest, write_manifest
from ddsp_backend.data.providers import TFRecordProvider
from ddsp_backend.inference.model_player import load_player
from ddsp_backend.plugin.metadata import find_note_range
from ddsp_backend.plugin.note_range import Source, range_of_examples
from tests.plugin.conftest import NOTES
from tests.plugin.instruments import provider_settings, write_examples, write_model


def test_that_it_is_the_mean_of_the_extremes_of_each_example(data_set):
    """A second with 51 frames, 20 of which are trimmed: of the glide upwards the first 31 frames count."""
    found = range_of_examples(TFRecordProvider(**provider_settings(str(data_set))))
    way = np.linspace(0, 1, 51)[:31]
    lows, levels = np.array(NOTES).T
    # At both ends the confidence is averaged with what lies beyond, so some frames there do not count.
    assert 0 <= found.lowest_midi - lows.mean() < way[20]
    assert found.highest_midi == pytest.approx(lows.mean() + way[-1], abs=0.05)
    assert 0 <= found.softest_db - levels.mean() < 6 * way[20]
    assert found.loudest_db == pytest.approx(levels.mean() + 6 * way[-1], abs=0.3)
    assert found.source is Source.EXAMPLES


def test_that_silence_at_a_wild_pitch_does_not_count(tmp_path):
    path = write_examples(tmp_path / "a.tfrecord", [(57.0, -20.0)], example_secs=4.0)
    found = range_of_examples(TFRecordProvider(**provider_settings(str(path), example_secs=4.0)))
    assert found.highest_midi < 58.1
    assert found.softest_db > -21


def test_that_an_example_without_notes_counts_as_a_whole(tmp_path):
    path = write_examples(tmp_path / "a.tfrecord", [(57.0, -90.0), (57.0, -20.0)])
    found = range_of_examples(TFRecordProvider(**provider_settings(str(path))))
    assert np.isfinite([found.lowest_midi, found.highest_midi, found.softest_db, found.loudest_db]).all()
    assert found.softest_db < -50


def manifest_of(data: str) -> Manifest:
    settings = {"example_secs": 1.0, "sample_rate": 16000, "frame_rate": 50, "center": True}
    statistics = {"lowest_midi": 40, "highest_midi": 70, "voiced_power_db": [float(level) for level in range(-100, 1)]}
    return Manifest(1, settings, [], data, "", 3, 0, 3.0, 3.0, statistics)


def test_that_a_data_set_that_was_moved_with_its_manifest_is_found(tmp_path):
    model = write_model(tmp_path / "model", data=str(tmp_path / "gone*"))
    moved = write_examples(tmp_path / "moved.tfrecord", [(80.0, -12.0)])
    write_manifest(tmp_path / "moved.manifest.json", manifest_of(moved.name))
    found = find_note_range(load_player(model), model, tmp_path / "moved.manifest.json", "")
    assert found.source is Source.EXAMPLES
    assert 79.99 < found.lowest_midi < found.highest_midi < 81


@pytest.mark.parametrize("where", ["manifest", "run"])
def test_that_without_the_data_set_what_the_preparation_wrote_of_it_is_taken(where, tmp_path):
    model = write_model(tmp_path / "model", data=str(tmp_path / "gone*"))
    manifest = manifest_of("gone*")
    path = tmp_path / "data.manifest.json"
    if where == "manifest":
        write_manifest(path, manifest)
    else:
        kept = {"settings": manifest.settings, "statistics": manifest.statistics}
        (model / RUN_STATISTICS).write_text(json.dumps(kept))
    found = find_note_range(load_player(model), model, path, "")
    assert found.source is Source.SUMMARY
    assert (found.lowest_midi, found.highest_midi) == (40, 70)
    assert (found.softest_db, found.loudest_db) == (-95, -5)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"version": 1}'])
def test_that_a_damaged_manifest_is_passed_over(damage, tmp_path):
    model = write_model(tmp_path / "model", data=str(tmp_path / "gone*"))
    path: Path = tmp_path / "data.manifest.json"
    path.write_text(damage)
    found = find_note_range(load_player(model), model, path, "")
    assert found.source is Source.NOTHING
