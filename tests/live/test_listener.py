"""What is sung into a microphone: its pitch at once, and where the instrument can play it."""

from types import SimpleNamespace

import numpy as np
import pytest

from ddsp_backend.live.listener import InputSettings, Listener
from ddsp_backend.live.streaming_pitch import StreamingPitch

RATE = 48000
BLOCK = 128
FRAME = 0.004


def tone(f0_hz: float, seconds: float, level: float = 0.2) -> np.ndarray:
    time_N = np.arange(round(seconds * RATE)) / RATE
    harmonics = [np.sin(2 * np.pi * k * f0_hz * time_N) / k for k in range(1, 9)]
    return (level * np.sum(harmonics, axis=0)).astype(np.float32)


def noise(seconds: float, level: float) -> np.ndarray:
    return (level * np.random.default_rng(0).normal(size=round(seconds * RATE))).astype(np.float32)


# Of the range that one asks an instrument for.
INSTRUMENT = SimpleNamespace(lowest_midi=60.0, highest_midi=84.0, level_of=lambda share: -40 + 30 * share)


def wishes(listener: Listener, sound: np.ndarray) -> list:
    found = []
    for begin in range(0, len(sound), BLOCK):
        listener.hear(sound[begin : begin + BLOCK])
        if begin % (2 * BLOCK) == 0:
            found.append(listener.wish(2 * BLOCK / RATE, INSTRUMENT))
    return found


@pytest.mark.parametrize("f0_hz", [70.0, 150.0, 440.0, 1200.0])
@pytest.mark.parametrize("rate", [44100, 48000])
def test_that_the_pitch_is_right_to_three_cents(f0_hz, rate):
    pitch = StreamingPitch(rate)
    time_N = np.arange(pitch.n_window) / rate
    sound = 0.1 * sum(np.sin(2 * np.pi * k * f0_hz * time_N + k) / k for k in range(1, 6))
    heard = pitch.hear(sound.astype(np.float32))
    assert abs(1200 * np.log2(heard.f0_hz / f0_hz)) < 3
    assert heard.clarity > 0.95


def test_that_noise_and_silence_have_no_pitch():
    pitch = StreamingPitch(RATE)
    assert pitch.hear(noise(1, 0.1)[: pitch.n_window]).clarity < 0.3
    assert pitch.hear(np.zeros(pitch.n_window, np.float32)).clarity == 0


@pytest.mark.parametrize("f0_hz", [150.0, 300.0, 600.0])
def test_that_a_new_note_above_150_hz_is_heard_within_30_ms(f0_hz):
    listener = Listener(RATE)
    wishes(listener, noise(0.1, 1e-4))
    sung, n_samples = tone(f0_hz, 1.0), 0
    while not listener.is_urgent():
        listener.hear(sung[n_samples : n_samples + BLOCK])
        n_samples += BLOCK
    assert n_samples / RATE < 0.03
    wish = listener.wish(FRAME, INSTRUMENT)
    assert abs(12 * np.log2(wish.f0_hz / f0_hz)) < 1


def test_that_silence_noise_and_what_is_below_the_gate_play_nothing():
    listener = Listener(RATE)
    assert not any(wishes(listener, np.zeros(RATE // 4, np.float32)))
    assert not any(wishes(listener, noise(0.25, 0.1)))
    assert not any(wishes(listener, tone(440, 0.25, level=1e-3)))
    listener.settings = InputSettings(gate_db=-80)
    assert any(wishes(listener, tone(440, 0.25, level=1e-3)))
    assert wishes(listener, np.zeros(RATE // 4, np.float32))[-1] is None


def test_that_values_that_are_no_numbers_are_silence():
    listener = Listener(RATE)
    assert not any(wishes(listener, np.full(4800, np.nan, np.float32)))
    assert listener.take_peak() == 0


def test_that_a_consonant_does_not_end_a_note_and_a_rest_does():
    listener = Listener(RATE)
    listener.settings = InputSettings(fits=False)
    wishes(listener, tone(300, 0.3))
    through = wishes(listener, np.concatenate([noise(0.03, 0.05), tone(300, 0.1)]))
    assert all(wish is not None for wish in through)
    assert wishes(listener, noise(0.3, 1e-4))[-1] is None


def test_that_what_comes_in_is_moved_to_where_the_instrument_plays():
    listener = Listener(RATE)
    for level in (0.02, 0.2):
        wishes(listener, tone(110, 0.5, level))  # two octaves too low
    wishes(listener, noise(0.2, 1e-5))
    loud = wishes(listener, tone(110, 0.2, 0.2))[-1]
    assert abs(12 * np.log2(loud.f0_hz / 440)) < 0.1
    wishes(listener, noise(0.2, 1e-5))
    soft = wishes(listener, tone(110, 0.2, 0.02))[-1]
    assert loud.level_db - soft.level_db > 12
    assert -45 < soft.level_db < loud.level_db <= -10
    listener.settings = InputSettings(fits=False)
    wishes(listener, noise(0.2, 1e-5))
    assert abs(12 * np.log2(wishes(listener, tone(110, 0.2))[-1].f0_hz / 110)) < 0.1
