"""A newcomer on a screen of their own, with a real mouse: drop a folder on the window, press Train, get a clip."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import psutil
import pytest
import soundfile

from app.plots.colors import Ink, Scheme
from tests.recordings import Audio, melody, write

ROOT = Path(__file__).parents[2]
ANOTHER_PROGRAM = Path(__file__).parent / "child" / "another_program.py"
SIZE = (1280, 800)
Found = TypeVar("Found")

PATIENCE = 600.0  # seconds; preparing, building a model and its first steps
ROW = 40  # pixels from the button Train to the choice above it

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool"),
]


class Screen:
    """An X server without a monitor, its mouse and its keyboard."""

    def __init__(self, home: Path) -> None:
        read, write_end = os.pipe()
        size = "x".join(map(str, SIZE))
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
            pass_fds=(write_end,),
            stderr=subprocess.DEVNULL,
        )
        os.close(write_end)
        with os.fdopen(read) as display:
            number = display.readline().strip()
        assert number, "Xvfb did not start"
        self.environment = {
            **os.environ,
            "DISPLAY": f":{number}",
            "QT_QPA_PLATFORM": "xcb",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",  # this desktop's scheme and letters are not those of the test
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "PYTHONPATH": str(ROOT),
        }

    def hand(self, *words: object) -> None:
        """A command of xdotool, such as `mousemove 10 20 click 1`."""
        subprocess.run(["xdotool", *map(str, words)], check=True, env=self.environment)

    def click(self, x: int, y: int) -> None:
        self.hand("mousemove", x, y, "sleep", 0.1, "click", 1)

    def find(self, color: str) -> tuple[int, int] | None:
        """The middle of a button of that colour."""
        words = self._run_another("find", color).communicate(timeout=PATIENCE)[0].split()
        return (int(words[0]), int(words[1])) if words else None

    def drag(self, path: Path, x: int, y: int) -> str:
        """From another program to there. Returns what that program is told has become of the files."""
        program = self._run_another("drag", str(path))
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        self.hand("mousemove", 20, 15, "mousedown", 1)
        for way in (0.02, 0.05, 0.5, 0.98, 1.0):
            self.hand("mousemove", round(20 + way * (x - 20)), round(15 + way * (y - 15)), "sleep", 0.2)
        self.hand("mouseup", 1)
        action = program.stdout.readline().strip()
        program.communicate(timeout=PATIENCE)
        return action

    def close(self) -> None:
        self._server.terminate()
        self._server.wait()

    def _run_another(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(ANOTHER_PROGRAM), *words], env=self.environment, stdout=subprocess.PIPE, text=True
        )


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    screen = Screen(tmp_path / "home")
    yield screen
    screen.close()


@pytest.fixture
def window(tmp_path: Path, screen: Screen) -> Iterator[Path]:
    """A window over an empty library. The library's folder."""
    library = tmp_path / "library"
    program = subprocess.Popen(
        [sys.executable, "-m", "app", "--library", str(library)], env=screen.environment, cwd=tmp_path
    )
    screen.hand("search", "--sync", "--onlyvisible", "--name", "Timbre Studio")
    yield library
    jobs = psutil.Process(program.pid).children(recursive=True)
    program.kill()
    program.wait()
    for job in jobs:
        job.kill()
    psutil.wait_procs(jobs)


def wait_for(look: Callable[[], Found | None], what: str) -> Found:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"nobody saw {what} within {PATIENCE:.0f} s")


def choose_one_step(screen: Screen, x: int, y: int) -> None:
    """Two rows above the button Train, at x and y, is what ends the training: its last choice is a number of steps."""
    screen.click(x, y - 2 * ROW)
    screen.hand("sleep", 0.5, "key", "End", "Return", "sleep", 0.5, "key", "Tab", "ctrl+a", "type", "1")
    screen.hand("key", "Return")


