from pathlib import Path

import numpy as np
import pytest

from ddsp_backend.audio.files import read_audio
from ddsp_backend.data.demo_instrument import play_take
from ddsp_backend.data.features import compute_loudness
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Finished, Stopped
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import GenerateSpec
from ddsp_backend.pitch.tracker import track
from ddsp_backend.pitch.trackers import make_tracker


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    *_, last = run(GenerateSpec(output_dir=str(folder), seconds=20), CancelToken())
    assert last == Finished({"output_dir": str(folder), "n_takes": "1", "seconds": "20"})
    return folder


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, np.ndarray]:
    return dict(np.load(folder / "take_00.npz"))


@pytest.mark.parametrize("tracker", ["crepe", "swift-f0"])
def test_that_a_tracker_finds_the_pitch_that_was_played(folder, truth, tracker):
    audio = read_audio(folder / "take_00.wav", 16000)
    f0_hz, confidence = track(make_tracker(tracker, "tiny"), audio, 250, "center")
    voiced = truth["voiced"]
    cents = 1200 * np.abs(np.log2(f0_hz[:-1] / truth["f0_hz"]))
    assert np.median(cents[voiced]) < 10
    assert np.mean(confidence[:-1][voiced] > 0.5) > 0.95


def test_that_loudness_follows_the_harmonics_that_were_played(folder, truth):
    audio = read_audio(folder / "take_00.wav", 16000)
    loudness_db = compute_loudness(audio, 250, "center")[:-1]
    played_db = 10 * np.log10(1e-8 + np.square(truth["harmonic_amplitudes"]).sum(axis=1))
    voiced = truth["voiced"]
    assert np.corrcoef(loudness_db[voiced], played_db[voiced])[0, 1] > 0.9


def test_that_the_recording_is_the_dry_signal_in_the_room(folder, truth):
    audio = read_audio(folder / "take_00.wav", 16000)
    wet = np.convolve(truth["dry"], truth["ir"])[: len(audio)]
    np.testing.assert_allclose(audio, wet, atol=1e-4)
    assert truth["ir"][0] == 1
    assert 0.02 < np.square(truth["ir"][1:]).sum() < 0.1


def test_that_the_performance_has_rests_dynamics_vibrato_and_brightness_that_follows(truth):
    amplitudes, voiced = truth["harmonic_amplitudes"], truth["voiced"]
    total = amplitudes.sum(axis=1)
    assert 0.6 < voiced.mean() < 0.95
    assert total[:50].max() == 0  # it begins in silence
    assert np.percentile(total[voiced], 90) > 4 * np.percentile(total[voiced], 20)
    loud = voiced & (total > np.percentile(total[voiced], 80))
    soft = voiced & (total < np.percentile(total[voiced], 30))
    overtones = amplitudes[:, 1:].sum(axis=1) / np.maximum(total, 1e-9)
    assert overtones[loud].mean() > 1.5 * overtones[soft].mean()
    detrended = 1200 * np.diff(np.log2(truth["f0_hz"]))[voiced[1:]]
    assert 0.5 < np.abs(detrended[np.abs(detrended) < 5]).mean() < 3  # cents a frame: vibrato and wandering


def test_that_equal_seeds_play_equal_samples_and_others_do_not(folder):
    first, again, other = (play_take(4.0, 16000, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.audio, again.audio)
    assert not np.array_equal(first.audio, other.audio)
    assert not np.array_equal(first.performance.f0_hz, play_take(4.0, 16000, 0, index=1).performance.f0_hz)


def test_that_another_rate_plays_the_same_performance_without_aliasing():
    take = play_take(4.0, 44100, seed=0)
    assert len(take.audio) == 4 * 44100
    assert np.abs(take.audio).max() < 1
    np.testing.assert_array_equal(take.performance.f0_hz, play_take(4.0, 16000, seed=0).performance.f0_hz)
    low = play_take(4.0, 8000, seed=0)
    number = np.arange(1, low.harmonic_amplitudes.shape[1] + 1)
    assert low.harmonic_amplitudes[low.performance.f0_hz[:, None] * number > 4000].max() == 0


def test_that_a_minute_is_several_takes_and_a_request_to_stop_is_heard_between_them(tmp_path):
    cancel = CancelToken()
    events = []
    for event in run(GenerateSpec(output_dir=str(tmp_path), seconds=64, sample_rate=8000), cancel):
        events.append(event)
        if isinstance(event, ArtifactWritten) and event.kind == "truth":
            cancel.set()
    assert events[-1] == Stopped()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["take_00.npz", "take_00.wav"]
