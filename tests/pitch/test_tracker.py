import numpy as np
import pytest

from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.tracker_table import TRACKERS
from ddsp_backend.pitch.tracker import cut, frame_layout, track
from ddsp_backend.pitch.trackers import make_tracker, tracker_name
from tests import recordings


@pytest.mark.parametrize(
    ("n_samples", "frame_rate", "padding", "expected"),
    [
        (64000, 250, "same", (0, 64, 1000)),
        (64000, 250, "center", (-512, 64, 1001)),
        (64000, 50, "center", (-512, 320, 201)),
        (64001, 250, "same", (0, 64, 1001)),
        (64063, 250, "center", (-512, 64, 1001)),
    ],
)
def test_that_frames_are_counted_as_the_reference_counts_them(n_samples, frame_rate, padding, expected):
    assert frame_layout(n_samples, frame_rate, padding) == expected


def test_that_beyond_the_audio_there_is_silence():
    audio = np.arange(1, 5, dtype=np.float32)
    assert cut(audio, -2, 2).tolist() == [0, 0, 1, 2]
    assert cut(audio, 3, 6).tolist() == [4, 0, 0]
    assert cut(audio, -3, -1).tolist() == [0, 0]
    assert cut(audio, 9, 11).tolist() == [0, 0]
    assert cut(audio, -1, 6).tolist() == [0, 1, 2, 3, 4, 0, 0]


@pytest.mark.parametrize("name", TRACKERS)
@pytest.mark.parametrize("hz", [110.0, 440.0, 1500.0])
def test_that_every_tracker_hears_a_tone_within_twenty_cents(name, hz):
    audio = sum(recordings.tone(1.0, hz=k * hz, level=0.3 / k) for k in (1, 2, 3))
    f0_hz, confidence = track(make_tracker(name, "tiny"), audio, 100, "center")
    inner = slice(10, -10)
    assert confidence[inner].min() > 0.5
    assert 1200 * np.abs(np.log2(f0_hz[inner] / hz)).max() < 20


def test_that_an_unknown_tracker_is_refused():
    with pytest.raises(ConfigError, match="tracker='yin'"):
        make_tracker("yin")


@pytest.mark.parametrize("name", TRACKERS)
def test_that_a_tracker_is_named_beforehand_as_it_names_itself(name):
    assert tracker_name(name, "tiny") == make_tracker(name, "tiny").name


def test_that_what_earlier_versions_have_heard_is_found_again():
    names = {name: tracker_name(name, "tiny") for name in ("crepe", "swift-f0")}
    assert names == {"crepe": "crepe-tiny-viterbi-1", "swift-f0": "swift-f0-3-octaves-1"}
