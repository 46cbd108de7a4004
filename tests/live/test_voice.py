"""Many keys, one voice."""

import math

from ddsp_backend.live.midi_messages import Modulation, NoteOff, NoteOn, NotesOff, PitchBend, Sustain
from ddsp_backend.live.voice import Envelope, Voice


def held(voice: Voice) -> float:
    """The note that sounds once its attack is over."""
    assert not voice.is_silent
    return voice.advance(1.0).midi


def test_that_the_newest_key_sounds_and_the_one_before_comes_back():
    voice = Voice()
    for note in (60, 64, 67):  # a chord
        voice.hear(NoteOn(note, 100))
    assert held(voice) == 67
    voice.hear(NoteOff(64))
    assert held(voice) == 67
    voice.hear(NoteOff(67))
    assert held(voice) == 60
    voice.hear(NoteOff(60))
    voice.advance(1.0)
    assert voice.is_silent


def test_that_tied_notes_have_one_attack():
    voice = Voice(Envelope(attack=0.1, release=0.1))
    voice.hear(NoteOn(60, 127))
    assert voice.advance(0.02).fade_db < -6
    assert voice.advance(0.1).fade_db == 0
    voice.hear(NoteOn(62, 64))
    tone = voice.advance(0.02)
    assert (tone.midi, tone.fade_db, tone.strength) == (62, 0, 64 / 127)


def test_that_a_release_dies_away_and_a_new_note_begins_where_it_was():
    voice = Voice(Envelope(attack=0.1, release=0.1))
    voice.hear(NoteOn(60, 127))
    voice.advance(0.2)
    voice.hear(NoteOff(60))
    middle = voice.advance(0.05)
    assert math.isclose(middle.fade_db, -30)
    assert math.isclose(middle.gain, 0.5)
    voice.hear(NoteOn(60, 127))
    assert voice.advance(0.01).fade_db > -30
    voice.hear(NoteOff(60))
    end = voice.advance(0.2)
    assert (end.gain, voice.is_silent) == (0, True)


def test_that_the_pedal_holds_notes_and_a_key_that_is_down_goes_before_them():
    voice = Voice()
    voice.hear(Sustain(True))
    for message in (NoteOn(60, 100), NoteOn(64, 100), NoteOff(64), NoteOff(60)):
        voice.hear(message)
    assert held(voice) == 64
    voice.hear(NoteOn(50, 100))
    assert held(voice) == 50
    voice.hear(Sustain(False))
    assert held(voice) == 50
    voice.hear(NoteOff(50))
    voice.advance(1.0)
    assert voice.is_silent


def test_that_wheels_bend_and_shake_the_pitch():
    voice = Voice()
    voice.hear(NoteOn(60, 100))
    voice.hear(PitchBend(-1.0))
    assert held(voice) == 58
    voice.hear(PitchBend(0.0))
    voice.hear(Modulation(1.0))
    heights = [voice.advance(0.004).midi for _ in range(250)]
    assert math.isclose(max(heights), 60.5, abs_tol=0.01)
    assert math.isclose(min(heights), 59.5, abs_tol=0.01)


def test_that_two_keyboards_do_not_let_go_of_each_others_notes():
    voice = Voice()
    voice.hear(NoteOn(60, 100), "one")
    voice.hear(NoteOn(60, 100), "two")
    voice.hear(NoteOff(60), "one")
    voice.hear(NotesOff(), "one")
    assert held(voice) == 60
    voice.forget("two")
    voice.advance(1.0)
    assert voice.is_silent


def test_that_nothing_sounds_on_after_all_notes_are_off():
    for message in (NotesOff(), NotesOff(is_reset=True)):
        voice = Voice()
        voice.hear(Sustain(message.is_reset))
        for note in range(128):
            voice.hear(NoteOn(note, 1))
        voice.hear(message)
        voice.advance(1.0)
        assert voice.is_silent
    voice.hear(NoteOff(3))  # of a key that nobody pressed
    assert voice.is_silent


def test_that_stopping_ends_notes_of_every_keyboard():
    voice = Voice()
    voice.hear(NoteOn(60, 100), "one")
    voice.hear(Sustain(True), "two")
    voice.hear(NoteOn(61, 100), "two")
    voice.hear(NoteOff(61), "two")
    voice.stop()
    voice.advance(1.0)
    assert voice.is_silent


def test_that_a_fresh_note_is_told_once():
    voice = Voice()
    assert not voice.take_fresh_note()
    voice.hear(NoteOn(60, 100))
    assert voice.take_fresh_note()
    assert not voice.take_fresh_note()
