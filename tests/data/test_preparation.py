"""The data set that a preparation writes: what is in it, where it comes from, what it says about itself."""

from pathlib import Path

import numpy as np
import pytest

from ddsp_backend.data.feature_cache import FeatureCache
from ddsp_backend.data.features import compute_loudness, compute_power
from ddsp_backend.data.pieces import ReadRecording
from ddsp_backend.errors import OWN_FAULT
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import DatasetWritten, Failed, Noted, Progressed
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.run import run
from ddsp_backend.pitch.tracker import track
from ddsp_backend.pitch.trackers import make_tracker
from tests import recordings
from tests.data.prepared import SECONDS, contents, examples_of, prepare, spec_for, write_recordings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recordings(tmp_path_factory.mktemp("takes"))


def test_that_the_references_reader_finds_every_window_with_its_features(folder, tmp_path):
    written, manifest, _ = prepare(folder, tmp_path / "data.tfrecord")
    assert sorted(contents(tmp_path)) == [f"data.tfrecord-{index:05d}-of-00003" for index in range(3)]
    examples = examples_of(str(tmp_path / "data.tfrecord*-of-*"))
    # Windows of 4 s every second; what is left over ends with the recording.
    windows = [(0, start) for start in (0, 1, 2)] + [(1, start) for start in (0, 1, 2, 3, 4, 5, 5.5)]
    windows += [(2, start) for start in (0, 1)]
    assert len(examples) == written.n_train == manifest["n_train"] == len(windows)
    assert written.n_held_out == 0
    audio = [recordings.melody(seconds, hz=250 + 60 * index) for index, seconds in enumerate(SECONDS)]
    tracker = make_tracker("swift-f0")
    pitch = [track(tracker, audio_N, 250, "same") for audio_N in audio]
    loudness = [compute_loudness(audio_N, 250, "same") for audio_N in audio]
    found = {example["audio"].tobytes(): example for example in examples}
    for recording, start in windows:
        samples = slice(round(start * 16000), round(start * 16000) + 64000)
        frames = slice(round(start * 250), round(start * 250) + 1000)
        example = found.pop(audio[recording][samples].tobytes())
        np.testing.assert_allclose(example["loudness_db"], loudness[recording][frames], atol=1e-3)
        np.testing.assert_allclose(example["f0_hz"], pitch[recording][0][frames], rtol=1e-3)
        np.testing.assert_allclose(example["f0_confidence"], pitch[recording][1][frames], atol=1e-3)
    assert not found


@pytest.mark.parametrize(
    ("settings", "n_samples", "n_frames"),
    [
        ({"center": True}, 64000, 1001),
        ({"center": True, "frame_rate": 50}, 64000, 201),
        ({"sample_rate": 48000}, 192000, 1000),
        ({"sample_rate": 44100, "frame_rate": 100, "example_secs": 1.5}, 66150, 150),
    ],
)
def test_that_rates_and_centring_are_those_asked_for(folder, tmp_path, settings, n_samples, n_frames):
    written, _, _ = prepare(folder / "0.wav", tmp_path / "data.tfrecord", **settings)
    examples = examples_of(written.train_pattern, n_samples, n_frames)
    assert len(examples) == written.n_train > 0
    # The melody begins at 250 Hz, whatever the rates.
    first = min(examples, key=lambda example: abs(example["f0_hz"][5] - 250))
    assert 1200 * abs(np.log2(first["f0_hz"][5] / 250)) < 60


def test_that_the_manifest_says_what_is_in_the_data_set(folder, tmp_path):
    written, manifest, _ = prepare(folder, tmp_path / "data.tfrecord", hop_secs=4, example_secs=4)
    assert manifest["train_pattern"] == "data.tfrecord-?????-of-00003"
    assert manifest["audio_seconds"] == sum(SECONDS)
    assert [source["seconds"] for source in manifest["sources"]] == list(SECONDS)
    assert len({source["content"] for source in manifest["sources"]}) == 3
    assert manifest["settings"]["frame_rate"] == 250
    audio = [recordings.melody(seconds, hz=250 + 60 * index) for index, seconds in enumerate(SECONDS)]
    statistics = manifest["statistics"]
    for key, compute in (("loudness_db", compute_loudness), ("power_db", compute_power)):
        values = np.concatenate([compute(audio_N, 250, "same") for audio_N in audio]).astype(np.float64)
        for name, value in (("mean", values.mean()), ("std", values.std()), ("max", values.max())):
            assert statistics[key][name] == pytest.approx(value, abs=1e-3), (key, name)
    pitch = statistics["f0_midi_voiced"]
    lowest, highest = (69 + 12 * np.log2(hz * 2.0**octaves / 440) for hz, octaves in ((250, -0.3), (370, 0.3)))
    assert lowest - 0.5 < pitch["min"] < pitch["mean"] < pitch["max"] < highest + 0.5
    assert 0.9 * sum(SECONDS) < statistics["voiced_seconds"] == written.voiced_seconds <= sum(SECONDS)


