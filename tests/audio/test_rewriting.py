"""Sounds in the form that a DAW wants."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ddsp_backend.audio.loudness_meter import LoudnessMeter
from ddsp_backend.audio.rewriting import rewrite
from ddsp_backend.errors import AudioError, ConfigError
from ddsp_backend.jobs.sound_form import Depth, SoundForm
from ddsp_backend.jobs.steps import drain

SUBTYPES = {Depth.INT_16: "PCM_16", Depth.INT_24: "PCM_24", Depth.FLOAT_32: "FLOAT"}


def write_tone(path: Path, seconds: float = 1.0, level: float = 0.2, hz: float = 440.0, rate: int = 16000) -> Path:
    soundfile.write(path, level * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate), rate, "FLOAT")
    return path


def read(path: Path) -> tuple[np.ndarray, int]:
    return soundfile.read(path, dtype="float32")


def lufs_of(path: Path) -> float:
    audio, rate = read(path)
    meter = LoudnessMeter(rate)
    meter.add(audio)
    return meter.lufs()


@pytest.mark.parametrize("depth", list(Depth))
@pytest.mark.parametrize("rate", [16000, 44100, 48000])
def test_that_a_file_gets_its_depth_and_rate_and_keeps_pitch_and_loudness(
    tmp_path: Path, depth: Depth, rate: int
) -> None:
    source = write_tone(tmp_path / "a.wav", 2.5)
    result = drain(rewrite([(source, tmp_path / "b.wav")], SoundForm(depth, rate)))
    info = soundfile.info(tmp_path / "b.wav")
    assert (info.subtype, info.samplerate, info.frames) == (SUBTYPES[depth], rate, int(2.5 * rate))
    audio, _ = read(tmp_path / "b.wav")
    assert np.argmax(np.abs(np.fft.rfft(audio[:rate]))) == 440
    assert result.peak == pytest.approx(0.2, rel=0.02)
    assert result.lowered_db == 0


@pytest.mark.parametrize("level", [-40.0, -23.0, -14.0])
def test_that_a_sound_is_brought_to_a_loudness(tmp_path: Path, level: float) -> None:
    source = write_tone(tmp_path / "a.wav", 3)
    drain(rewrite([(source, tmp_path / "b.wav")], SoundForm(Depth.INT_24, 48000, level)))
    assert lufs_of(tmp_path / "b.wav") == pytest.approx(level, abs=0.05)


def test_that_whole_numbers_are_turned_down_to_fit_and_it_is_said_by_how_much(tmp_path: Path) -> None:
    source = write_tone(tmp_path / "a.wav", 3, level=0.5, hz=1000)
    whole = drain(rewrite([(source, tmp_path / "b.wav")], SoundForm(Depth.INT_16, level=0.0)))
    assert whole.lowered_db == pytest.approx(3.0, abs=0.1)
    assert lufs_of(tmp_path / "b.wav") == pytest.approx(-3.0, abs=0.1)
    floating = drain(rewrite([(source, tmp_path / "c.wav")], SoundForm(Depth.FLOAT_32, level=0.0)))
    assert (floating.lowered_db, floating.peak) == (0, pytest.approx(1.41, abs=0.02))


def test_that_parts_still_add_up_to_the_whole(tmp_path: Path) -> None:
    sources = [write_tone(tmp_path / f"{hz}.wav", 2, level=0.6, hz=hz) for hz in (300, 700)]
    mix = tmp_path / "mix.wav"
    soundfile.write(mix, sum(read(source)[0] for source in sources), 16000, "FLOAT")
    targets = [tmp_path / f"new {number}.wav" for number in range(3)]
    result = drain(rewrite(list(zip((mix, *sources), targets, strict=True)), SoundForm(Depth.INT_24, 44100, -20.0)))
    whole, *parts = (read(target)[0] for target in targets)
    np.testing.assert_allclose(sum(parts), whole, atol=1e-5)
    assert lufs_of(targets[0]) == pytest.approx(-20 - result.lowered_db, abs=0.05)


def test_that_silence_stays_silence(tmp_path: Path) -> None:
    source = write_tone(tmp_path / "a.wav", level=0.0)
    drain(rewrite([(source, tmp_path / "b.wav")], SoundForm(Depth.INT_16, level=-14.0)))
    assert not read(tmp_path / "b.wav")[0].any()


def test_that_a_file_that_stops_in_the_middle_leaves_what_was_there(tmp_path: Path) -> None:
    source = write_tone(tmp_path / "a.wav", 20)
    (tmp_path / "b.wav").write_text("before")
    steps = rewrite([(source, tmp_path / "b.wav")], SoundForm(Depth.INT_16, 48000))
    done = [next(steps) for _ in range(8)]
    assert done == sorted(done)
    assert done[-1] > 0.5
    steps.close()
    assert (tmp_path / "b.wav").read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"a.wav", "b.wav"}


@pytest.mark.parametrize("broken", [1, 0])
def test_that_all_files_are_written_or_none(tmp_path: Path, broken: int) -> None:
    sources = [write_tone(tmp_path / f"{number}.wav") for number in range(2)]
    sources[broken].write_bytes(sources[broken].read_bytes()[:30])
    with pytest.raises(AudioError, match="is not a sound file"):
        drain(rewrite([(source, tmp_path / f"new {source.name}") for source in sources], SoundForm(Depth.INT_16)))
    assert {path.name for path in tmp_path.iterdir()} == {"0.wav", "1.wav"}


def test_that_memory_does_not_grow_with_the_sound(tmp_path: Path) -> None:
    peaks = []
    for seconds in (10, 60):
        source = write_tone(tmp_path / "a.wav", seconds)
        tracemalloc.start()
        drain(rewrite([(source, tmp_path / "b.wav")], SoundForm(Depth.INT_24, 44100, -20.0)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


@pytest.mark.parametrize(("rate", "level"), [(22050, None), (-1, None), (0, 1.0), (0, -61.0), (0, float("nan"))])
def test_that_a_form_that_makes_no_sense_is_refused(rate: int, level: float | None) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        SoundForm(Depth.INT_16, rate, level)
