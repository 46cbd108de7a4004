"""Records takes from a sound input. Every command returns at once; a thread of its own works device and disk.

Knows no Qt: the window asks `snapshot()` from its timer.
"""

# C = channels, N = samples

import math
import queue
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.audio.devices import AudioUnavailable, InputDevice, close_stream, input_devices, look_again, open_input
from app.audio.take_file import TakeFile, next_take_path
from ddsp_backend.errors import DdspError

LONGEST_SECONDS = 3600.0
_LEAST_FREE_BYTES = 50_000_000
_PATIENCE_SECONDS = 5.0
_SILENCE_SECONDS = 10.0  # without a single block, which a busy computer does not leave out for so long
_FULL_SCALE = 0.999

_MAKE_ROOM = "Free some space or choose another library, then record again."

Block = npt.NDArray[np.float32]


class RecordingEnded(DdspError):
    """A take ended before its player wanted it to. What was recorded until then is kept."""


@dataclass(frozen=True, slots=True)
class RecorderView:
    """What is to be seen of the recorder now.

    Attributes:
      devices: Every input there is; empty until they were looked for, or where there is none.
      device: The one that is listened to; None while none is.
      channel: The one of it that is kept; None: the first two.
      peak: Full scale 1, the loudest sample since the last view.
      is_clipping: A sample since the last view was at full scale.
      seconds: Of the take that is recorded; 0 while none is.
      takes: Every take that was finished, in order.
      n_lost: Times at which the computer was too busy to take a block of this take.
    """

    devices: tuple[InputDevice, ...] = ()
    device: InputDevice | None = None
    channel: int | None = None
    is_recording: bool = False
    peak: float = 0.0
    is_clipping: bool = False
    seconds: float = 0.0
    takes: tuple[Path, ...] = ()
    n_lost: int = 0
    problem: DdspError | None = None


