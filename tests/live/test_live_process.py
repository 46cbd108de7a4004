"""A real process, a real sound device, real sound."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ddsp_backend.live.messages import (
    DelayMeasured,
    LiveFailed,
    LoadModel,
    MeasureDelay,
    ModelReady,
    NowPlaying,
    OpenSound,
    PlayMidiFile,
    RecordTake,
    SoundOpened,
    TakeWritten,
    Trouble,
)
from ddsp_backend.live.midi_messages import NoteOff, NoteOn
from tests.audio_device.conftest import NO_DEVICE
from tests.inference.instruments import write_instrument
from tests.live.live_child import BOTH, LiveChild


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_instrument(tmp_path_factory.mktemp("live"), "models/solo_instrument.gin", amps=2.0)


# Format 0, 96 ticks a quarter: the note 69 for two quarters.
SONG = "4D546864000000060000000100604D54726B0000000D00904564814080450000FF2F00"


def tone() -> np.ndarray:
    """A second of the note 64 for a microphone, on two channels."""
    time_N = np.arange(44100) / 44100
    sound = 0.3 * np.sin(2 * np.pi * 329.63 * time_N) + 0.1 * np.sin(4 * np.pi * 329.63 * time_N)
    return np.repeat(sound.astype("<f4"), 2)


def is_loud(sound: np.ndarray) -> bool:
    return bool(np.abs(sound).max(initial=0) > 0.01)


def is_silent(sound: np.ndarray) -> bool:
    return len(sound) > 0 and bool(np.abs(sound).max() < 1e-4)


@pytest.mark.slow
def test_that_a_key_is_heard_in_tune_until_it_comes_up(model, tmp_path):
    with LiveChild(tmp_path) as live:
        live.say(OpenSound())
        opened = live.wait_for(lambda report: isinstance(report, SoundOpened))
        assert opened.output
        live.say(LoadModel(str(model)))
        ready = live.wait_for(lambda report: isinstance(report, ModelReady))
        assert ready.path == str(model)
        live.hear_until(is_silent)
        live.say(NoteOn(69, 100))
        live.hear_until(is_loud)
        sound = np.concatenate([live.hear(1) for _ in range(60)])
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 17))
        peaks = np.fft.rfftfreq(1 << 17, 1 / opened.sample_rate)[spectrum > spectrum.max() / 3]
        assert np.abs(np.rint(peaks / 440) - peaks / 440).max() < 0.03
        live.say(NoteOff(69))
        live.hear_until(is_silent)
        live.wait_for(lambda report: isinstance(report, NowPlaying) and not report.midi)


@pytest.mark.slow
def test_that_a_midi_file_and_a_voice_are_played_and_kept(model, tmp_path):
    (tmp_path / "song.mid").write_bytes(bytes.fromhex(SONG))
    with LiveChild(tmp_path, BOTH) as live:
        live.say(OpenSound())
        live.say(LoadModel(str(model)))
        live.wait_for(lambda report: isinstance(report, ModelReady))
        live.say(RecordTake(str(tmp_path / "take.wav")))
        live.say(PlayMidiFile(str(tmp_path / "song.mid")))
        live.wait_for(lambda report: isinstance(report, NowPlaying) and report.midi == 69)
        live.say(PlayMidiFile(str(tmp_path / "no.mid")))
        assert live.wait_for(lambda report: isinstance(report, LiveFailed)).trouble is Trouble.MIDI_FILE
        live.wait_for(lambda report: isinstance(report, NowPlaying) and not report.midi)
        live.say(RecordTake(""))
        written = live.wait_for(lambda report: isinstance(report, TakeWritten))
        kept, _ = soundfile.read(written.path)
        assert np.abs(kept).max() > 0.01

        live.sung = tone().tobytes()
        live.say(OpenSound(listens=True))
        opened = live.wait_for(lambda report: isinstance(report, SoundOpened) and report.input)
        assert opened.latency > 0
        heard = live.wait_for(lambda report: isinstance(report, NowPlaying) and report.midi)
        assert abs(heard.midi - 64) < 0.2
        live.hear_until(is_loud)


def test_that_an_output_that_goes_away_or_stalls_is_told_and_can_be_opened_again(tmp_path):
    with LiveChild(tmp_path) as live:
        live.say(OpenSound())
        live.wait_for(lambda report: isinstance(report, SoundOpened))
        live.is_deaf = True  # its pipe is full soon, and the device waits
        stalled = live.wait_for(lambda report: isinstance(report, LiveFailed))
        assert stalled.trouble is Trouble.SOUND
        assert "3 seconds" in stalled.title
        live.is_deaf = False
        live.unplug()
        gone = live.wait_for(lambda report: isinstance(report, LiveFailed) and report is not stalled)
        assert "unplugged" in gone.title
        live.plug_in()
        live.say(OpenSound())
        live.wait_for(lambda report: isinstance(report, SoundOpened))


def test_that_the_delay_of_output_and_input_is_measured_by_sound_that_goes_round(tmp_path):
    with LiveChild(tmp_path, BOTH) as live:
        live.say(OpenSound(listens=True))
        live.wait_for(lambda report: isinstance(report, SoundOpened) and report.input)
        live.is_looped = True
        live.say(MeasureDelay())
        measured = live.wait_for(lambda report: isinstance(report, DelayMeasured | LiveFailed))
        assert isinstance(measured, DelayMeasured), measured
        assert 0 < measured.seconds < 0.5
        live.is_looped = False
        live.sung = bytes(4096)  # an input is closed between two reads


def test_that_a_computer_without_sound_is_told(tmp_path):
    with LiveChild(tmp_path, NO_DEVICE) as live:
        live.say(OpenSound())
        failed = live.wait_for(lambda report: isinstance(report, LiveFailed))
        assert failed.trouble is Trouble.SOUND
        assert "Connect" in failed.hint
