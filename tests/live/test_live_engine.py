"""Those who play, and what is kept of it, without a device."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ddsp_backend.inference.model_player import load_player
from ddsp_backend.live.listener import Listener
from ddsp_backend.live.live_engine import LiveEngine
from ddsp_backend.live.live_instrument import LiveInstrument
from ddsp_backend.live.messages import TurnKnobs
from ddsp_backend.live.midi_file import TimedMessage
from ddsp_backend.live.midi_messages import NoteOff, NoteOn
from ddsp_backend.live.take_recording import TakeRecording
from tests.inference.instruments import write_instrument

RATE = 48000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_instrument(tmp_path_factory.mktemp("live"), "models/solo_instrument.gin", amps=2.0)


@pytest.fixture
def engine(folder: Path) -> LiveEngine:
    engine = LiveEngine()
    engine.take_instrument(LiveInstrument(load_player(folder), RATE))
    engine.turn(TurnKnobs(room=0.0))
    return engine


def sound(engine: LiveEngine, seconds: float) -> np.ndarray:
    return np.concatenate([engine.fill(128) for _ in range(round(seconds * RATE / 128))])


def test_that_an_engine_without_an_instrument_is_silent():
    engine = LiveEngine()
    engine.hear(NoteOn(60, 100))
    assert not engine.fill(128).any()


def test_that_a_score_is_played_in_time_and_leaves_nothing_pressed(engine):
    notes = [TimedMessage(0.1, NoteOn(60, 100)), TimedMessage(0.3, NoteOn(64, 100)), TimedMessage(0.5, NoteOff(60))]
    engine.play(notes)
    heard = np.abs(sound(engine, 1.0))
    assert 0.1 <= np.argmax(heard > 1e-3) / RATE < 0.105
    assert heard[round(0.4 * RATE) : round(0.49 * RATE)].max() > 0.01
    assert heard[round(0.8 * RATE) :].max() < 1e-4  # the note 64 was never let go of
    assert not engine.is_playing_score


def test_that_a_score_can_be_stopped(engine):
    engine.play([TimedMessage(0.0, NoteOn(60, 100)), TimedMessage(60.0, NoteOff(60))])
    assert np.abs(sound(engine, 0.2)).max() > 0.01
    engine.play(())
    sound(engine, 0.4)
    assert np.abs(sound(engine, 0.1)).max() < 1e-4


@pytest.mark.parametrize("f0_hz", [150.0, 220.0, 400.0])
def test_that_a_voice_is_answered_within_50_ms(engine, f0_hz):
    """By the sound that goes in and the sound that comes out, without the buffers of devices."""
    listener = Listener(RATE)
    engine.listen_to(listener)
    engine.turn(TurnKnobs(room=0.0, fits=False))
    time_N = np.arange(RATE // 2) / RATE
    sung = np.concatenate([np.zeros(RATE // 4), 0.3 * np.sin(2 * np.pi * f0_hz * time_N)]).astype(np.float32)
    answer = []
    for begin in range(0, len(sung), 128):
        listener.hear(sung[begin : begin + 128])
        answer.append(engine.fill(128))
    heard = np.abs(np.concatenate(answer))
    assert heard[: RATE // 4].max() == 0
    delay = (np.argmax(heard > heard.max() / 10) - RATE // 4) / RATE
    assert 0 < delay < 0.035
    assert abs(12 * np.log2(f0_hz / 440) + 69 - engine.midi) < 0.1


def test_that_the_time_to_answer_a_key_is_measured(engine):
    engine.fill(128)
    assert engine.answer == 0
    engine.hear(NoteOn(60, 100))
    engine.fill(128)
    assert 0 < engine.answer < 10


def test_that_another_model_takes_over_without_a_click(engine, folder):
    engine.hear(NoteOn(60, 100))
    before = sound(engine, 0.3)
    engine.take_instrument(LiveInstrument(load_player(folder), RATE))
    after = sound(engine, 0.3)
    assert np.abs(after[-4800:]).max() > 0.01
    steps = np.abs(np.diff(np.concatenate([before[-4800:], after])))
    assert steps.max() < 1.3 * np.abs(np.diff(before[-4800:])).max()


def test_that_a_take_is_what_was_played(engine, tmp_path):
    told: list[object] = []
    take = TakeRecording(tmp_path / "played" / "take_01.wav", RATE, lambda *words: told.append(words))
    engine.record(take)
    engine.hear(NoteOn(60, 100))
    played = sound(engine, 0.5)
    engine.record(None)
    engine.fill(128)
    take.finish()
    kept, rate = soundfile.read(tmp_path / "played" / "take_01.wav")
    assert rate == RATE
    np.testing.assert_allclose(kept, played, atol=2**-22)
    assert told == [(len(played) / RATE, None)]


def test_that_a_take_that_cannot_be_written_is_told(engine, tmp_path):
    (tmp_path / "played").write_text("a file where the folder should be")
    told: list[object] = []
    take = TakeRecording(tmp_path / "played" / "take_01.wav", RATE, lambda *words: told.append(words))
    engine.record(take)
    sound(engine, 0.1)
    engine.record(None)
    engine.fill(128)
    take.finish()
    ((seconds, error),) = told
    assert seconds == 0
    assert isinstance(error, OSError)
