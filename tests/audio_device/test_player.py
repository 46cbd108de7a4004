"""The player on a real PortAudio device: what came out is what was played."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

Sound = npt.NDArray[np.float32]
Device = Any  # conftest.PipeDevice or conftest.PlayerChild

RATE = 44100
FADE = 441


def tone(seconds: float, frequency: float = 300.0, level: float = 0.3, phase: float = 0.0, rate: int = RATE) -> Sound:
    times = np.arange(round(seconds * rate)) / rate
    return (level * np.cos(2 * np.pi * frequency * times + phase)).astype(np.float32)


def level_db(sound: Sound) -> float:
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64))))


def longest_silence(sound: Sound) -> int:
    """Samples."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], sound == 0, [0]])))
    return int(np.max(edges[1::2] - edges[::2], initial=0))


def sharpest_corner(sound: Sound) -> float:
    """The largest second difference: a click is a corner that the music does not have."""
    return float(np.abs(np.diff(sound, 2)).max())


def load(device: Device, folder: Path, *sounds: Sound, rate: int = RATE, keeps_position: bool = False) -> None:
    paths = []
    for index, sound in enumerate(sounds):
        paths.append(str(folder / f"track {index}.npy"))
        np.save(paths[-1], sound)
    device.ask("load", paths, rate, keeps_position)


def test_that_a_track_comes_out_sample_for_sample(device: Device, tmp_path: Path) -> None:
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 2 * RATE).astype(np.float32)
    load(device, tmp_path, sound)
    device.ask("play")
    heard = device.hear(1.5)
    np.testing.assert_allclose(heard[FADE:], sound[FADE : len(heard)], atol=1e-7)


def test_that_switching_leaves_neither_gap_nor_click_and_stays_in_time(device: Device, tmp_path: Path) -> None:
    original, resynthesized = tone(4), tone(4, phase=2.0)
    load(device, tmp_path, original, resynthesized)
    device.ask("play")
    before = device.hear(1)
    device.ask("select", 1)
    heard = np.concatenate([before, device.hear(2)])
    np.testing.assert_allclose(heard[FADE : len(before)], original[FADE : len(before)], atol=1e-6)
    np.testing.assert_allclose(heard[-RATE:], resynthesized[len(heard) - RATE : len(heard)], atol=1e-6)
    assert longest_silence(heard) <= 1
    assert sharpest_corner(heard[FADE:]) < 1.5 * sharpest_corner(original)