def located(examples: list[dict[str, np.ndarray]], audio: list[np.ndarray]) -> list[tuple[int, int]]:
    """(recording, first sample) of each example, by its samples: no two stretches of noise are equal."""
    places = {
        audio_N[start : start + 16].tobytes(): (index, start)
        for index, audio_N in enumerate(audio)
        for start in range(0, len(audio_N) - 16, 64)
    }
    return [places[example["audio"][:16].tobytes()] for example in examples]


@pytest.mark.parametrize("split", ["recording", "chunk"])
@pytest.mark.parametrize("seed", [0, 1])
def test_that_no_held_out_sample_is_trained_on(tmp_path, split, seed):
    rng = np.random.default_rng(5)
    audio = [rng.uniform(-0.3, 0.3, round(16000 * seconds)).astype(np.float32) for seconds in (7.3, 11.1, 5.7, 9.0)]
    for index, audio_N in enumerate(audio):
        recordings.write(tmp_path / "takes" / f"{index}.wav", audio_N, subtype="FLOAT")
    settings = {"split": split, "held_out_fraction": 0.3, "chunk_secs": 3, "example_secs": 1, "hop_secs": 0.5}
    written, manifest, _ = prepare(tmp_path / "takes", tmp_path / "data.tfrecord", seed=seed, **settings)
    used = [np.zeros(len(audio_N), bool) for audio_N in audio]
    kept = [np.zeros(len(audio_N), bool) for audio_N in audio]
    for pattern, mask, n_examples in (
        (written.train_pattern, used, written.n_train),
        (written.held_out_pattern, kept, written.n_held_out),
    ):
        places = located(examples_of(pattern, 16000, 250), audio)
        assert len(places) == n_examples > 0
        for recording, start in places:
            mask[recording][start : start + 16000] = True
    assert not any((a & b).any() for a, b in zip(used, kept, strict=True))
    share = sum(map(np.count_nonzero, kept)) / sum(map(len, audio))
    assert 0.1 < share < 0.5
    for index, source in enumerate(manifest["sources"]):
        said = np.zeros(len(audio[index]), bool)
        for start, stop in source["held_out"]:
            said[round(16000 * start) : round(16000 * stop)] = True
        assert not (kept[index] & ~said).any()
        assert not (used[index] & said).any()
        if split == "recording":
            assert said.mean() in (0, pytest.approx(1, abs=0.01))


def test_that_the_same_command_writes_the_same_bytes_and_no_older_shards_stay(folder, tmp_path):
    prepare(folder, tmp_path / "data.tfrecord", split="recording", held_out_fraction=0.3)
    prepare(folder, tmp_path / "data.tfrecord", n_shards=2)
    once = contents(tmp_path)
    assert sorted(once) == ["data.tfrecord-00000-of-00002", "data.tfrecord-00001-of-00002"]
    prepare(folder, tmp_path / "data.tfrecord", n_shards=2)
    assert contents(tmp_path) == once
    prepare(folder, tmp_path / "other" / "data.tfrecord", n_shards=2)
    assert contents(tmp_path / "other") == once


def test_that_a_recording_shorter_than_an_example_is_filled_up_with_silence(tmp_path):
    recordings.write(tmp_path / "a.wav", recordings.melody(1.5), subtype="FLOAT")
    written, _, _ = prepare(tmp_path / "a.wav", tmp_path / "data.tfrecord")
    (example,) = examples_of(written.train_pattern)
    np.testing.assert_array_equal(example["audio"][:24000], recordings.melody(1.5))
    assert not example["audio"][24000:].any()
    assert set(example["loudness_db"][400:]) == {-80.0}
    assert not example["f0_confidence"][400:].any()
    assert example["f0_hz"][400:].min() > 200


def test_that_progress_tells_files_seconds_rate_and_the_end(folder, tmp_path):
    events = list(run(spec_for(folder, tmp_path / "data.tfrecord"), CancelToken()))
    stages: dict[str, list[Progressed]] = {}
    for event in events:
        if isinstance(event, Progressed):
            stages.setdefault(event.stage, []).append(event)
    assert {stage: found[-1].unit for stage, found in stages.items()} == {
        "Reading the recordings": Unit.FILES,
        "Finding pitch and loudness": Unit.AUDIO_SECONDS,
        "Joining the pieces": Unit.FILES,
        "Writing the examples": Unit.EXAMPLES,
    }
    for stage, found in stages.items():
        done = [event.done for event in found]
        assert done == sorted(done)
        assert done[-1] == found[-1].total > 0
        assert found[-1].detail == ("" if stage == "Writing the examples" else "2.wav")
    (written,) = [event for event in events if isinstance(event, DatasetWritten)]
    assert stages["Finding pitch and loudness"][-1].total == pytest.approx(written.audio_seconds, abs=0.1)


