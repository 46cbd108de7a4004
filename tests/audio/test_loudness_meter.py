"""Loudness by ITU-R BS.1770."""

import numpy as np
import pytest
from scipy.signal import lfilter

from ddsp_backend.audio.loudness_meter import LoudnessMeter

# The filters as BS.1770 gives them, for 48 kHz only.
SHELF = ([1.53512485958697, -2.69169618940638, 1.19839281085285], [1.0, -1.69065929318241, 0.73248077421585])
HIGH_PASS = ([1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621])


def sine(seconds: float, dbfs: float, rate: int, hz: float = 997.0) -> np.ndarray:
    return (10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def lufs(audio: np.ndarray, rate: int, piece: int = 65536) -> float:
    meter = LoudnessMeter(rate)
    for begin in range(0, len(audio), piece):
        meter.add(audio[begin : begin + piece])
    return meter.lufs()


@pytest.mark.parametrize("rate", [16000, 22050, 44100, 48000, 96000])
def test_that_a_full_scale_sine_in_one_channel_has_minus_three(rate: int) -> None:
    assert lufs(sine(3, 0, rate), rate) == pytest.approx(-3.01, abs=0.05)
    assert lufs(sine(3, -20, rate), rate) == pytest.approx(-23.01, abs=0.05)


def test_that_what_is_ten_lu_below_the_rest_does_not_count() -> None:
    """The third signal of EBU Tech 3341, in one channel."""
    rate = 48000
    audio = np.concatenate([sine(10, -36, rate), sine(60, -23, rate), sine(10, -36, rate)])
    assert lufs(audio, rate) == pytest.approx(-26.01, abs=0.1)


def test_that_silence_does_not_count_and_has_no_loudness() -> None:
    rate = 44100
    assert lufs(np.concatenate([sine(2, -20, rate), np.zeros(20 * rate, np.float32)]), rate) == pytest.approx(
        lufs(sine(2, -20, rate), rate), abs=0.4
    )
    for silence in (np.zeros(0, np.float32), np.zeros(rate, np.float32), sine(3, -80, rate)):
        assert lufs(silence, rate) == -np.inf


def test_that_the_filters_are_those_of_the_standard() -> None:
    rate = 48000
    noise = np.random.default_rng(0).normal(0, 0.1, 5 * rate + 1234).astype(np.float32)
    filtered = lfilter(*HIGH_PASS, lfilter(*SHELF, noise.astype(np.float64)))
    hop_powers = np.square(filtered[: 50 * 4800]).reshape(50, 4800).mean(axis=1)
    blocks = np.convolve(hop_powers, np.full(4, 0.25), "valid")
    assert lufs(noise, rate) == pytest.approx(-0.691 + 10 * np.log10(blocks.mean()), abs=1e-3)


def test_that_it_does_not_matter_in_which_pieces_a_sound_comes() -> None:
    rate = 16000
    noise = np.random.default_rng(0).normal(0, 0.1, 7 * rate + 77).astype(np.float32)
    assert lufs(noise, rate, 997) == pytest.approx(lufs(noise, rate, len(noise)), abs=1e-9)


def test_that_a_short_sound_has_a_loudness() -> None:
    rate = 16000
    assert lufs(sine(0.2, -10, rate), rate) == pytest.approx(-13.01 - 3.01, abs=0.3)
