"""What a musician can choose before training, and how a sound is saved."""

import pytest

from app.state.pitch_choices import PITCH_CHOICES, pitch_choice
from app.state.sound_format import RATES, Depth, SoundFormat, format_of, rate_title


def test_that_a_choice_of_another_version_falls_back_on_the_first() -> None:
    assert pitch_choice("balanced").key == "balanced"
    assert pitch_choice("gone since") is PITCH_CHOICES[0]
    assert pitch_choice("") is PITCH_CHOICES[0]


@pytest.mark.parametrize("frame_rate", [50, 250])
def test_that_more_care_takes_more_time(frame_rate: int) -> None:
    seconds = [choice.seconds_for(60.0, frame_rate) for choice in PITCH_CHOICES]
    assert seconds == sorted(seconds, reverse=True)
    assert PITCH_CHOICES[0].seconds_for(120.0, frame_rate) == pytest.approx(2 * seconds[0])
    assert seconds[0] / seconds[1] > 5  # "some six times faster"


def test_that_every_choice_can_be_told_from_the_others() -> None:
    assert len({choice.key for choice in PITCH_CHOICES}) == len(PITCH_CHOICES)
    assert len({(choice.tracker, choice.capacity) for choice in PITCH_CHOICES}) == len(PITCH_CHOICES)


def test_that_a_sound_is_saved_as_it_was_last_time() -> None:
    for depth in Depth:
        for rate in RATES:
            assert format_of(depth.value, rate) == SoundFormat(depth, rate)


def test_that_a_form_that_nobody_knows_is_the_usual_one() -> None:
    assert format_of("64", 22050) == SoundFormat(Depth.INT_24, 0)


def test_that_a_form_is_told_in_words() -> None:
    assert SoundFormat(Depth.INT_16, 44100).title == "44.1 kHz, 16 bit"
    assert SoundFormat(Depth.FLOAT_32).title == "own rate, 32 bit float"
    assert rate_title(0) != rate_title(48000) == "48 kHz"
