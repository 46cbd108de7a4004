"""How loud a sound counts, against levels that are known."""

import numpy as np
import numpy.typing as npt
import pytest

from app.audio.loudness import MOST_GAIN_DB, a_weighting, loudness_db, matching_gain
from app.audio.tracks import matched

RATE = 16000


def tone(frequency: float, level: float = 1.0, seconds: float = 2.0, rate: int = RATE) -> npt.NDArray[np.float32]:
    return (level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def test_that_the_a_curve_has_the_values_of_the_standard() -> None:
    # IEC 61672-1, table 3, at the exact frequencies that its names stand for.
    frequencies = 1000 * 10 ** (0.3 * np.arange(-5, 4))
    wanted = np.array([-39.4, -26.2, -16.1, -8.6, -3.2, 0.0, 1.2, 1.0, -1.1])
    np.testing.assert_allclose(20 * np.log10(a_weighting(frequencies)), wanted, atol=0.1)


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_that_a_full_sine_at_1_khz_has_minus_3_db_at_every_rate(rate: int) -> None:
    assert loudness_db(tone(1000, rate=rate), rate) == pytest.approx(-3.01, abs=0.1)


def test_that_pauses_do_not_count() -> None:
    sound = tone(1000)
    with_pauses = np.concatenate([sound, np.zeros(5 * RATE, np.float32), sound])
    assert loudness_db(with_pauses, RATE) == pytest.approx(loudness_db(sound, RATE), abs=0.2)


@pytest.mark.parametrize("sound", [np.zeros(RATE), np.zeros(1), np.zeros(0)])
def test_that_silence_is_infinitely_quiet_and_is_not_turned_up(sound: npt.NDArray[np.float64]) -> None:
    level = loudness_db(sound.astype(np.float32), RATE)
    assert level == float("-inf")
    assert matching_gain(level, -20.0) == 1.0


def test_that_a_match_never_turns_up_without_limit() -> None:
    assert 20 * np.log10(matching_gain(-69.0, -3.0)) == pytest.approx(MOST_GAIN_DB)


def test_that_nan_does_not_reach_the_level() -> None:
    sound = tone(1000)
    sound[100] = np.nan
    assert loudness_db(sound, RATE) == pytest.approx(-3.0, abs=0.2)


def test_that_a_part_is_as_loud_as_it_lies_in_the_whole() -> None:
    whole, part = tone(1000, 0.1), tone(1000, 0.01)
    tracks = matched([("original", tone(1000, 0.2)), ("output", whole), ("noise", part)], RATE, leaders=(0, 1, 1))
    assert [round(track.gain, 2) for track in tracks] == [1.0, 2.0, 2.0]


def test_that_a_match_that_would_clip_turns_all_of_them_down() -> None:
    spiky = tone(1000, 0.05)
    spiky[::4000] = 0.9
    tracks = matched([("original", tone(1000, 0.5)), ("output", spiky)], RATE, leaders=(0, 1))
    peaks = [float(np.abs(track.samples).max()) * track.gain for track in tracks]
    assert max(peaks) <= 0.98 + 1e-6
    levels = [loudness_db(track.samples * np.float32(track.gain), RATE) for track in tracks]
    assert levels[0] == pytest.approx(levels[1], abs=0.1)
