"""The sound devices of the process that plays live, through sounddevice (PortAudio)."""

import importlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.errors import DdspError

BLOCK = 128
"""Samples that are asked for at once."""
_ANOTHER_OUTPUT = "Choose another output from the list, or close other programs that use this one."
_NO_OUTPUT = "Connect headphones or speakers, then press Look again."
_INPUT_CURE = (
    "Connect a microphone or an audio interface, allow this program to use it in the system's settings, or choose "
    "another input from the list."
)


class SoundUnavailable(DdspError):
    """No sound device, or not this one."""


class SoundStream:
    """One direction of a sound device, at the device's own rate. Counts what came too late."""

    def __init__(self, stream: Any, name: str, sample_rate: int) -> None:
        self.name, self.sample_rate = name, sample_rate
        self.lost = 0
        self.is_closing = False
        self.called_at = time.monotonic()  # when the device last asked for sound, or gave some
        self._stream = stream

    @property
    def latency(self) -> float:
        """Seconds that the device holds ready, as it says."""
        return float(self._stream.latency)

    def start(self) -> None:
        """Begins to play or to listen. Raises SoundUnavailable."""
        self.called_at = time.monotonic()
        try:
            self._stream.start()
        except sound_library().PortAudioError as error:
            self.close()
            raise SoundUnavailable(
                f"{self.name} does not start ({_reason(error)})", "Choose another device from the list."
            ) from error

    def close(self) -> None:
        self.is_closing = True
        self._stream.stop(ignore_errors=True)
        self._stream.close(ignore_errors=True)


def output_stream(name: str, latency: float, fill: Callable[[int], Array], ended: Callable[[], None]) -> SoundStream:
    """An output that plays what `fill` gives, mono on two channels at most; `start` begins it.

    Args:
      name: Of the device; "" for the system's choice.
      latency: Seconds that it shall hold ready.
      ended: Called when the device stops by itself.

    Raises: SoundUnavailable.
    """
    opened: list[SoundStream] = []

    def on_block(outdata: Any, n_samples: int, _times: Any, status: Any) -> None:
        opened[0].called_at = time.monotonic()
        opened[0].lost += bool(status.output_underflow)
        outdata[:] = fill(n_samples)[:, None]

    found = _device(name, "output", _ANOTHER_OUTPUT if name else _NO_OUTPUT)
    make = sound_library().OutputStream
    opened.append(_opened(make, found, "output", latency, on_block, lambda: _tell_end(opened, ended), _ANOTHER_OUTPUT))
    return opened[0]


def input_stream(name: str, latency: float, hear: Callable[[Array], None], ended: Callable[[], None]) -> SoundStream:
    """An input whose first channel `hear` is given. Args and errors as of `output_stream`."""
    opened: list[SoundStream] = []

    def on_block(indata: Any, _n_samples: int, _times: Any, status: Any) -> None:
        opened[0].called_at = time.monotonic()
        opened[0].lost += bool(status.input_overflow)
        hear(np.array(indata[:, 0]))

    found = _device(name, "input", _INPUT_CURE)
    make = sound_library().InputStream
    opened.append(_opened(make, found, "input", latency, on_block, lambda: _tell_end(opened, ended), _INPUT_CURE))
    return opened[0]


def look_again() -> None:
    """Finds devices that came or went; only while no stream is open. Raises SoundUnavailable."""
    sounddevice = sound_library()
    # PortAudio lists the devices once, when it starts, and sounddevice offers no other way to restart it.
    try:
        sounddevice._terminate()
        sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise SoundUnavailable(
            f"The sound system does not start ({_reason(error)})", "Restart the computer."
        ) from error


def device_names(kind: str) -> tuple[str, ...]:
    """Of all devices, the system's choice first. Args: kind: "output" or "input"."""
    sounddevice = sound_library()
    try:
        devices = list(sounddevice.query_devices())
        chosen = sounddevice.default.device[kind == "output"]
    except (sounddevice.PortAudioError, ValueError):
        return ()
    fitting = [(number, each) for number, each in enumerate(devices) if each[f"max_{kind}_channels"] > 0]
    names = [str(each["name"]) for _, each in sorted(fitting, key=lambda pair: pair[0] != chosen)]
    return tuple(dict.fromkeys(names))


def sound_library() -> Any:
    """sounddevice. Raises SoundUnavailable where PortAudio is not installed."""
    try:
        return importlib.import_module("sounddevice")
    except OSError as error:
        raise SoundUnavailable(
            "Sound needs the system library PortAudio, which is not installed",
            "On Debian or Ubuntu, install the package libportaudio2, then start Timbre Studio again.",
        ) from error


def _device(name: str, kind: str, cure: str) -> Any:
    sounddevice = sound_library()
    try:
        return sounddevice.query_devices(name or None, kind)
    except (sounddevice.PortAudioError, ValueError) as error:
        title = f"{name} is not connected" if name else f"This computer has no sound {kind}"
        raise SoundUnavailable(title, cure) from error


def _opened(
    make: Any, device: Any, kind: str, latency: float, on_block: Any, on_finished: Callable[[], None], cure: str
) -> SoundStream:
    sample_rate = round(device["default_samplerate"])
    try:
        stream = make(
            device=device["index"],
            samplerate=sample_rate,
            blocksize=BLOCK,
            channels=min(int(device[f"max_{kind}_channels"]), 2),
            dtype="float32",
            latency=latency,
            callback=on_block,
            finished_callback=on_finished,
        )
    except (sound_library().PortAudioError, ValueError) as error:
        raise SoundUnavailable(f"{device['name']} cannot be opened ({_reason(error)})", cure) from error
    return SoundStream(stream, str(device["name"]), sample_rate)


def _tell_end(opened: list[SoundStream], ended: Callable[[], None]) -> None:
    if opened and not opened[0].is_closing:
        ended()


def _reason(error: Exception) -> str:
    return str(error.args[0]).rstrip(".") if error.args else type(error).__name__
