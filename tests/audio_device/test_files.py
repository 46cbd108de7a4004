"""What the window reads from the disk, and hands out."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.files import copy_sound, read_sound, read_spectrogram
from ddsp_backend.errors import AudioError, Cancelled
from ddsp_backend.jobs.sound_form import Depth, SoundForm


def test_that_channels_are_mixed_and_the_rate_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "Flöte 'live'\n🎶.wav"
    soundfile.write(path, np.array([[0.5, 0.1], [0.25, 0.25]]), 22050, format="WAV", subtype="FLOAT")
    sound, rate = read_sound(path)
    np.testing.assert_allclose(sound, [0.3, 0.25], atol=1e-7)
    assert rate == 22050


def test_that_another_rate_keeps_the_pitch(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000), 16000)
    sound, rate = read_sound(path, 48000)
    assert (len(sound), rate) == (48000, 48000)
    assert np.argmax(np.abs(np.fft.rfft(sound))) == 440


def test_that_what_is_not_finite_becomes_finite(tmp_path: Path) -> None:
    path = tmp_path / "odd.wav"
    soundfile.write(path, np.array([0.1, np.nan, np.inf]), 8000, subtype="FLOAT")
    np.testing.assert_allclose(read_sound(path)[0], [0.1, 0.0, 1.0], atol=1e-7)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all"])
def test_that_a_file_without_sound_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=r"broken.wav is not a sound file"):
        read_sound(path)


def test_that_an_empty_recording_is_a_sentence(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 8000)
    with pytest.raises(AudioError, match="0 seconds long"):
        read_sound(tmp_path / "empty.wav")


def test_that_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"gone.wav cannot be read: No such file"):
        read_sound(tmp_path / "gone.wav")
    with pytest.raises(AudioError, match=r"gone.npy cannot be read"):
        read_spectrogram(tmp_path / "gone.npy")


@pytest.mark.parametrize("values", [np.zeros(4, np.uint8), np.zeros((4, 4)), np.array([{}])])
def test_that_another_array_is_no_spectrogram(tmp_path: Path, values: np.ndarray) -> None:
    np.save(tmp_path / "picture.npy", values)
    with pytest.raises(AudioError, match=r"picture.npy"):
        read_spectrogram(tmp_path / "picture.npy")


@pytest.mark.parametrize("depth", list(Depth))
@pytest.mark.parametrize("rate", [0, 44100, 48000])
def test_that_a_copy_has_the_form_that_was_asked_for(tmp_path: Path, depth: Depth, rate: int) -> None:
    tone = 0.5 * np.sin(np.arange(16001) * 0.1)
    soundfile.write(tmp_path / "sound.wav", tone, 16000, "FLOAT")
    assert copy_sound(tmp_path / "sound.wav", tmp_path / "copy.wav", SoundForm(depth, rate)) == 0
    info = soundfile.info(tmp_path / "copy.wav")
    assert info.subtype == {Depth.INT_16: "PCM_16", Depth.INT_24: "PCM_24", Depth.FLOAT_32: "FLOAT"}[depth]
    assert info.samplerate == (rate or 16000)
    assert info.duration == pytest.approx(16001 / 16000, abs=1e-4)


def test_that_what_is_too_loud_for_whole_numbers_is_turned_down_and_not_clipped(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "loud.wav", 2 * np.sin(np.arange(16000) * 0.1), 16000, "FLOAT")
    lowered_db = copy_sound(tmp_path / "loud.wav", tmp_path / "a.wav", SoundForm(Depth.INT_24))
    assert lowered_db == pytest.approx(6.02, abs=0.01)
    assert copy_sound(tmp_path / "loud.wav", tmp_path / "b.wav", SoundForm(Depth.FLOAT_32)) == 0
    whole, floating = (soundfile.read(tmp_path / f"{name}.wav")[0] for name in "ab")
    np.testing.assert_allclose(2 * whole, floating, atol=1e-3)


def test_that_a_copy_is_whole_or_not_there(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "sound.wav", np.zeros(100), 16000)
    copy_sound(tmp_path / "sound.wav", tmp_path / "copy.wav", SoundForm())
    before = (tmp_path / "copy.wav").read_bytes()
    with pytest.raises(AudioError, match="cannot be written: No such file"):
        copy_sound(tmp_path / "sound.wav", tmp_path / "no folder" / "copy.wav", SoundForm())
    with pytest.raises(AudioError):
        copy_sound(tmp_path / "gone.wav", tmp_path / "copy.wav", SoundForm())
    assert (tmp_path / "copy.wav").read_bytes() == before


def test_that_a_copy_that_nobody_waits_for_leaves_nothing(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "sound.wav", np.zeros(16000), 16000)
    with pytest.raises(Cancelled):
        copy_sound(tmp_path / "sound.wav", tmp_path / "copy.wav", SoundForm(), lambda: True)
    assert [path.name for path in tmp_path.iterdir()] == ["sound.wav"]