def choose_fastest_pitch(screen: Screen, x: int, y: int) -> None:
    """Above the rows is the first of three ways to find the pitch, and the arrow keys lead to the others."""
    screen.click(x, y - 4 * ROW)
    screen.hand("key", "Down", "sleep", 0.2, "key", "Down", "sleep", 0.2)


def clips(library: Path, instrument: str) -> list[Path]:
    return sorted((library / instrument / "model" / "clips" / "step-1").glob("*output.wav"))


def phrase(seconds: float, rate: int, hz: float, seed: int) -> Audio:
    """A melody as somebody's take begins and ends: with the noise of a room."""
    rest = np.random.default_rng(seed).normal(0.0, 3e-4, (2, round(0.31 * rate))).astype(np.float32)
    return np.concatenate((rest[0], melody(seconds - 0.62, rate, hz), rest[1]))


def sung(seconds: float, rate: int) -> Audio:
    """Tones with the vibrato and the formants of a voice."""
    time_N = np.arange(round(seconds * rate)) / rate
    pitch_N = 196.0 * 2 ** (np.floor(2.0 * time_N) % 5 / 6 + 0.02 * np.sin(2 * np.pi * 5.3 * time_N))
    phase_N = 2 * np.pi * np.cumsum(pitch_N) / rate
    voice_N = np.zeros_like(time_N)
    for k in range(1, 16):
        gain_N = sum(np.exp(-(((k * pitch_N - formant) / 180) ** 2)) for formant in (700.0, 1150.0, 2600.0))
        voice_N += (0.02 + gain_N) / k**0.3 * np.sin(k * phase_N)
    return (0.15 * voice_N * (1.1 + np.sin(2 * np.pi * 0.41 * time_N))).astype(np.float32)


def one_file(folder: Path) -> None:
    write(folder / "take.wav", phrase(12.3, 44100, 220.0, 0), 44100)


def four_files(folder: Path) -> None:
    for n, seconds in enumerate((41.237, 52.111, 37.9, 52.412)):
        write(folder / f"take {n}.wav", phrase(seconds, 44100, 110.0 * 2 ** (n / 4), n), 44100)


def many_short_files(folder: Path) -> None:
    for n, seconds in enumerate(np.random.default_rng(1).uniform(0.7, 9.0, 37)):
        write(folder / f"note {n}.flac", phrase(float(seconds), 22050, 165.0 * 2 ** (n % 12 / 12), n), 22050)


def stereo(folder: Path) -> None:
    take = phrase(21.77, 96000, 294.0, 0)
    write(folder / "Überäum.wav", np.stack((take, 0.7 * take), 1), 96000, "PCM_24")


def voice(folder: Path) -> None:
    write(folder / "voice.wav", sung(33.1, 48000), 48000)


def hour(folder: Path) -> None:
    """Not quite: 41 minutes."""
    write(folder / "session.flac", np.tile(phrase(491.937, 16000, 147.0, 0), 5), 16000)


FOLDERS = (one_file, four_files, many_short_files, stereo, voice, hour)
WITH_CREPE = (one_file, stereo)  # what the window would choose by itself, and the others too, in more time


@pytest.mark.timeout(1800)  # six trainings
def test_that_folders_of_every_kind_are_trained_to_their_first_clips(
    tmp_path: Path, screen: Screen, window: Path
) -> None:
    """One after another they wait for their turn."""
    for fill in FOLDERS:
        folder = tmp_path / fill.__name__
        fill(folder)
        screen.hand("mousemove", 640, 30, "key", "ctrl+n", "sleep", 0.5)
        assert screen.drag(folder, 700, 400) == "CopyAction"
        x, y = wait_for(lambda: screen.find(Ink.ACCENT.hex_in(Scheme.DARK)), f"the button Train for {folder.name}")
        choose_one_step(screen, x, y)
        if fill not in WITH_CREPE:
            choose_fastest_pitch(screen, x, y)
        screen.click(x, y)
    for fill in FOLDERS:
        heard = wait_for(partial(clips, window, fill.__name__), f"a clip of {fill.__name__}")
        assert soundfile.info(heard[0]).frames > 16000