def test_that_a_quiet_track_is_played_as_loud_as_the_first(device: Device, tmp_path: Path) -> None:
    # The second is 14 dB quieter and pauses half of the time: the pauses must not make it count as quieter still.
    pauses = np.repeat(np.arange(40) % 2 == 0, RATE // 10)
    load(device, tmp_path, tone(4, 1000.0, 0.4), tone(4, 1000.0, 0.08) * pauses)
    device.ask("play")
    first = device.hear(0.6)
    device.ask("select", 1)
    heard = device.hear(2)[-RATE:]
    # RATE samples hold five pauses and five tones, of which only what sounds is measured.
    sounding = heard[np.convolve(np.abs(heard), np.ones(64) / 64, mode="same") > 0.05]
    assert level_db(sounding) == pytest.approx(level_db(first[FADE:]), abs=0.5)


def test_that_level_matching_can_be_turned_off(device: Device, tmp_path: Path) -> None:
    load(device, tmp_path, tone(6, level=0.4), tone(6, level=0.1))
    device.ask("set_level_matched", False)
    device.ask("select", 1)
    device.ask("play")
    quiet = device.hear(0.5)[FADE:]
    device.ask("set_level_matched", True)
    loud = device.hear(2)[-RATE:]
    assert level_db(loud) - level_db(quiet) == pytest.approx(20 * np.log10(4), abs=0.1)


def test_that_a_region_loops_with_its_exact_length_and_no_click(device: Device, tmp_path: Path) -> None:
    sound = tone(4, 441.0) * np.linspace(0.2, 1, 4 * RATE, dtype=np.float32)
    load(device, tmp_path, sound)
    device.ask("set_region", [1.0, 1.5])
    device.ask("set_looping", True)
    device.ask("seek", 1.0)
    device.ask("play")
    heard = device.hear(2.2)
    period = RATE // 2
    np.testing.assert_allclose(heard[2 * FADE : period], sound[RATE + 2 * FADE : RATE + period], atol=1e-6)
    np.testing.assert_allclose(heard[period : 3 * period], heard[2 * period : 4 * period], atol=1e-6)
    assert sharpest_corner(heard[FADE:]) < 1.5 * sharpest_corner(sound)
    assert longest_silence(heard) <= 1


def test_that_the_whole_loops_without_a_gap(device: Device, tmp_path: Path) -> None:
    sound = tone(0.5, 320.0)
    load(device, tmp_path, sound)
    device.ask("set_looping", True)
    device.ask("play")
    heard = device.hear(2.2)
    assert longest_silence(heard) <= 1
    assert sharpest_corner(heard[FADE:]) < 1.5 * sharpest_corner(sound)


def test_that_playing_ends_at_the_end_and_starts_again_from_the_beginning(device: Device, tmp_path: Path) -> None:
    sound = tone(0.5)
    load(device, tmp_path, sound)
    device.ask("play")
    heard = device.hear(0.6)
    np.testing.assert_allclose(heard[FADE : RATE // 2 - FADE], sound[FADE:-FADE], atol=1e-6)
    assert not heard[RATE // 2 :].any()
    assert device.wait_for("is_playing", False)["seconds"] == 0
    device.ask("play")
    again = device.hear(0.9)  # the stream goes on for half a second after the end, and no longer
    start = int(np.argmax(again != 0))
    np.testing.assert_allclose(again[start + FADE : start + RATE // 4], sound[FADE : RATE // 4], atol=1e-6)


def test_that_pause_and_play_go_on_at_the_same_place(device: Device, tmp_path: Path) -> None:
    sound = tone(8) * np.linspace(0.1, 1, 8 * RATE, dtype=np.float32)
    load(device, tmp_path, sound)
    device.ask("play")
    device.hear(0.5)
    device.ask("pause")
    heard = device.hear(0.5)  # what was on its way, then silence
    assert not heard[-100:].any()
    assert sharpest_corner(heard) < 1.5 * sharpest_corner(sound)
    paused_at = device.ask("snapshot")["seconds"]
    device.ask("play")
    more = device.hear(1)
    start = round(paused_at * RATE) - int(np.argmax(more != 0))
    np.testing.assert_allclose(more[-1000:], sound[start + len(more) - 1000 : start + len(more)], atol=1e-6)


def test_that_new_tracks_take_over_at_the_same_place(device: Device, tmp_path: Path) -> None:
    first, second = tone(4), tone(4, phase=1.0)
    load(device, tmp_path, first)
    device.ask("play")
    before = device.hear(0.5)
    load(device, tmp_path, second, keeps_position=True)
    heard = np.concatenate([before, device.hear(1.5)])
    np.testing.assert_allclose(heard[-1000:], second[len(heard) - 1000 : len(heard)], atol=1e-6)
    assert sharpest_corner(heard[FADE:]) < 1.5 * sharpest_corner(first)


def test_that_the_volume_follows_without_a_click(device: Device, tmp_path: Path) -> None:
    sound = tone(4, 100.0)
    load(device, tmp_path, sound)
    device.ask("play")
    before = device.hear(0.5)
    device.ask("set_volume", 0.25)
    heard = np.concatenate([before, device.hear(1.5)])
    assert level_db(heard[-RATE // 2 :]) - level_db(before[FADE:]) == pytest.approx(20 * np.log10(0.25), abs=0.1)
    assert np.abs(np.diff(heard)).max() < 1.2 * np.abs(np.diff(sound)).max()


def test_that_a_rate_which_the_device_refuses_is_resampled(converting_device: Device, tmp_path: Path) -> None:
    sound = tone(2, 1000.0, rate=768000)
    load(converting_device, tmp_path, sound, rate=768000)
    converting_device.ask("play")
    heard = converting_device.hear(1)[FADE:]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * 48000 / len(heard) == pytest.approx(1000, abs=3)
    assert level_db(heard) == pytest.approx(level_db(sound), abs=0.1)


def test_that_the_position_runs_with_the_sound(device: Device, tmp_path: Path) -> None:
    load(device, tmp_path, tone(20))
    device.ask("play")
    heard = device.hear(2)
    seconds = device.ask("snapshot")["seconds"]
    # What was rendered is at most the device's buffer and the pipe's ahead of what was read.
    assert len(heard) / RATE - 0.1 <= seconds <= len(heard) / RATE + 0.7
    device.ask("seek", 15.0)
    device.hear(1)
    assert 15.0 <= device.ask("snapshot")["seconds"] <= 16.7


def test_that_a_device_that_goes_away_is_a_sentence(device: Device, tmp_path: Path) -> None:
    load(device, tmp_path, tone(20))
    device.ask("play")
    device.hear(0.5)
    device.break_down()
    now = device.wait_for("problem")
    assert now["problem"].startswith("The sound device went away while playing. Connect it again")
    assert not now["is_playing"]
    assert now["length"] == 20


def test_that_a_machine_without_a_device_gets_a_sentence(no_device: Device, tmp_path: Path) -> None:
    no_device.ask("look_for_device")
    problem = no_device.wait_for("problem")["problem"]
    assert problem.startswith("This computer has no sound output. Connect headphones")
    load(no_device, tmp_path, tone(1))
    no_device.ask("seek", 0.5)
    no_device.ask("play")
    now = no_device.wait_for("problem")
    assert not now["is_playing"]
    assert now["seconds"] == pytest.approx(0.5, abs=1e-3)


def test_that_a_missing_portaudio_is_a_sentence_that_names_the_package(no_portaudio: Device) -> None:
    no_portaudio.ask("look_for_device")
    problem = no_portaudio.wait_for("problem")["problem"]
    assert problem.startswith("Sound needs the system library PortAudio, which is not installed")
    assert "libportaudio2" in problem