@pytest.mark.parametrize(
    ("inputs", "settings", "words"),
    [
        ("0.wav", {"split": "recording", "held_out_fraction": 0.2}, "There is only one recording, 0.wav"),
        ("0.wav", {"split": "chunk", "held_out_fraction": 0.2}, "only 6.0 s of audio, one chunk of 20 s"),
        ("", {"example_secs": 4.001}, "example_secs=4.001 is 1000.25 frames at 250 frames a second"),
        ("", {"hop_secs": 0.013}, "hop_secs=0.013 is 3.25 frames"),
        ("gone", {}, "There is no such file or folder: "),
    ],
)
def test_that_what_cannot_be_done_is_said_with_its_cure(folder, tmp_path, inputs, settings, words):
    last = list(run(spec_for(folder / inputs, tmp_path / "data.tfrecord", **settings), CancelToken()))[-1]
    assert isinstance(last, Failed)
    assert words in last.title
    assert last.hint
    assert not last.traceback
    assert not contents(tmp_path)


def test_that_what_cannot_be_held_out_as_planned_is_held_out_otherwise_and_said(folder, tmp_path):
    settings = {"split": "recording", "held_out_fraction": 0.1, "is_planned": True}
    for seconds, is_held_out, words in ((9.5, True, "Only one recording"), (6.0, False, "too little audio")):
        take = folder / f"{SECONDS.index(seconds)}.wav"
        output = tmp_path / str(seconds) / "data.tfrecord"
        events = list(run(spec_for(take, output, chunk_secs=4, **settings), CancelToken()))
        (written,) = [event for event in events if isinstance(event, DatasetWritten)]
        assert written.n_train > 0
        assert bool(written.n_held_out) == is_held_out
        assert any(words in event.title for event in events if isinstance(event, Noted))


def test_that_a_length_which_the_program_chose_and_cannot_use_is_its_own_fault(folder, tmp_path):
    last = list(run(spec_for(folder, tmp_path / "data.tfrecord", chunk_secs=18.3661, is_planned=True), CancelToken()))[
        -1
    ]
    assert isinstance(last, Failed)
    assert "chunk_secs=18.3661 is 4591.525 frames" in last.title
    assert last.hint == OWN_FAULT
    assert "grid_of" in last.traceback


def test_that_a_recording_that_changes_while_it_is_read_is_prepared_as_it_is_in_the_end(tmp_path):
    path = recordings.write(tmp_path / "a.wav", recordings.melody(30), subtype="FLOAT")
    piece = ReadRecording(path, 0, tmp_path / "work", (16000, 48000), FeatureCache(tmp_path / "cache", {}))
    piece.folder.mkdir()
    steps = piece.steps(1)
    next(steps)
    recordings.write(path, recordings.melody(5, hz=200), subtype="FLOAT")
    with pytest.raises(StopIteration) as end:
        while True:
            next(steps)
    assert not end.value.value["reason"]
    np.testing.assert_array_equal(np.fromfile(piece.folder / "0-16000.f32", "<f4"), recordings.melody(5, hz=200))
    assert (piece.folder / "0-48000.f32").stat().st_size == 5 * 48000 * 4


def test_that_a_recording_that_vanishes_while_it_is_read_is_left_out(tmp_path):
    path = recordings.write(tmp_path / "a.wav", recordings.melody(30))
    piece = ReadRecording(path, 0, tmp_path, (16000,), FeatureCache(tmp_path / "cache", {}))
    steps = piece.steps(1)
    next(steps)
    path.unlink()
    with pytest.raises(StopIteration) as end:
        while True:
            next(steps)
    assert end.value.value["reason"].startswith("The file does not exist.")


def test_that_the_manifest_says_how_loudly_notes_were_played(folder, tmp_path):
    _, manifest, _ = prepare(folder, tmp_path / "data.tfrecord")
    statistics = manifest["statistics"]
    examples = examples_of(str(tmp_path / "data.tfrecord-*"))
    loudness = np.concatenate([each["loudness_db"][each["f0_confidence"] >= 0.5] for each in examples])
    percentiles = np.array(statistics["voiced_loudness_db"])
    assert len(percentiles) == len(statistics["voiced_power_db"]) == 101
    assert (np.diff(percentiles) >= 0).all()
    # Examples overlap, so that their middle is only about that of the recordings.
    assert percentiles[50] == pytest.approx(np.median(loudness), abs=1.0)
    assert loudness.min() - 0.5 <= percentiles[0] <= percentiles[100] <= loudness.max() + 0.5
    assert statistics["lowest_midi"] < statistics["f0_midi_voiced"]["mean"] < statistics["highest_midi"]
