"""No feature is computed twice: not when a file is added, not after a stop, not when the command is repeated."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from ddsp_backend.jobs.events import Stopped
from ddsp_backend.pitch.crepe_network import CrepeNetwork
from tests import recordings
from tests.data.prepared import SECONDS, contents, counting, prepare, run_until, spec_for, write_recordings

FRAMES = [round(250 * seconds) for seconds in SECONDS]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_recordings(tmp_path / "takes")


def test_that_repeating_tracks_nothing(folder, tmp_path, monkeypatch):
    frames = counting(monkeypatch)
    prepare(folder, tmp_path / "data.tfrecord")
    assert frames == FRAMES
    _, _, result = prepare(folder, tmp_path / "data.tfrecord")
    _, _, moved = prepare(folder, tmp_path / "again.tfrecord", example_secs=2, hop_secs=0.5, sample_rate=48000)
    assert frames == FRAMES
    assert result["chunks_computed"] == moved["chunks_computed"] == "0"


def test_that_another_file_is_all_that_is_tracked_when_it_is_added(folder, tmp_path, monkeypatch):
    prepare(folder, tmp_path / "data.tfrecord")
    frames = counting(monkeypatch)
    recordings.write(folder / "added.wav", recordings.melody(4, hz=500))
    (folder / "0.wav").rename(folder / "renamed.wav")
    (folder / "deep").mkdir()
    shutil.copy(folder / "1.wav", folder / "deep" / "copy.wav")
    written, _, _ = prepare(folder, tmp_path / "data.tfrecord")
    assert frames == [1000]
    assert written.audio_seconds == sum(SECONDS) + 4  # the copy of another recording is not taken twice


@pytest.mark.parametrize(
    "settings", [{"frame_rate": 125}, {"center": True}, {"tracker": "crepe", "crepe_capacity": "tiny"}]
)
def test_that_other_settings_have_features_of_their_own(tmp_path, monkeypatch, settings):
    recordings.write(tmp_path / "a.wav", recordings.melody(1))
    prepare(tmp_path / "a.wav", tmp_path / "data.tfrecord")
    frames = counting(monkeypatch)
    prepare(tmp_path / "a.wav", tmp_path / "data.tfrecord", **settings)
    assert len(frames) == 1


def test_that_what_was_tracked_before_a_stop_is_not_tracked_again(folder, tmp_path, monkeypatch):
    frames = counting(monkeypatch)
    spec = spec_for(folder, tmp_path / "data.tfrecord")
    assert run_until(spec, "Finding pitch and loudness", share=0.0)[-1] == Stopped()
    assert not contents(tmp_path)
    before = len(frames)
    assert before < len(FRAMES)
    prepare(folder, tmp_path / "data.tfrecord")
    assert frames[:before] + frames[before:] == FRAMES


def test_that_crepe_goes_on_within_a_chunk_to_the_same_bytes(tmp_path, monkeypatch):
    recordings.write(tmp_path / "a.wav", recordings.melody(6))
    crepe = {"tracker": "crepe", "crepe_capacity": "tiny"}
    prepare(tmp_path / "a.wav", tmp_path / "whole" / "data.tfrecord", **crepe)
    frames = counting_crepe(monkeypatch)
    spec = spec_for(tmp_path / "a.wav", tmp_path / "parts" / "data.tfrecord", **crepe)
    assert run_until(spec, "Finding pitch and loudness", share=0.1)[-1] == Stopped()
    assert 0 < sum(frames) < 1500
    prepare(tmp_path / "a.wav", tmp_path / "parts" / "data.tfrecord", **crepe)
    assert sum(frames) == 1500
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")
    assert not list(tmp_path.rglob("*unfinished*"))


def counting_crepe(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From now on, the number of frames in every batch of the network."""
    frames: list[int] = []
    plain = CrepeNetwork.__call__

    def count(self: CrepeNetwork, stretch_N: np.ndarray, hop: int, n_frames: int) -> np.ndarray:
        frames.append(n_frames)
        return plain(self, stretch_N, hop, n_frames)

    monkeypatch.setattr(CrepeNetwork, "__call__", count)
    return frames


def test_that_a_stop_while_writing_leaves_the_older_set_as_it_was(folder, tmp_path):
    prepare(folder, tmp_path / "data.tfrecord")
    before = contents(tmp_path)
    recordings.write(folder / "added.wav", recordings.melody(5, hz=500))
    spec = spec_for(folder, tmp_path / "data.tfrecord")
    assert run_until(spec, "Writing the examples", share=0.0)[-1] == Stopped()
    assert contents(tmp_path) == before
    assert not list(tmp_path.glob(".*partial*"))


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no more", None])
def test_that_a_damaged_entry_is_computed_anew(folder, tmp_path, monkeypatch, damage):
    prepare(folder, tmp_path / "data.tfrecord")
    before = contents(tmp_path)
    entry = sorted(tmp_path.rglob(".feature_cache/*/*.npz"))[0]
    content = bytearray(entry.read_bytes())
    content[len(content) // 2] ^= 0xFF
    entry.write_bytes(content if damage is None else damage)
    frames = counting(monkeypatch)
    prepare(folder, tmp_path / "data.tfrecord")
    assert len(frames) == 1
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.replace(b'"n_frames": 96000', b'"n_frames": 960000'),
        lambda content: content.replace(b'"sample_rate": 16000', b'"sample_rate": 0'),
        lambda content: b"[" * 100_000,
        lambda content: b"null",
        lambda content: content[:-1],
        lambda content: b"",
    ],
)
def test_that_a_damaged_survey_counts_as_missing(tmp_path, damage):
    recordings.write(tmp_path / "a.wav", recordings.melody(6))
    prepare(tmp_path / "a.wav", tmp_path / "data.tfrecord")
    before = contents(tmp_path)
    (entry,) = tmp_path.rglob("survey-*.json")
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    assert entry.read_bytes() != whole
    prepare(tmp_path / "a.wav", tmp_path / "data.tfrecord")
    assert contents(tmp_path) == before
    assert entry.read_bytes() == whole


@pytest.mark.parametrize(("key", "value"), [("loudness_db", np.inf), ("f0_confidence", np.nan), ("f0_hz", -1.0)])
def test_that_features_that_no_tracker_says_count_as_missing(tmp_path, monkeypatch, key, value):
    recordings.write(tmp_path / "a.wav", recordings.melody(6))
    prepare(tmp_path / "a.wav", tmp_path / "data.tfrecord")
    before = contents(tmp_path)
    (entry,) = tmp_path.rglob("*.npz")
    with np.load(entry) as opened:
        features = dict(opened)
    features[key][3] = value
    np.savez(entry, **features)
    frames = counting(monkeypatch)
    prepare(tmp_path / "a.wav", tmp_path / "data.tfrecord")
    assert len(frames) == 1
    assert contents(tmp_path) == before
