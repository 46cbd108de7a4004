"""The page on which one plays says what is, and what to do."""

import math
from dataclasses import replace
from functools import reduce

import pytest

from app.state.computer_keys import key_of_note, note_of_key, octave_after
from app.state.play_knobs import INPUT_KNOBS, KNOBS, places, turned
from app.state.play_page import PlayPageState, PlayPhase, asked_for, heard, opening
from ddsp_backend.live.messages import (
    DelayMeasured,
    DevicesFound,
    KeyboardsFound,
    LiveFailed,
    ModelReady,
    NowPlaying,
    SoundOpened,
    TakeWritten,
    Trouble,
    TurnKnobs,
)

OPENED = SoundOpened("Speakers", "", 48000, 0.012)
READY = ModelReady("/flute", 60.2, 83.7, knows_range=True)


def playing(peak: float, midi: float = 0.0, lost: int = 0, **rest: object) -> NowPlaying:
    values = {"input_peak": 0.0, "is_playing_file": False, "take_seconds": 0.0, "answer": 0.0, **rest}
    return NowPlaying(peak=peak, midi=midi, lost=lost, **values)


def after(*reports: object) -> PlayPageState:
    return reduce(heard, reports, asked_for(PlayPageState(), "/flute"))


def test_that_without_a_model_the_page_says_where_one_comes_from():
    state = PlayPageState()
    assert state.phase is PlayPhase.EMPTY
    assert "Train" in state.advice
    assert asked_for(after(OPENED, READY), "").phase is PlayPhase.EMPTY


def test_that_model_and_output_make_it_ready_in_either_order():
    assert after().phase is PlayPhase.LOADING
    assert after(OPENED).phase is after(READY).phase is PlayPhase.LOADING
    for state in (after(OPENED, READY), after(READY, OPENED)):
        assert state.can_play
        assert "C4 to C6" in state.advice
        assert state.figures == "48 kHz, 12 ms in the output"
    assert "learned" not in heard(state, replace(READY, knows_range=False)).advice


def test_that_a_model_that_is_no_longer_wanted_is_passed_over():
    state = asked_for(after(OPENED), "/horn")
    assert not heard(state, READY).is_loaded


def test_that_what_sounds_is_said():
    state = after(OPENED, READY, playing(0.5, 69.2))
    assert state.headline == "Playing A4"
    assert math.isclose(state.level_db, -6, abs_tol=0.1)
    state = heard(state, playing(0.0))
    assert state.headline == "Ready to play"
    assert state.level_db == -math.inf


def test_that_the_time_a_key_took_is_said():
    figures = after(OPENED, READY, playing(0.5, answer=0.0061)).figures
    assert figures == "48 kHz, 12 ms in the output, 6 ms to answer the last key"


@pytest.mark.parametrize(("lost", "words"), [(1, "1 gap:"), (1200, "1,200 gaps:")])
def test_that_gaps_are_said_with_a_cure(lost, words):
    figures = after(OPENED, READY, playing(0.5, lost=lost)).figures
    assert words in figures
    assert "a longer delay" in figures


def test_that_an_output_that_goes_is_told_until_one_is_opened_again():
    state = after(OPENED, READY, LiveFailed(Trouble.SOUND, "The output has stopped", "Connect it again."))
    assert (state.phase, state.headline, state.advice) == (
        PlayPhase.NO_SOUND,
        "The output has stopped",
        "Connect it again.",
    )
    assert state.figures == ""
    state = opening(state)
    assert state.phase is PlayPhase.LOADING
    assert heard(state, OPENED).can_play


def test_that_a_model_that_cannot_be_played_is_told_until_another_is_asked_for():
    state = after(OPENED, LiveFailed(Trouble.MODEL, "It looks at whole phrases", "Train another."))
    assert state.phase is PlayPhase.UNPLAYABLE
    assert opening(state).phase is PlayPhase.UNPLAYABLE
    assert asked_for(state, "/horn").phase is PlayPhase.LOADING


def test_that_other_troubles_are_notices_beside_the_music():
    state = after(OPENED, READY, LiveFailed(Trouble.COMMAND, "A message could not be read"))
    assert state.can_play
    assert state.notice is not None


def test_that_devices_are_listed():
    state = after(DevicesFound(("Speakers", "Headphones"), ("Microphone",)))
    assert state.outputs == ("Speakers", "Headphones")
    assert state.players == ("Keys and MIDI", "Microphone")


def test_that_midi_keyboards_are_named_or_said_to_be_missing():
    assert "Connect one" in after(KeyboardsFound(())).midi_words
    assert after(KeyboardsFound(("Keystation", "Seaboard"))).midi_words == "Playing too: Keystation, Seaboard"
    assert "python-rtmidi" in after(KeyboardsFound((), is_supported=False)).midi_words


def test_that_a_take_and_a_file_are_stopped_where_they_were_begun():
    state = after(OPENED, READY, playing(0.1, take_seconds=61.0, is_playing_file=True))
    assert (state.record_word, state.file_word) == ("Stop (1:01)", "Stop the MIDI file")
    state = heard(state, TakeWritten("/flute/played/take_01.wav", 61.2))
    assert state.record_word == "Record"
    assert state.last_take == state.notice.hint == "/flute/played/take_01.wav"


def test_that_an_input_plays_until_it_goes():
    state = after(READY, replace(OPENED, input="Microphone"), playing(0.1, input_peak=0.1))
    assert "headphones" in state.advice
    assert "input and output" in state.figures
    assert math.isclose(state.input_db, -20)
    state = heard(state, LiveFailed(Trouble.INPUT, "The input has stopped", "Press Look again."))
    assert (state.input, state.can_play) == ("", True)


def test_that_the_delay_is_measured_once_at_a_time():
    state = after(READY, OPENED)
    assert not state.can_measure  # nothing hears it
    state = heard(state, replace(OPENED, input="Microphone"))
    assert state.can_measure
    state = replace(state, is_measuring=True)
    assert not state.can_measure
    measured = heard(state, DelayMeasured(0.0631))
    assert "63 ms" in measured.notice.title
    assert measured.can_measure
    failed = heard(state, LiveFailed(Trouble.DELAY, "The clicks did not come back", "Connect them."))
    assert failed.can_measure


def test_that_letters_lie_like_piano_keys():
    assert [note_of_key(key, 4) for key in "awsedftgyhujkolp"] == list(range(60, 76))
    assert [note_of_key(key, 4) for key in ("Q", "ab", "")] == [None, None, None]
    assert note_of_key("P", 9) is None
    assert [key_of_note(note, 4) for note in (59, 60, 69, 76)] == ["", "A", "H", ""]
    assert [octave_after(key, 0) for key in "zxa"] == [0, 1, 0]
    assert octave_after("X", 7) == 7


def test_that_sliders_and_sound_agree():
    for knob in (*KNOBS, *INPUT_KNOBS):
        for place in range(knob.lowest, knob.highest + 1):
            knobs = turned(TurnKnobs(), knob.name, place)
            assert places(knobs)[knob.name] == place
            assert knob.words(place)
    silent = turned(TurnKnobs(), "noise", -36)
    assert silent == replace(TurnKnobs(), noise=0.0)
    assert places(TurnKnobs())["volume"] == 0
