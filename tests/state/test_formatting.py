"""Numbers as people say them."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.state import formatting
from ddsp_backend.jobs.kinds import Unit


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a few seconds"),
        (7.9, "a few seconds"),
        (12, "12 s"),
        (43, "40 s"),
        (60, "about 1 min"),
        (82, "about 1 min 30 s"),
        (89 * 60, "about 89 min"),
        (2 * 3600, "about 2 h"),
        (2 * 3600 + 600, "about 2 h 10 min"),
        (5 * 3600, "about 5 h"),  # hours, long before it is days
        (9 * 3600 + 30 * 60, "about 9 h 30 min"),
        (10 * 3600 + 30 * 60, "about 10 h"),
        (47 * 3600, "about 47 h"),
        (48 * 3600, "about 2 days"),
        (240 * 3600, "about 10 days"),
        (math.inf, "unknown time"),
        (math.nan, "unknown time"),
    ],
)
def test_that_a_span_is_as_exact_as_one_can_know_it(seconds: float, words: str) -> None:
    assert formatting.span(seconds) == words


@given(st.floats(0, 1e8))
def test_that_a_span_is_never_of_nothing_and_never_far_off(seconds: float) -> None:
    words = formatting.span(seconds)
    if words == "a few seconds":
        assert seconds < 8
        return
    sizes = {"s": 1, "min": 60, "h": 3600, "days": 86400}
    said = sum(float(number) * sizes[unit] for number, unit in re.findall(r"(\d+) (days|h|min|s)", words))
    assert said == pytest.approx(seconds, rel=0.26)


@pytest.mark.parametrize(
    ("seconds", "words"), [(-3, "0:00"), (4.6, "0:05"), (298, "4:58"), (3600, "1:00:00"), (3723, "1:02:03")]
)
def test_that_a_clock_shows_hours_only_where_there_are_any(seconds: float, words: str) -> None:
    assert formatting.clock(seconds) == words


def test_that_what_is_done_is_told_in_its_own_unit() -> None:
    assert formatting.amount(3, 12, Unit.FILES) == "3 of 12 files"
    assert formatting.amount(1200, 3000, Unit.STEPS) == "1,200 of 3,000 steps"
    assert formatting.amount(25, 190, Unit.AUDIO_SECONDS) == "0:25 of 3:10 of audio"
    assert formatting.amount(1, 2, Unit.NOTHING) == "1 of 2"
    assert set(formatting.UNITS) == set(Unit)


@pytest.mark.parametrize(
    ("peak", "words"), [(1.0, "0.0 dB"), (0.999, "0.0 dB"), (0.5, "-6.0 dB"), (0, "silent"), (-1, "-"), (math.nan, "-")]
)
def test_that_a_peak_is_told_in_decibels(peak: float, words: str) -> None:
    assert formatting.decibels(peak) == words


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [(1, "1 byte"), (999, "999 bytes"), (340_000, "340 kB"), (4_200_000, "4.2 MB"), (1_300_000_000, "1.3 GB")],
)
def test_that_a_file_has_a_size_that_can_be_read(n_bytes: int, words: str) -> None:
    assert formatting.file_size(n_bytes) == words


def test_that_what_nobody_knows_of_a_file_is_a_dash() -> None:
    assert [formatting.kilohertz(rate) for rate in (44100, 48000, 0)] == ["44.1 kHz", "48 kHz", "-"]
    assert [formatting.channels(n) for n in (0, 1, 2, 6)] == ["-", "mono", "stereo", "6 channels"]


def test_that_one_is_one_and_many_are_many() -> None:
    assert [formatting.count(n, "step") for n in (0, 1, 2, 12000)] == ["0 steps", "1 step", "2 steps", "12,000 steps"]


@pytest.mark.parametrize(
    ("pace", "words"),
    [(2.0, "2.0 steps a second"), (0.25, "4.0 s a step"), (0.0, "-"), (-1.0, "-"), (math.nan, "-"), (math.inf, "-")],
)
def test_that_slow_steps_are_told_in_seconds(pace: float, words: str) -> None:
    assert formatting.speed(pace) == words


def test_that_a_note_has_the_name_of_the_nearest_key() -> None:
    assert [formatting.note(midi) for midi in (60, 57.2, 59.6, 21, 61)] == ["C4", "A3", "C4", "A0", "C#4"]


def test_that_a_loss_that_is_no_number_says_so() -> None:
    assert [formatting.loss(value) for value in (12.3456, math.nan, math.inf)] == ["12.35", "nan", "inf"]


def test_that_clips_are_called_what_a_musician_calls_them_and_stand_in_order() -> None:
    assert formatting.phrase("clip 3") == "Phrase 3"
    assert formatting.phrase("sample 3") == "Excerpt 3"
    assert formatting.phrase("my.wav") == "my.wav"
    assert sorted(["clip 10", "clip 2", "clip 1"], key=formatting.by_number) == ["clip 1", "clip 2", "clip 10"]
