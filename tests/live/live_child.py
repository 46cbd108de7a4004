"""The process that plays live, with a sound device whose samples the test reads. The reader sets the pace."""

import fcntl
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from ddsp_backend.jobs.codec import to_json
from ddsp_backend.live.messages import Command, Report, report_from_json
from tests.audio_device.conftest import PIPE, RATE, ROOT

PATIENCE = 300.0
_FRAME_BYTES = 8  # of two channels
# A microphone beside the loudspeaker of PIPE.
BOTH = """
pcm.!default {
    type asym
    playback.pcm { type plug slave.pcm { type file slave.pcm { type null } file "{pipe}" format raw } }
    capture.pcm { type plug slave.pcm { type file slave.pcm { type null } file "/dev/null" infile "{microphone}"
        format raw } }
}
"""


class LiveChild:
    """Started and ended by `with`."""

    def __init__(self, folder: Path, alsa_config: str = PIPE) -> None:
        pipe, config = folder / "speaker", folder / "asound.conf"
        for name in ("speaker", "microphone"):
            os.mkfifo(folder / name)
        self._pipe, self._microphone = (
            os.open(folder / name, os.O_RDWR | os.O_NONBLOCK) for name in ("speaker", "microphone")
        )
        for end in (self._pipe, self._microphone):
            fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, 4096)  # a page: what is played is heard soon
        self.is_deaf = False  # while it is, nobody takes what is played
        self.is_looped = False  # while it is, what is played comes back through the microphone
        self._speaker = pipe
        self.sung = b""  # into the microphone, again and again, by and by
        self._n_sung = 0
        for mark, text in (("{pipe}", pipe), ("{microphone}", folder / "microphone"), ("{{", "{"), ("}}", "}")):
            alsa_config = alsa_config.replace(mark, str(text))
        config.write_text(alsa_config)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ddsp_backend", "live"],
            env={**os.environ, "ALSA_CONFIG_PATH": str(config), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,  # `select` does not see a second line that lies in a buffer already
        )
        self.told: list[Report] = []

    def __enter__(self) -> "LiveChild":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        while self.process.poll() is None:
            self.hear()
        self.process.stdout.close()
        os.close(self._pipe)
        os.close(self._microphone)

    def unplug(self) -> None:
        """The output is gone."""
        os.close(self._pipe)
        self._pipe = -1

    def plug_in(self) -> None:
        self._pipe = os.open(self._speaker, os.O_RDWR | os.O_NONBLOCK)

    def say(self, command: Command) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(to_json(command).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self, seconds: float = 0.01) -> np.ndarray:
        """What is played meanwhile, mono."""
        self._sing()
        ready, _, _ = select.select([self._pipe], [], [], seconds)
        if self.is_looped and not select.select([], [self._microphone], [], 0.01)[1]:
            return np.zeros(0, np.float32)  # what was played is not heard yet
        data = os.read(self._pipe, select.PIPE_BUF) if ready else b""
        if self.is_looped and data:
            os.write(self._microphone, data)
            time.sleep(len(data) / _FRAME_BYTES / RATE)  # a delay is one of real sound
        return np.frombuffer(data, "<f4").reshape(-1, 2)[:, 0]

    def wait_for(self, wanted: Callable[[Any], bool]) -> Any:
        """The first report of which that is true; sound goes on meanwhile."""
        assert self.process.stdout is not None
        while True:
            self._sing()
            watched = [self.process.stdout, *([] if self.is_deaf or self._pipe < 0 else [self._pipe])]
            ready, _, _ = select.select(watched, [], [], 0.01 if self.sung else PATIENCE)
            assert ready or self.sung, self.told[-5:]
            if self._pipe in ready:
                self.hear()
            if self.process.stdout in ready:
                line = self.process.stdout.readline()
                assert line, self.told[-5:]
                self.told.append(report_from_json(line))
                if wanted(self.told[-1]):
                    return self.told[-1]

    def _sing(self) -> None:
        if self.sung:
            try:
                at = self._n_sung % len(self.sung)
                self._n_sung += os.write(self._microphone, self.sung[at : at + 4096])
            except BlockingIOError:
                pass  # the process hears as fast as it plays

    def hear_until(self, wanted: Callable[[np.ndarray], bool], seconds: float = 60.0) -> np.ndarray:
        """The sound up to the piece of which that is true. Args: seconds: Of sound."""
        heard = [np.zeros(0, np.float32)]
        while sum(map(len, heard)) < seconds * 48000:
            heard.append(self.hear(PATIENCE))
            if wanted(heard[-1]):
                return np.concatenate(heard)
        raise AssertionError(f"not heard within {seconds} s")
