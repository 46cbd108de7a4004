from pathlib import Path

import numpy as np
import pytest

from ddsp_backend.audio.files import write_wav
from ddsp_backend.audio.survey import survey
from ddsp_backend.data.analysis import Analyser, Framing, Source
from ddsp_backend.data.feature_cache import FeatureCache
from ddsp_backend.data.features import compute_loudness, compute_power
from ddsp_backend.jobs.steps import drain
from ddsp_backend.pitch.trackers import make_tracker
from tests import recordings

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "features.npz")


@pytest.mark.parametrize(("name", "padding"), [("loudness_250", "same"), ("loudness_250_center", "center")])
def test_that_loudness_is_the_references(name, padding):
    np.testing.assert_allclose(compute_loudness(GOLDEN["audio"], 250, padding), GOLDEN[name], atol=1e-4)


@pytest.mark.parametrize(
    ("name", "frame_rate", "size"), [("power_250_fs64", 250, 64), ("power_50_fs1024_center", 50, 1024)]
)
def test_that_power_is_the_references(name, frame_rate, size):
    np.testing.assert_allclose(compute_power(GOLDEN["audio"], frame_rate, "center", size), GOLDEN[name], atol=1e-4)


def test_that_silence_lies_at_the_lower_end_of_the_range():
    silence = np.zeros(16000, np.float32)
    assert set(compute_loudness(silence, 50, "same")) == {-80.0}
    assert set(compute_power(silence, 50, "center")) == {-80.0}


def analysed(path: Path, sample_rate: int) -> dict[str, np.ndarray]:
    write_wav(path, recordings.melody(2, sample_rate), sample_rate)
    analyser = Analyser(make_tracker("swift-f0"), FeatureCache(path.parent / "cache", {}), Framing(250, True, 15000))
    return drain(analyser.analyse(Source(path, path.stem, drain(survey(path)))))


def test_that_a_recording_at_another_rate_has_the_same_features(tmp_path):
    slow, fast = analysed(tmp_path / "slow.wav", 16000), analysed(tmp_path / "fast.wav", 44100)
    assert {key: len(values) for key, values in slow.items()} == {key: len(values) for key, values in fast.items()}
    inner = slice(20, -20)
    assert np.abs(slow["loudness_db"] - fast["loudness_db"])[inner].max() < 0.5
    assert 1200 * np.abs(np.log2(slow["f0_hz"] / fast["f0_hz"]))[inner].max() < 10