class Recorder:
    """Listens to an input, and keeps what is played between `begin` and `end`.

    Args:
      silence_seconds: How long an open input may send nothing, not even silence, until it counts as unplugged: some
        systems never say so.
    """

    def __init__(self, silence_seconds: float = _SILENCE_SECONDS) -> None:
        self._silence_seconds = silence_seconds
        self._devices: tuple[InputDevice, ...] = ()
        self._device: InputDevice | None = None
        self._channel: int | None = None
        self._last: tuple[InputDevice, int | None] | None = None
        self._stream: Any = None
        self._n_streams = 0
        self._take: TakeFile | None = None
        self._takes: tuple[Path, ...] = ()
        self._peak = 0.0
        self._n_lost = 0
        self._problem: DdspError | None = None
        # Blocks of sound and what is to be done, in the order in which they came; None ends the thread.
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="sound input", daemon=True)
        self._thread.start()

    # --- commands, from any thread ---------------------------------------------------------------------------------
    def look_for_devices(self) -> None:
        """Finds what was connected since the last look; not within a take. Then goes on listening to the same input, or
        where that is gone to the system's default."""
        self._tasks.put(self._look)

    def listen(self, device: InputDevice, channel: int | None) -> None:
        """Opens a device, for its level to be seen. Args: channel: The one that is kept; None keeps the first two."""
        self._tasks.put(lambda: self._listen(device, channel))

    def begin(self, folder: Path) -> None:
        """Begins the next take in this folder."""
        self._tasks.put(lambda: self._begin(folder))

    def end(self) -> None:
        """Ends the take; it is among `takes` once it has its name."""
        self._tasks.put(self._end)

    def close(self) -> None:
        """Keeps what was recorded and gives the device back. The recorder is of no use afterwards."""
        self._tasks.put(self._end)
        self._tasks.put(None)
        self._thread.join(_PATIENCE_SECONDS)

    # --- what is heard, from any thread ----------------------------------------------------------------------------
    def snapshot(self) -> RecorderView:
        peak, self._peak = self._peak, 0.0
        take, device = self._take, self._device
        seconds = take.n_frames / device.sample_rate if take is not None and device is not None else 0.0
        return RecorderView(
            devices=self._devices,
            device=device,
            channel=self._channel,
            is_recording=take is not None,
            peak=peak,
            is_clipping=peak >= _FULL_SCALE,
            seconds=seconds,
            takes=self._takes,
            n_lost=self._n_lost,
            problem=self._problem,
        )

    # --- the device's callback: PortAudio's thread -------------------------------------------------------------------
    def _hear(self, number: int) -> Callable[..., None]:
        def hear(indata: Any, _n_frames: int, _times: Any, status: Any) -> None:
            block_NC = np.nan_to_num(indata, copy=True)
            lost = bool(status and status.input_overflow)
            self._tasks.put(lambda: self._keep(number, block_NC, lost))

        return hear

    # --- the recorder's thread ---------------------------------------------------------------------------------------
    def _work(self) -> None:
        while True:
            try:
                task = self._tasks.get(timeout=self._silence_seconds)
            except queue.Empty:
                self._mourn(self._n_streams)
                continue
            if task is None:
                break
            try:
                task()
            except AudioUnavailable as problem:
                self._let_go()
                self._end()
                self._problem = problem
            except OSError as error:
                self._end_take_early(
                    f"The recording stopped because the take could not be written: {error.strerror or error}",
                    _MAKE_ROOM,
                )
        self._let_go()

    def _look(self) -> None:
        if self._take is None:
            self._let_go()  # PortAudio lists devices only while none is open
            look_again()
        self._devices = ()  # where there is none, that is raised
        self._devices = input_devices()
        self._problem = None
        if self._last is not None and self._stream is None:
            before, channel = self._last
            same = [each for each in self._devices if (each.name, each.n_channels) == (before.name, before.n_channels)]
            self._listen(*((same[0], channel) if same else (self._devices[0], 0)))

    def _listen(self, device: InputDevice, channel: int | None) -> None:
        self._end()
        self._let_go()
        self._problem = None
        self._n_streams += 1
        number = self._n_streams
        n_channels = min(device.n_channels, 2 if channel is None else channel + 1)
        self._stream = open_input(device, n_channels, self._hear(number), lambda: self._after(number))
        self._device, self._channel = device, channel
        self._last = device, channel

    def _begin(self, folder: Path) -> None:
        if self._take is not None or self._device is None:
            return
        self._problem = None
        self._n_lost = 0
        n_channels = min(self._device.n_channels, 2) if self._channel is None else 1
        self._take = TakeFile(next_take_path(folder), self._device.sample_rate, n_channels)

    def _keep(self, number: int, block_NC: Block, lost: bool) -> None:
        if number != self._n_streams:
            return
        heard_NC = block_NC if self._channel is None else block_NC[:, self._channel : self._channel + 1]
        self._peak = max(self._peak, float(np.abs(heard_NC).max(initial=0.0)))
        take, device = self._take, self._device
        if take is None or device is None:
            return
        self._n_lost += lost
        before = take.n_frames / device.sample_rate
        take.append(heard_NC)
        seconds = take.n_frames / device.sample_rate
        if math.floor(seconds) > math.floor(before) and shutil.disk_usage(take.path.parent).free < _LEAST_FREE_BYTES:
            self._end_take_early("The disk is almost full", _MAKE_ROOM)
        elif seconds >= LONGEST_SECONDS:
            self._end_take_early(f"A take ends after {LONGEST_SECONDS / 60:.0f} minutes", "Press Record to go on.")

    def _end(self) -> None:
        if self._take is None:
            return
        try:
            if (path := self._take.finish()) is not None:
                self._takes = (*self._takes, path)
        finally:
            self._take = None

    def _end_take_early(self, why: str, cure: str) -> None:
        kept = "What you played until then is kept. " if self._take is not None and self._take.n_frames else ""
        try:
            self._end()
        except OSError:
            pass  # it lies under its growing name, and is given its own the next time
        self._problem = RecordingEnded(why, f"{kept}{cure}")

    def _after(self, number: int) -> None:
        """From PortAudio's thread: the stream has ended, by `_let_go` or because the device is gone."""
        self._tasks.put(lambda: self._mourn(number))

    def _mourn(self, number: int) -> None:
        if number != self._n_streams or self._stream is None:
            return
        self._end_take_early(
            "The sound input went away", "Connect it again and press Look again, or choose another input from the list."
        )
        self._let_go()  # last: one that says nothing any more may not answer this either

    def _let_go(self) -> None:
        stream, self._stream = self._stream, None
        self._device = None
        self._n_streams += 1  # what is still said of this one is too late
        if stream is not None:
            close_stream(stream)
