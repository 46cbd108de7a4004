"""From a key to its sound, and gaps beside a training: through the real process and ALSA, heard at a pipe's other end.

The pipe is the device: it is read at the pace of a converter. What a key takes on top of the buffers is what the
process measures, from the key's arrival to the end of the block in which it sounds. All in all it is measured by the
sound that comes out: with the pipe, and what ALSA holds before it. A gap is a block that is not there when it is due.
"""

import fcntl
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measurement import Measurement
from ddsp_backend.jobs.codec import to_json
from ddsp_backend.live.messages import (
    Command,
    LoadModel,
    ModelReady,
    NowPlaying,
    OpenSound,
    SoundOpened,
    TurnKnobs,
    report_from_json,
)
from ddsp_backend.live.midi_messages import NoteOff, NoteOn

LIMIT_MS, JITTER_LIMIT_MS, GAPS_LIMIT = 25.0, 3.0, 0.1
BLOCK = 128
BUFFERS = (8192, 16384)  # bytes of the pipe: of one page, the next could not be ready while it is read
_FRAME_BYTES = 8  # two channels of float32
_ALSA = """
pcm.!default {{ type plug slave {{ format FLOAT_LE channels 2
    pcm {{ type file slave.pcm {{ type null }} file "{pipe}" format raw }} }} }}
"""
# At the priority that a training has.
_TRAINING = """
import os
os.nice(5)
from benchmarks.models import trainer_and_batch
trainer, batch = trainer_and_batch("vst", 8)
while True:
    trainer.train_step(batch)
    print(flush=True)
"""


