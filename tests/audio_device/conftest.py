"""A real sound device for the player: PortAudio on ALSA, whose samples come out of a named pipe.

The pipe sets the pace: the device takes no more than the test has read, so what is heard depends on no clock.
"""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

ROOT = Path(__file__).parents[2]
RATE = 44100  # what PortAudio calls the default rate of an ALSA device without hardware
PATIENCE = 60.0

PIPE = """
pcm.!default {{
    type plug
    slave.pcm {{
        type file
        slave.pcm {{ type null }}
        file "{pipe}"
        format raw
    }}
}}
"""


# A converter that ends at 384 kHz, before a device at 48 kHz and 16 bits.
CONVERTED_PIPE = """
pcm.!default {{
    type rate
    slave {{
        pcm {{ type file slave.pcm {{ type null }} file "{pipe}" format raw }}
        rate 48000
        format S16_LE
    }}
}}
"""

# The default device is a card that is not there.
NO_DEVICE = """
pcm.!default { type hw card 31 }
ctl.!default { type hw card 31 }
"""


# What is recorded comes out of a named pipe, as fast as it is written there.
MICROPHONE = """
pcm.!default {{
    type plug
    slave.pcm {{
        type file
        slave.pcm {{ type null }}
        file "/dev/null"
        infile "{pipe}"
        format raw
    }}
}}
"""


class PlayerChild:
    """A player in another process, whose sound system is configured by `alsa_config`.

    Args:
      wrapper: A command that runs the process as the rest of its own command line.
    """

    SCRIPT = "player_child.py"

    def __init__(self, folder: Path, alsa_config: str, prelude: str = "", wrapper: Sequence[str] = ()) -> None:
        config = folder / "asound.conf"
        # Without ALSA's own configuration, no real device is found on the machine that runs the test.
        config.write_text(alsa_config)
        script = ROOT / "tests" / "audio_device" / self.SCRIPT
        self._process = subprocess.Popen(
            [*wrapper, sys.executable, "-c", f"{prelude}\nimport runpy; runpy.run_path({str(script)!r})"],
            env={**os.environ, "ALSA_CONFIG_PATH": str(config), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, *command: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            _, errors = self._process.communicate(timeout=PATIENCE)
            raise AssertionError(f"the player died: {errors.decode()}")
        return json.loads(line)

    def wait_for(self, name: str, value: Any = True) -> dict[str, Any]:
        """Asks until the player says so; whoever waits in vain meets the suite's timeout."""
        while True:
            now: dict[str, Any] = self.ask("snapshot")
            if (bool(now[name]) if value is True else now[name]) == value:
                return now

    def close(self) -> str:
        """What it wrote to stderr."""
        _, errors = self._process.communicate(timeout=PATIENCE)
        assert self._process.returncode == 0, errors.decode()
        return errors.decode()


class PipeDevice(PlayerChild):
    """A player whose sound the test reads."""

    def __init__(self, folder: Path, alsa_config: str = PIPE, sample: str = "<f4", full_scale: float = 1.0) -> None:
        pipe = folder / "pipe"
        os.mkfifo(pipe)
        # Opened for both directions, so that neither side waits for the other to open it.
        self._pipe = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        self._begun = False
        self._sample = np.dtype(sample)
        self._full_scale = full_scale
        super().__init__(folder, alsa_config.format(pipe=pipe))

    def hear(self, seconds: float) -> npt.NDArray[np.float32]:
        """The next seconds that the device plays, mono; silence before the first sound is left out."""
        heard = np.zeros(0, np.float32)
        while len(heard) < round(seconds * RATE):
            data = self._read(2048 * 2 * self._sample.itemsize)
            frames = (np.frombuffer(data, self._sample) / self._full_scale).astype(np.float32).reshape(-1, 2)
            np.testing.assert_array_equal(frames[:, 0], frames[:, 1])
            if not self._begun:
                frames = frames[int(np.argmax(frames[:, 0] != 0)) if frames.any() else len(frames) :]
                self._begun = len(frames) > 0
            heard = np.concatenate([heard, frames[:, 0]])
        return heard

    def break_down(self) -> None:
        """Pulls the plug."""
        os.close(self._pipe)
        self._pipe = -1

    def close(self) -> str:
        """Takes what is still played: ALSA's file device does not bear to be closed with half a block written."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.stdin = None  # or it would be flushed again
        while self._pipe >= 0 and self._process.poll() is None:
            ready, _, _ = select.select([self._pipe], [], [], 0.01)
            if ready:
                os.read(self._pipe, 1 << 20)
        if self._pipe >= 0:
            self.break_down()
        return super().close()

    def _read(self, n_bytes: int) -> bytes:
        data = b""
        while len(data) < n_bytes:
            ready, _, _ = select.select([self._pipe], [], [], PATIENCE)
            assert ready, "the device plays nothing"
            data += os.read(self._pipe, n_bytes - len(data))
        return data


class Microphone(PlayerChild):
    """A recorder that hears what the test plays: mono, at RATE."""

    SCRIPT = "recorder_child.py"

    def __init__(
        self, folder: Path, alsa_config: str = MICROPHONE, prelude: str = "", wrapper: Sequence[str] = ()
    ) -> None:
        pipe = folder / "microphone"
        os.mkfifo(pipe)
        self._pipe = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        super().__init__(folder, alsa_config.format(pipe=pipe), prelude, wrapper)

    def play(self, audio_N: npt.NDArray[np.floating], until: tuple[str, Any] = ("", None)) -> dict[str, Any]:
        """Plays it all, or, with `until`, silence after it until the recorder says so. Returns what it said last."""
        name, value = until
        left = audio_N.astype("<f4").tobytes()
        while True:
            while left:
                left = left[self._write(left) :]
            now: dict[str, Any] = self.ask("snapshot")
            if not name or (bool(now[name]) if value is True else now[name]) == value:
                return now
            left = bytes(4 * 1024)

    def close(self) -> str:
        """Plays silence until it has ended: the device is closed between two reads."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.stdin = None
        while self._process.poll() is None:
            self._write(bytes(4 * 1024))
        os.close(self._pipe)
        return super().close()

    def _write(self, data: bytes) -> int:
        _, ready, _ = select.select([], [self._pipe], [], 0.01)
        return os.write(self._pipe, data[:4096]) if ready else 0


@pytest.fixture
def microphone(tmp_path: Path) -> Iterator[Microphone]:
    microphone = Microphone(tmp_path)
    yield microphone
    microphone.close()


@pytest.fixture
def device(tmp_path: Path) -> Iterator[PipeDevice]:
    device = PipeDevice(tmp_path)
    yield device
    device.close()


@pytest.fixture
def converting_device(tmp_path: Path) -> Iterator[PipeDevice]:
    device = PipeDevice(tmp_path, CONVERTED_PIPE, "<i2", 32768.0)
    yield device
    device.close()


@pytest.fixture
def no_device(tmp_path: Path) -> Iterator[PlayerChild]:
    player = PlayerChild(tmp_path, NO_DEVICE)
    yield player
    player.close()


@pytest.fixture
def no_portaudio(tmp_path: Path) -> Iterator[PlayerChild]:
    # As on a computer where the library is not installed: it cannot be found by its name.
    player = PlayerChild(tmp_path, NO_DEVICE, "import ctypes.util; ctypes.util.find_library = lambda name: None")
    yield player
    player.close()
