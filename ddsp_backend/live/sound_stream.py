"""The sound devices of the process that plays live, through sounddevice (PortAudio)."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.errors import DdspError

BLOCK = 128
"""Samples that are asked for at once."""
# What the device holds ready. Less answers a key sooner, more survives a computer that is busy with something else.
_LATENCY_SECONDS = 0.012
_ANOTHER = "Choose another output from the list, or close other programs that use this one."


class SoundUnavailable(DdspError):
    """No sound device, or not this one."""


class SoundStream:
    """Plays what `fill` gives: mono on the first two channels. Counts what came too late."""

    def __init__(self, output: str, fill: Callable[[int], Array], ended: Callable[[], None]) -> None:
        """Opens the output of this name at its own rate; "" for the system's. Raises SoundUnavailable."""
        sounddevice = sound_library()
        self._fill, self._ended = fill, ended
        self._is_closing = False
        self.lost = 0
        try:
            found = sounddevice.query_devices(output or None, "output")
            self.name, self.sample_rate = str(found["name"]), round(found["default_samplerate"])
            self._stream = sounddevice.OutputStream(
                device=found["index"],
                samplerate=self.sample_rate,
                blocksize=BLOCK,
                channels=min(int(found["max_output_channels"]), 2),
                dtype="float32",
                latency=_LATENCY_SECONDS,
                callback=self._on_block,
                finished_callback=self._on_finished,
            )
        except (sounddevice.PortAudioError, ValueError) as error:
            raise SoundUnavailable(
                f"The output {output or 'of this computer'} cannot be opened ({_reason(error)})",
                _ANOTHER if output else "Connect headphones or speakers, then press Look again.",
            ) from error

    def start(self) -> None:
        """Raises SoundUnavailable."""
        try:
            self._stream.start()
        except sound_library().PortAudioError as error:
            self.close()
            raise SoundUnavailable(f"The output {self.name} does not start ({_reason(error)})", _ANOTHER) from error

    @property
    def latency(self) -> float:
        """Seconds, as the device says."""
        return float(self._stream.latency)

    def close(self) -> None:
        self._is_closing = True
        self._stream.stop(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    def _on_block(self, outdata: Any, n_samples: int, _times: Any, status: Any) -> None:
        if status.output_underflow:
            self.lost += 1
        outdata[:] = np.asarray(self._fill(n_samples))[:, None]

    def _on_finished(self) -> None:
        if not self._is_closing:
            self._ended()


def look_again() -> None:
    """Finds devices that came or went; only while no stream is open. Raises SoundUnavailable."""
    sounddevice = sound_library()
    try:
        sounddevice._terminate()
        sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise SoundUnavailable(
            f"The sound system does not start ({_reason(error)})", "Restart the computer."
        ) from error


def output_names() -> tuple[str, ...]:
    """Of all outputs, the system's choice first."""
    sounddevice = sound_library()
    try:
        devices = list(sounddevice.query_devices())
        chosen = sounddevice.default.device[1]
    except (sounddevice.PortAudioError, ValueError):
        return ()
    fitting = [(number, each) for number, each in enumerate(devices) if each["max_output_channels"] > 0]
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


def _reason(error: Exception) -> str:
    return str(error.args[0]).rstrip(".") if error.args else type(error).__name__
