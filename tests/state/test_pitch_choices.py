"""What a musician can choose before training, and how a sound is saved."""

import pytest

from app.state.pitch_choices import PITCH_CHOICES, pitch_choice
from app.state.sound_forms import LEVELS, form_of, form_title, level_title, rate_title, saved_hint, saved_title
from ddsp_backend.jobs.sound_form import SAMPLE_RATES, Depth, SoundForm


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
        for rate in SAMPLE_RATES:
            for level in LEVELS:
                assert form_of(depth.value, rate, level or 0.0) == SoundForm(depth, rate, level)


def test_that_a_form_that_nobody_knows_is_the_usual_one() -> None:
    assert form_of("64", 22050, 3.0) == SoundForm(Depth.INT_24, 0)


def test_that_a_form_is_told_in_words() -> None:
    assert form_title(SoundForm(Depth.INT_16, 44100)) == "44.1 kHz, 16 bit"
    assert form_title(SoundForm(Depth.INT_24, 48000, -23.0)) == "48 kHz, 24 bit, -23 LUFS"
    assert form_title(SoundForm(Depth.FLOAT_32)) == "own rate, 32 bit float"
    assert rate_title(0) != rate_title(48000) == "48 kHz"


def test_that_what_was_saved_is_told_in_words() -> None:
    assert len({level_title(level) for level in LEVELS}) == len(LEVELS)
    assert saved_title(["a.wav"]) == "Saved: a.wav"
    assert saved_title(["a.wav", "b.wav"]) == "Saved: 2 sounds"
    assert saved_hint("/music", 0.0, 1) == "In /music."
    assert "It was turned down by 2.5 dB" in saved_hint("/music", 2.5, 1)
    assert "Some were turned down by up to 2.5 dB" in saved_hint("/music", 2.5, 2)
