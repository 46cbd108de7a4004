"""A data set of whole chunks, of whole recordings, and of audio alone."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.data.providers import TFRecordProvider
from ddsp_backend.errors import DataError
from tests import recordings
from tests.data.prepared import SECONDS, counting, examples_of, prepare, write_recordings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recordings(tmp_path_factory.mktemp("takes"))


def records_of(pattern: str) -> list[dict[str, np.ndarray]]:
    """Every example with all its features, whatever their lengths."""
    files = sorted(tf.io.gfile.glob(pattern))
    parsed = [tf.train.Example.FromString(record.numpy()) for record in tf.data.TFRecordDataset(files)]
    return [
        {key: np.array(feature.float_list.value, "f4") for key, feature in example.features.feature.items()}
        for example in parsed
    ]


def test_that_whole_chunks_can_be_examples(folder, tmp_path):
    """As the reference does: the last one of a recording is filled up with silence."""
    written, manifest, _ = prepare(folder, tmp_path / "data.tfrecord", example_secs=0, chunk_secs=4)
    assert written.n_train == 2 + 3 + 2
    examples = examples_of(written.train_pattern)
    found = {example["audio"].tobytes() for example in examples}
    for index, seconds in enumerate(SECONDS):
        audio_N = np.pad(recordings.melody(seconds, hz=250 + 60 * index), (0, 3 * 64000))
        assert all(
            audio_N[start : start + 64000].tobytes() in found for start in range(0, round(seconds * 16000), 64000)
        )
    starts = sorted(place for places in manifest["examples"].values() for place in map(tuple, places))
    assert starts == [(0, 0), (0, 4), (1, 0), (1, 4), (1, 8), (2, 0), (2, 4)]
    provider = TFRecordProvider(str(tmp_path / "data.tfrecord*"), example_secs=4)
    assert provider.n_examples == 7


def test_that_whole_recordings_can_be_examples_but_not_batches(folder, tmp_path):
    settings = {"example_secs": 0, "chunk_secs": 0, "split": "recording", "held_out_fraction": 0.3}
    written, _, _ = prepare(folder, tmp_path / "data.tfrecord", center=True, **settings)
    assert (written.n_train, written.n_held_out) == (2, 1)
    examples = records_of(written.train_pattern) + records_of(written.held_out_pattern)
    lengths = {len(example["audio"]): len(example["f0_hz"]) for example in examples}
    assert lengths == {round(seconds * 16000): round(seconds * 250) + 1 for seconds in SECONDS}
    with pytest.raises(DataError, match="whole recordings, each of its own length"):
        _ = TFRecordProvider(written.train_pattern, centered=True).n_examples


@pytest.mark.parametrize(("sample_rate", "example_secs"), [(16000, 4), (44100, 1.5)])
def test_that_audio_alone_is_written_without_any_analysis(folder, tmp_path, monkeypatch, sample_rate, example_secs):
    asked = counting(monkeypatch)
    settings = {"frame_rate": 0, "sample_rate": sample_rate, "example_secs": example_secs}
    written, manifest, result = prepare(folder / "0.wav", tmp_path / "data.tfrecord", **settings)
    examples = records_of(written.train_pattern)
    assert {key: len(values) for key, values in examples[0].items()} == {
        "audio": round(example_secs * sample_rate),
        "audio_16k": round(example_secs * 16000),
    }
    assert len(examples) == written.n_train == manifest["n_train"] > 0
    assert asked == []
    assert (result["chunks_computed"], written.voiced_seconds) == ("0", 0)
    with pytest.raises(DataError, match="hold no 'f0_hz', only audio, audio_16k"):
        _ = TFRecordProvider(written.train_pattern, example_secs, sample_rate).n_examples
