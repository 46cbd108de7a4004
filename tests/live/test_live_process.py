"""A real process, a real sound device, real sound."""

from pathlib import Path

import numpy as np
import pytest

from ddsp_backend.live.messages import LiveFailed, LoadModel, ModelReady, NowPlaying, OpenSound, SoundOpened, Trouble
from ddsp_backend.live.midi_messages import NoteOff, NoteOn
from tests.audio_device.conftest import NO_DEVICE
from tests.inference.instruments import write_instrument
from tests.live.live_child import LiveChild


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_instrument(tmp_path_factory.mktemp("live"), "models/solo_instrument.gin", amps=2.0)


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


def test_that_a_computer_without_sound_is_told(tmp_path):
    with LiveChild(tmp_path, NO_DEVICE) as live:
        live.say(OpenSound())
        failed = live.wait_for(lambda report: isinstance(report, LiveFailed))
        assert failed.trouble is Trouble.SOUND
        assert "Connect" in failed.hint