class Converter:
    """Reads the pipe a block at a time, when a real converter would."""

    def __init__(self, pipe: int, rate: int) -> None:
        self._pipe, self._rate = pipe, rate
        self.n_blocks = self.n_gaps = 0
        self.loud_at: float | None = None  # when a sample was heard first that is not silence
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def __enter__(self) -> "Converter":
        return self

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.perf_counter()
        while not self._over.is_set():
            time.sleep(max(0.0, due - time.perf_counter()))
            due = max(due, time.perf_counter() - BLOCK / self._rate)  # a converter never catches up
            self.n_blocks += 1
            try:
                data = os.read(self._pipe, BLOCK * _FRAME_BYTES)
            except BlockingIOError:
                data = b""
            self.n_gaps += len(data) < BLOCK * _FRAME_BYTES
            sound = np.abs(np.frombuffer(data[: len(data) // 4 * 4], "<f4")[::2])
            if self.loud_at is None and sound.max(initial=0) > 1e-3:
                self.loud_at = due + int(np.argmax(sound > 1e-3)) / self._rate
            due += BLOCK / self._rate


class Player:
    """The process that plays live."""

    def __init__(self, folder: Path, buffer_bytes: int) -> None:
        os.mkfifo(folder / "pipe")
        self.pipe = os.open(folder / "pipe", os.O_RDWR | os.O_NONBLOCK)
        fcntl.fcntl(self.pipe, fcntl.F_SETPIPE_SZ, buffer_bytes)
        (folder / "asound.conf").write_text(_ALSA.format(pipe=folder / "pipe"))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ddsp_backend", "live"],
            env={**os.environ, "ALSA_CONFIG_PATH": str(folder / "asound.conf")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._reports: list[Any] = []
        threading.Thread(target=self._read, daemon=True).start()

    def say(self, command: Command) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(to_json(command).encode() + b"\n")
        self._process.stdin.flush()

    def wait_for(self, wanted: Callable[[Any], bool]) -> Any:
        while True:
            found = [report for report in self._reports if wanted(report)]
            if found:
                return found[0]
            time.sleep(0.01)

    def newest_answer(self) -> float:
        """Seconds that the process says the newest key took."""
        n_reports = len(self._reports)
        while len(self._reports) < n_reports + 2:  # the first may have been on its way already
            time.sleep(0.005)
        return next(report.answer for report in reversed(self._reports) if isinstance(report, NowPlaying))

    def end(self) -> None:
        """Takes what is still played, so that the device can be closed."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        while self._process.poll() is None:
            try:
                os.read(self.pipe, 1 << 16)
            except BlockingIOError:
                time.sleep(0.001)
        os.close(self.pipe)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._reports.append(report_from_json(line))


def measure(smoke: bool, seconds: float = 60.0) -> Iterator[Measurement]:
    for buffer_bytes in BUFFERS[:1] if smoke else BUFFERS:
        yield from _measure(smoke, seconds, buffer_bytes)


def _measure(smoke: bool, seconds: float, buffer_bytes: int) -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        player = Player(folder, buffer_bytes)
        player.say(OpenSound())
        opened = player.wait_for(lambda report: isinstance(report, SoundOpened))
        with Converter(player.pipe, opened.sample_rate) as converter:
            player.say(LoadModel(str(_write_model(folder / "model", smoke))))
            player.wait_for(lambda report: isinstance(report, ModelReady))
            player.say(TurnKnobs(room=0.0))  # it would ring from note to note
            took, whole = _notes(player, converter, 3 if smoke else 60)
            words = f"live, buffer of {1000 * buffer_bytes / _FRAME_BYTES / opened.sample_rate:.0f} ms"
            yield Measurement(f"{words}: key to its block", took, "ms", limit=LIMIT_MS)
            yield Measurement(f"{words}: key to sound, all in all", whole, "ms")
            jitter = [float(np.quantile(took, 0.95) - np.quantile(took, 0.05))]
            yield Measurement(f"{words}: jitter, 5 % to 95 %", jitter, "ms", limit=JITTER_LIMIT_MS)
            training = subprocess.Popen([sys.executable, "-c", _TRAINING], stdout=subprocess.PIPE)
            try:
                assert training.stdout is not None
                training.stdout.readline()  # it trains
                gaps, n_blocks = converter.n_gaps, converter.n_blocks
                end = time.monotonic() + (2 if smoke else seconds)
                while time.monotonic() < end:
                    _notes(player, converter, 1)
                lost = 100 * (converter.n_gaps - gaps) / (converter.n_blocks - n_blocks)
            finally:
                training.send_signal(signal.SIGKILL)
                training.communicate()
            yield Measurement(f"{words}: gaps beside a training", [max(lost, 1e-9)], "%", limit=GAPS_LIMIT)
        player.end()


def _notes(player: Player, converter: Converter, n: int) -> tuple[list[float], list[float]]:
    """Milliseconds from each key to the end of its block, and to its sound."""
    took, whole = [], []
    for _ in range(n):
        time.sleep(random.uniform(0.45, 0.5))
        converter.loud_at = None
        pressed = time.perf_counter()
        note = random.randint(55, 75)
        player.say(NoteOn(note, 100))
        while converter.loud_at is None:
            time.sleep(0.002)
        whole.append(1000 * (converter.loud_at - pressed))
        took.append(1000 * player.newest_answer())
        player.say(NoteOff(note))
    return took, whole


def _write_model(folder: Path, smoke: bool) -> Path:
    """Of the usual size, never trained, but loud."""
    import tensorflow as tf

    from benchmarks.models import GIN_FILES, SMALL
    from ddsp_backend.checkpoints.loading import build_model
    from ddsp_backend.config.operative import write_operative_config
    from ddsp_backend.config.parse import parse

    config = parse([GIN_FILES["vst"]], SMALL["vst"] if smoke else ())
    model = build_model(config)
    model.decoder.dense_out.bias.assign_add(5.0 * np.eye(1, model.decoder.dense_out.n_out)[0])
    folder.mkdir()
    tf.train.Checkpoint(model=model).write(str(folder / "ckpt-1"))
    write_operative_config(folder, 1, config.operative_text())
    return folder
