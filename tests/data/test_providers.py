"""Batches of examples: a known order, a known place to go on from, and sentences about sets that do not fit."""

import re
from pathlib import Path

import numpy as np
import pytest

from ddsp_backend.data.providers import TFRecordProvider
from ddsp_backend.data.tfrecord_writing import serialize_example, write_record
from ddsp_backend.errors import DataError
from tests import recordings
from tests.data.prepared import prepare

N_EXAMPLES = 13
N_SAMPLES, N_FRAMES = 1600, 25
SHORT = {"example_secs": 0.1}


def example(number: int, **lengths: int) -> dict[str, np.ndarray]:
    """Its number is its audio; `lengths` changes features, 0 leaves one out."""
    frames = dict.fromkeys(("f0_hz", "f0_confidence", "loudness_db"), N_FRAMES)
    sizes = {"audio": N_SAMPLES, **frames, **lengths}
    return {key: np.full(size, number, np.float32) for key, size in sizes.items() if size}


def write_set(folder: Path, n_examples: int = N_EXAMPLES, n_files: int = 3, **lengths: int) -> str:
    for index in range(n_files):
        with (folder / f"a.tfrecord-{index:05d}").open("wb") as file:
            for number in range(index, n_examples, n_files):
                write_record(file, serialize_example(example(number, **lengths)))
    return str(folder / "a.tfrecord*")


def numbers(batches: object, n_batches: int | None = None) -> list[list[int]]:
    found = batches if n_batches is None else batches.take(n_batches)
    return [batch["audio"][:, 0].astype(int).tolist() for batch in found.as_numpy_iterator()]


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_set(tmp_path_factory.mktemp("set"))


def test_that_every_example_is_seen_once_in_every_epoch(pattern):
    provider = TFRecordProvider(pattern, **SHORT)
    assert provider.n_examples == N_EXAMPLES
    order = [n for batch in numbers(provider.get_batch(1), 3 * N_EXAMPLES) for n in batch]
    epochs = [order[start : start + N_EXAMPLES] for start in range(0, len(order), N_EXAMPLES)]
    assert all(sorted(epoch) == list(range(N_EXAMPLES)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_that_the_order_is_a_function_of_the_seed_alone(pattern):
    orders = [numbers(TFRecordProvider(pattern, **SHORT).get_batch(4, seed=seed), 9) for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]


@pytest.mark.parametrize("first_batch", [1, 3, 4, 10])
def test_that_a_run_goes_on_with_the_batch_after_its_last_one(pattern, first_batch):
    provider = TFRecordProvider(pattern, **SHORT)
    whole = numbers(provider.get_batch(4, seed=7), 14)
    assert numbers(provider.get_batch(4, seed=7, first_batch=first_batch), 14 - first_batch) == whole[first_batch:]


def test_that_without_shuffling_the_order_is_that_of_the_files(pattern):
    found = numbers(TFRecordProvider(pattern, **SHORT).get_batch(5, shuffle=False, repeats=1, drop_remainder=False))
    assert found == [[0, 3, 6, 9, 12], [1, 4, 7, 10, 2], [5, 8, 11]]


def test_that_a_rest_smaller_than_a_batch_is_dropped_only_when_asked(pattern):
    provider = TFRecordProvider(pattern, **SHORT)
    assert len(numbers(provider.get_batch(5, repeats=1))) == 2
    assert len(numbers(provider.get_batch(5, repeats=1, drop_remainder=False))) == 3


def test_that_audio_at_16_khz_is_there_whatever_the_rate(pattern, tmp_path):
    batch = next(iter(TFRecordProvider(pattern, **SHORT).get_batch(2)))
    np.testing.assert_array_equal(batch["audio_16k"], batch["audio"])
    fast = write_set(tmp_path, audio=4800, audio_16k=1600)
    batch = next(iter(TFRecordProvider(fast, sample_rate=48000, **SHORT).get_batch(2)))
    assert batch["audio"].shape == (2, 4800)
    assert batch["audio_16k"].shape == (2, 1600)


def test_that_a_set_of_other_lengths_is_refused_with_what_it_was_prepared_with(tmp_path):
    recordings.write(tmp_path / "a.wav", recordings.melody(5))
    written, _, _ = prepare(tmp_path / "a.wav", tmp_path / "data.tfrecord", frame_rate=50, center=True)
    assert TFRecordProvider(written.train_pattern, frame_rate=50, centered=True).n_examples == 2
    with pytest.raises(DataError) as caught:
        TFRecordProvider(written.train_pattern).get_batch(1)
    assert "201 values of 'f0_hz' in an example, the model wants 1000" in caught.value.title
    assert "prepared with 4 s at 16000 Hz and 50 frames a second, centred" in caught.value.hint
    assert "the model is set to 4 s at 16000 Hz and 250 frames a second, not centred" in caught.value.hint


def test_that_a_set_without_a_manifest_is_refused_with_what_the_model_wants(pattern):
    with pytest.raises(DataError, match="1600 values of 'audio' in an example, the model wants 64000") as caught:
        TFRecordProvider(pattern).get_batch(1)
    assert "set to 4 s at 16000 Hz" in caught.value.hint


def test_that_a_missing_feature_is_named(tmp_path):
    with pytest.raises(DataError, match=r"hold no 'f0_hz', only audio, f0_confidence, loudness_db"):
        TFRecordProvider(write_set(tmp_path, f0_hz=0), **SHORT).get_batch(1)


def test_that_fewer_examples_than_a_batch_are_refused_with_both_numbers(pattern):
    with pytest.raises(DataError, match=r"has 13 examples, .* a batch of 16") as caught:
        TFRecordProvider(pattern, **SHORT).get_batch(16, repeats=1)
    assert "batch size of 13 or less" in caught.value.hint


def test_that_no_file_and_no_pattern_are_said(tmp_path):
    with pytest.raises(DataError, match="No data set is given"):
        TFRecordProvider().get_batch(1)
    with pytest.raises(DataError, match=re.escape(f"No file fits the pattern {tmp_path}/x*")):
        TFRecordProvider(f"{tmp_path}/x*").get_batch(1)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda content: content[:-10], "ends in the middle of an example"),
        (lambda content: content[:5], "ends in the middle of an example"),
        (lambda content: b"RIFF" + content[4:], "damaged at byte 0, or is no TFRecord file"),
        (lambda content: content[:500] + b"\xff" * 20 + content[520:], "the content of an example is damaged"),
        (lambda content: b"", "not a single example in the 1 files"),
    ],
)
def test_that_a_damaged_file_is_named_before_training_begins(tmp_path, damage, words):
    pattern = write_set(tmp_path, n_files=1)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(DataError, match=words) as caught:
        TFRecordProvider(pattern, **SHORT).get_batch(1)
    assert file.name in caught.value.title or str(tmp_path) in caught.value.title
    assert caught.value.hint
